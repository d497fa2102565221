package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// A visitor uses a site, one page after the other, and compares the answers
// with what was done.
type visitor struct {
	site *site
	uid  string
	rand *rand.Rand
	now  func() phase

	// forgets: records of before and during the outage may be gone.
	forgets bool

	key   string // of the session cookie; "" for not logged in
	since phase  // when the visitor logged in
	acked int    // the count that was seen last
	sent  int    // how often the visitor counted
	lost  bool   // a change of the key was not answered, so that it may be dead
	keys  []string
	dead  []string // keys that were given up, and this was answered
}

// visit asks for one page. It reports whether the page was served, and the
// error is what is wrong with the answer.
func (v *visitor) visit(ctx context.Context) (served bool, err error) {
	path := v.plan()
	got := v.site.get(ctx, path, v.key)
	err = v.judge(path, got)
	if err != nil {
		err = fmt.Errorf("visitor %s: %s: status %d: %w", v.uid, path, got.status, err)
	}
	if got.took > patience {
		err = fmt.Errorf("visitor %s: %s took %v", v.uid, path, got.took)
	}
	return got.status == http.StatusOK, err
}

func (v *visitor) plan() string {
	if v.key == "" {
		v.since, v.acked, v.sent, v.lost = v.now(), 0, 0, false
		return "/login/" + v.uid
	}
	switch n := v.rand.IntN(10); {
	case n < 5:
		v.sent++
		return "/write"
	case n < 8:
		return "/read"
	case n < 9:
		return "/rotate"
	}
	return "/logout"
}

func (v *visitor) judge(path string, got response) error {
	switch got.status {
	case http.StatusOK:
		return v.served(path, got)
	case http.StatusServiceUnavailable:
		v.lost = v.lost || path == "/rotate" || path == "/logout"
		if got.cookie || strings.Contains(got.body, ran) {
			return fmt.Errorf("an outage with a cookie or with the page: %q", got.body)
		}
		return nil
	case http.StatusBadRequest, http.StatusForbidden:
		v.key = ""
		if !v.lost && (!v.forgets || v.since == healed) {
			return fmt.Errorf("the session is gone")
		}
		return nil
	}
	return fmt.Errorf("neither a page nor an outage")
}

// served judges a page.
func (v *visitor) served(path string, got response) error {
	if path == "/logout" {
		v.dead = append(v.dead, v.key)
		v.key = ""
		return nil
	}
	uid, n, err := got.page()
	switch {
	case err != nil:
		return err
	case uid != v.uid:
		return fmt.Errorf("the page is that of %s", uid)
	case n < v.acked || n > v.sent:
		return fmt.Errorf("the count is %d, but %d was seen and %d sent", n, v.acked, v.sent)
	case path == "/rotate" && (got.key == "" || got.key == v.key):
		return fmt.Errorf("no new key")
	}
	v.acked = n
	if got.key != "" {
		v.follow(got.key)
	}
	return nil
}

// follow takes the key of a cookie that was set.
func (v *visitor) follow(key string) {
	if key == v.key {
		return
	}
	if v.key != "" {
		v.dead = append(v.dead, v.key)
	}
	v.key, v.lost = key, false
	v.keys = append(v.keys, key)
}

// check expects that what was given up is dead, and that the log shows no
// key.
func (v *visitor) check(ctx context.Context) error {
	for _, key := range v.dead {
		if got := v.site.get(ctx, "/read", key); got.status != http.StatusForbidden {
			return fmt.Errorf("visitor %s: a session is alive after its logout: status %d", v.uid, got.status)
		}
	}
	log := v.site.log.String()
	for _, key := range v.keys {
		if strings.Contains(log, key) {
			return fmt.Errorf("visitor %s: the log shows a key", v.uid)
		}
	}
	return nil
}
