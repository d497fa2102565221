package messages_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// A site that keeps its messages in the session, and has a level of its own.
func ExampleOptions() {
	const levelInvoice = messages.LevelInfo + 1
	keys, err := secret.NewKeys("a secret of 50 random characters")
	if err != nil {
		log.Fatal(err)
	}
	notices, err := messages.New(keys, &messages.Options{
		Storage:  messages.StorageSession,
		MinLevel: messages.LevelInfo,
		Tags:     map[messages.Level]string{levelInvoice: "invoice", messages.LevelError: "danger"},
	})
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	page := sessions.Handler(notices.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		messages.Add(r, messages.Message{Level: levelInvoice, Text: "Invoice 17 is due."})
		messages.Error(r, "The card was refused.")
		for _, m := range messages.Take(r) {
			fmt.Fprintf(w, "%s: %s\n", m.Tags(), m.Text)
		}
	})))
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Print(w.Body)
	// Output:
	// invoice: Invoice 17 is due.
	// danger: The card was refused.
}
