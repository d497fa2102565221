package matrix

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// A byHand is what somebody writes without a library: a map under a lock, with the items
// of each session as encoding/json writes them. It loses changes of requests at the same
// moment, never clears, and has no limits; so it is the floor of a store in memory.
type byHand struct {
	mu       sync.RWMutex
	sessions map[string]byHandRecord
}

type byHandRecord struct {
	text []byte
	ends time.Time
}

// byHandAge is as long as jamsession's cookies live.
const byHandAge = 14 * 24 * time.Hour

// byHandSite returns the pages with a store of their own.
func byHandSite() Site {
	s := &byHand{sessions: make(map[string]byHandRecord)}
	page := func(f func(items map[string]any)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, items := s.load(w, r)
			f(items)
			_, _ = w.Write(body)
		})
	}
	change := func(f func(items map[string]any)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key, items := s.load(w, r)
			f(items)
			s.save(w, key, items)
			_, _ = w.Write(body)
		})
	}
	login := func(items map[string]any) {
		items[userItem], items[backendItem], items[hashItem] = user, backend, hash
	}
	return netSite{
		Read: page(func(items map[string]any) { must(items[userItem] == user, "the item is not there") }),
		ReadWrite: change(func(items map[string]any) {
			n, _ := items[countItem].(float64)
			items[countItem] = n + 1
		}),
		Create: change(login),
		Fill: change(func(items map[string]any) {
			login(items)
			items[countItem] = 1
		}),
		FillLarge: change(func(items map[string]any) {
			login(items)
			items[countItem], items[largeItem] = 1, large
		}),
		Rotate: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key, items := s.load(w, r)
			s.mu.Lock()
			delete(s.sessions, key)
			s.mu.Unlock()
			s.save(w, "", items)
			_, _ = w.Write(body)
		}),
		Show: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, items := s.load(w, r)
			n, _ := items[countItem].(float64)
			show(w, int(n))
		}),
	}
}

// load returns the key and the items of the visitor's session.
func (s *byHand) load(w http.ResponseWriter, r *http.Request) (key string, items map[string]any) {
	w.Header().Add("Vary", "Cookie")
	items = make(map[string]any)
	sent, err := r.Cookie("sessionid")
	if err != nil {
		return "", items
	}
	s.mu.RLock()
	rec, ok := s.sessions[sent.Value]
	s.mu.RUnlock()
	if !ok || !time.Now().Before(rec.ends) {
		return "", items
	}
	mustNot(json.Unmarshal(rec.text, &items))
	return sent.Value, items
}

// save keeps the items, under a new key for a new session, and sends the cookie.
func (s *byHand) save(w http.ResponseWriter, key string, items map[string]any) {
	if key == "" {
		key = rand.Text()
	}
	text, err := json.Marshal(items)
	mustNot(err)
	ends := time.Now().Add(byHandAge)
	s.mu.Lock()
	s.sessions[key] = byHandRecord{text, ends}
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{
		Name: "sessionid", Value: key, Path: "/", Expires: ends, MaxAge: int(byHandAge / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
