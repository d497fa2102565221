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

	s, err := sessions.ByKey(ctx, "") // no key: a new session
	if err != nil {
		fmt.Println(err)
		return
	}
	username.Set(s, "john_doe")
	if err := s.Save(ctx); err != nil {
		fmt.Println(err)
		return
	}

	again, err := sessions.ByKey(ctx, s.Key())
	fmt.Println(username.Get(again, "Guest"), err)
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
	s, _ := sessions.ByKey(context.Background(), "")
	fmt.Println(s.ExpiryAge().Round(time.Minute))
	// Output: 30m0s
}

// newSession returns a session as From would, for the examples below.
func newSession() *session.Session {
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	s, _ := sessions.ByKey(context.Background(), "")
	return s
}

func ExampleItem_Get() {
	s := newSession()
	username.Set(s, "john_doe")
	fmt.Println(username.Get(s, "Guest"))
	fmt.Println(session.Item[string]("theme").Get(s, "light"))
	// Output:
	// john_doe
	// light
}

func ExampleItem_Lookup() {
	type Cart struct {
		Items []string `json:"items"`
	}
	const cart = session.Item[Cart]("cart")
	s := newSession()
	_, err := cart.Lookup(s)
	fmt.Println(err)

	cart.Set(s, Cart{[]string{"apple"}})
	c, err := cart.Lookup(s)
	fmt.Println(c.Items, err)

	_, err = session.Item[int]("cart").Lookup(s)
	fmt.Println(err)
	// Output:
	// session: no such item
	// [apple] <nil>
	// session: item has another type: item "cart" is not of type int
}

func ExampleItem_Update() {
	s := newSession()
	for range 3 {
		visits.Update(s, 0, func(n int) int { return n + 1 })
	}
	fmt.Println(visits.Get(s, 0))
	// Output: 3
}

func ExampleItem_Pop() {
	const notice = session.Item[string]("notice")
	s := newSession()
	notice.Set(s, "Saved.")
	fmt.Println(notice.Pop(s, "nothing new"))
	fmt.Println(notice.Pop(s, "nothing new"))
	// Output:
	// Saved.
	// nothing new
}

func ExampleItem_SetDefault() {
	const theme = session.Item[string]("theme")
	s := newSession()
	fmt.Println(theme.SetDefault(s, "light"))
	theme.Set(s, "dark")
	fmt.Println(theme.SetDefault(s, "light"))
	// Output:
	// light
	// dark
}

func ExampleItem() {
	const cart = session.Item[[]string]("cart")
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
	s, _ := sessions.ByKey(context.Background(), "")
	username.Set(s, "john_doe")
	_ = s.Save(context.Background())
	// Output: session created
}
