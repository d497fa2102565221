package django_test

import (
	"fmt"
	"log"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

func ExampleSigned() {
	// As Django wrote it to the column session_data, in 2023.
	const data = "eyJhIjoxfQ:1r31eq:Kzqivoa0s45BbrXL1xGxCuBNrOx8dNs011msuNm34gY"

	keys, err := secret.NewKeys("test-secret-key-0123456789abcdefghijklmnopqrstuvwxyzABCDEF")
	if err != nil {
		fmt.Println(err)
		return
	}
	codec, err := django.Signed(keys)
	if err != nil {
		log.Fatal(err)
	}
	items, err := codec.Decode([]byte(data))
	fmt.Printf("%s %v\n", items, err)

	// Most programs only hand it to the manager.
	session.New(memstore.New(), &session.Options{Codec: codec})
	// Output: {"a":1} <nil>
}
