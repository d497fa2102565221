package session_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A Manager also works without a request: in a command, or behind a websocket.
func ExampleManager_Load() {
	ctx := context.Background()
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}

	s, err := sessions.Load(ctx, "") // no key: a new session
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Set("username", "john_doe")
	if err := s.Save(ctx); err != nil {
		fmt.Println(err)
		return
	}

	again, err := sessions.Load(ctx, s.Key())
	fmt.Println(session.Get(again, "username", "Guest"), err)
	// Output: john_doe <nil>
}

func ExampleOptions() {
	sessions, err := session.New(memstore.New(), &session.Options{
		IdleTimeout:     30 * time.Minute,
		AbsoluteTimeout: 12 * time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	s, _ := sessions.Load(context.Background(), "")
	fmt.Println(s.ExpiryAge().Round(time.Minute))
	// Output: 30m0s
}

// newSession returns a session as From would, for the examples below.
func newSession() *session.Session {
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	s, _ := sessions.Load(context.Background(), "")
	return s
}

func ExampleGet() {
	s := newSession()
	s.Set("username", "john_doe")
	fmt.Println(session.Get(s, "username", "Guest"))
	fmt.Println(session.Get(s, "theme", "light"))
	// Output:
	// john_doe
	// light
}

func ExampleLookup() {
	type Cart struct {
		Items []string `json:"items"`
	}
	s := newSession()
	_, err := session.Lookup[Cart](s, "cart")
	fmt.Println(err)

	s.Set("cart", Cart{[]string{"apple"}})
	cart, err := session.Lookup[Cart](s, "cart")
	fmt.Println(cart.Items, err)

	_, err = session.Lookup[int](s, "cart")
	fmt.Println(err)
	// Output:
	// session: no such item
	// [apple] <nil>
	// session: item has another type: item "cart" is not of type int
}

func ExampleUpdate() {
	s := newSession()
	for range 3 {
		session.Update(s, "visits", 0, func(n int) int { return n + 1 })
	}
	fmt.Println(session.Get(s, "visits", 0))
	// Output: 3
}

func ExamplePop() {
	s := newSession()
	s.Set("notice", "Saved.")
	fmt.Println(session.Pop(s, "notice", "nothing new"))
	fmt.Println(session.Pop(s, "notice", "nothing new"))
	// Output:
	// Saved.
	// nothing new
}

func ExampleSetDefault() {
	s := newSession()
	fmt.Println(session.SetDefault(s, "theme", "light"))
	s.Set("theme", "dark")
	fmt.Println(session.SetDefault(s, "theme", "light"))
	// Output:
	// light
	// dark
}

func ExampleItem() {
	cart := session.Item[[]string]("cart")

	s := newSession()
	cart.Update(s, nil, func(items []string) []string { return append(items, "apple") })
	fmt.Println(cart.Get(s, nil))
	// Output: [apple]
}

func ExampleEvent() {
	sessions, err := session.New(memstore.New(), &session.Options{
		Observe: func(_ context.Context, e session.Event) {
			fmt.Println("session", e.Kind)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	s, _ := sessions.Load(context.Background(), "")
	s.Set("username", "john_doe")
	_ = s.Save(context.Background())
	// Output: session created
}
