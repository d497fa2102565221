package filestore_test

import (
	"log"
	"net/http"
	"time"

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
	codec := django.Signed(keys)
	store, err := filestore.New("/var/lib/site/sessions", &filestore.Options{
		Deadline: func(data []byte, saved time.Time) time.Time {
			items, err := codec.Decode(data)
			if err != nil {
				items = nil // what is corrupt ends after MaxAge
			}
			return session.Deadline(items, saved, 14*24*time.Hour)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	sessions := session.New(store, &session.Options{Codec: codec})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", sessions.Handler(http.DefaultServeMux)))
}
