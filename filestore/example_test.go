package filestore_test

import (
	"log"
	"net/http"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// With a Django site that has SESSION_ENGINE file and the same folder.
func ExampleNew() {
	keys, err := secret.NewKeys("take-this-from-the-environment-and-not-from-code")
	if err != nil {
		panic(err)
	}
	codec, err := django.Signed(keys)
	if err != nil {
		log.Fatal(err)
	}
	store, err := filestore.New("/var/lib/site/sessions", &filestore.Options{Codec: codec})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	sessions, err := session.New(store, &session.Options{Codec: codec})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", sessions.Handler(http.DefaultServeMux)))
}
