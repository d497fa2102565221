package site_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// A panicking probe panics with one kind of work, when it begins or when it ends.
type panicking struct {
	op         session.Op
	begin, end bool
}

func (p *panicking) Begin(ctx context.Context, op session.Op) context.Context {
	if p.begin && op == p.op {
		panic("a probe")
	}
	return ctx
}

func (p *panicking) End(_ context.Context, w session.Work) {
	if p.end && w.Op == p.op {
		panic("a probe")
	}
}

// TestAProbeThatPanicsKeepsNothing that requests need after the one that it panics in.
func TestAProbeThatPanicsKeepsNothing(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{
		"PBKDF2_ITERATIONS": "1", "LOGIN_LIMIT_STORE": "memory",
		"LOGIN_LIMIT_ACCOUNT": "100000/1", "LOGIN_LIMIT_SOURCE": "100000/1",
	})
	p := new(panicking)
	o := &site.Options{Probe: p}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here := openWith(t, s, o)
	addUser(t, here)
	h := here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, err := here.Auth.Authenticate(r, "alice", "wonderland")
		if err == nil {
			err = here.Auth.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err)
		}
	}))
	visit := func() (status int, panicked any) {
		defer func() { panicked = recover() }()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://example.com/", nil))
		return w.Code, nil
	}
	for _, op := range []session.Op{
		session.OpCreate, session.OpLogin, session.OpLimit, session.OpHashWait, session.OpHash,
	} {
		for _, begin := range []bool{true, false} {
			*p = panicking{op, begin, !begin}
			for range 2 * runtime.GOMAXPROCS(0) {
				if _, panicked := visit(); panicked != "a probe" {
					t.Fatalf("%v: %v", op, panicked)
				}
			}
			*p = panicking{}
			if status, _ := visit(); status != http.StatusOK {
				t.Errorf("after panics in %v, begin %v: %d", op, begin, status)
			}
		}
	}
}
