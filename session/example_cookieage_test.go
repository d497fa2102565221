package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// Visitors who use the app stay for a month.
func ExampleOptions_cookieAgeFor() {
	const client = session.Item[string]("client")
	sessions, err := session.New(memstore.New(), &session.Options{
		CookieAge: time.Hour,
		CookieAgeFor: func(items map[string]json.RawMessage) time.Duration {
			if string(items["client"]) == `"app"` {
				return 30 * 24 * time.Hour
			}
			return 0 // CookieAge
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	s, _ := sessions.ByKey(context.Background(), "")
	fmt.Println(s.ExpiryAge().Round(time.Minute))
	client.Set(s, "app")
	fmt.Println(s.ExpiryAge().Round(time.Minute))
	// Output:
	// 1h0m0s
	// 720h0m0s
}
