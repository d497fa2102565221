package session_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// vectorTime is when Django's clock stood while it made the vectors.
var vectorTime = time.Unix(1700000000, 0).UTC()

// atVectorTime runs f in a bubble in which it is that time.
func atVectorTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(vectorTime))
		f(t)
	})
}

const (
	validKey = "validvalidvalidvalidvalidvalid12"
	staleKey = "stalestalestalestalestalestale12"
)

type middlewareCase struct {
	SaveEveryRequest     bool    `json:"SESSION_SAVE_EVERY_REQUEST"`
	ExpireAtBrowserClose bool    `json:"SESSION_EXPIRE_AT_BROWSER_CLOSE"`
	Cookie               string  `json:"cookie"`
	StoredBefore         *string `json:"stored_before_json"`
	Action               string  `json:"action"`
	Status               int     `json:"status"`
}

type middlewareResult struct {
	SetCookie []string `json:"set_cookie"`
	Vary      *string  `json:"vary"`
	Rows      []row    `json:"rows_after"`
	Error     string   `json:"error"`
}

type row struct {
	Key    string    `json:"key"`
	Data   string    `json:"data_json"`
	Expiry time.Time `json:"expire_date"`
}

// A difference is a place where we differ from Django on purpose.
type difference struct {
	name   string
	reason string
	in     func(version string, c middlewareCase, django middlewareResult) bool
	// want changes what Django did into what we do.
	want func(c middlewareCase, w *middlewareResult)
}

var (
	removal = `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`
	vary    = "Cookie"
)

var differences = []difference{
	{
		name:   "clear on a stale cookie",
		reason: "Django answers 400, because clear does not load; there is nothing to clear",
		in: func(_ string, c middlewareCase, _ middlewareResult) bool {
			return c.Cookie == "stale" && c.Action == "clear"
		},
		want: func(_ middlewareCase, w *middlewareResult) {
			*w = middlewareResult{Vary: &vary}
		},
	},
	{
		name:   "save every request on a stale cookie",
		reason: "Django inserts an empty row for each unknown key; we insert none",
		in: func(_ string, c middlewareCase, _ middlewareResult) bool {
			return c.SaveEveryRequest && c.Cookie == "stale" && c.Action == "none"
		},
		want: func(_ middlewareCase, w *middlewareResult) { *w = middlewareResult{} },
	},
	{
		name: "a cookie that names no session",
		reason: "Django removes it; the answer may come after that of a login, whose cookie it would remove, " +
			"so we remove it only if the handler has given up the session",
		in: func(_ string, c middlewareCase, django middlewareResult) bool {
			removed := slices.Contains(django.SetCookie, removal)
			return (c.Cookie == "stale" || c.Cookie == "tooshort") && c.Action != "flush" && removed
		},
		want: func(c middlewareCase, w *middlewareResult) {
			w.SetCookie = nil
			if c.Action == "none" {
				w.Vary = nil
			}
		},
	},
	{
		name: "saving on an error status",
		reason: "Django before 4.2 withholds the save on exactly 500 only, and every Django moves the " +
			"record of a rotated key at once and never tells the browser; we save nothing",
		in: func(_ string, c middlewareCase, django middlewareResult) bool {
			saved := slices.ContainsFunc(django.SetCookie, func(c string) bool { return c != removal })
			return c.Status >= 500 && (saved || c.Action == "cycle_key")
		},
		want: func(c middlewareCase, w *middlewareResult) {
			*w = middlewareResult{}
			if c.Action != "none" {
				w.Vary = &vary
			}
			if c.Cookie == "valid" && c.Action != "flush_then_write" {
				w.Rows = []row{{"same", *c.StoredBefore, vectorTime.Add(14 * 24 * time.Hour)}}
			}
		},
	},
	{
		name:   "Vary with a cookie that was only renewed, before 5.2.14",
		reason: "without it a shared cache hands the cookie to others (CVE-2026-35192)",
		in: func(_ string, c middlewareCase, _ middlewareResult) bool {
			return c.SaveEveryRequest && c.Action == "none"
		},
		want: func(_ middlewareCase, w *middlewareResult) {
			if len(w.SetCookie) > 0 {
				w.Vary = &vary
			}
		},
	},
}

func TestVectorsSessionMiddleware(t *testing.T) {
	vectors.Run(t, "session_middleware", func(t *testing.T, c vectors.Case) {
		var in middlewareCase
		var want middlewareResult
		c.Decode(t, &in, &want)
		for _, d := range differences {
			if d.in(c.Version, in, want) {
				d.want(in, &want)
			}
		}
		atVectorTime(t, func(t *testing.T) {
			compareMiddleware(t, in, runMiddleware(t, in), want)
		})
	})
}

// runMiddleware does what the case says to a Manager.
func runMiddleware(t *testing.T, in middlewareCase) middlewareResult {
	store := newSpy()
	if in.StoredBefore != nil {
		mustCreate(t, store, session.Record{
			Key: validKey, Data: []byte(*in.StoredBefore),
			Expiry: vectorTime.Add(14 * 24 * time.Hour),
		})
	}
	m := noerror.In(session.New(store, &session.Options{
		SaveEveryRequest:     in.SaveEveryRequest,
		RefreshInterval:      -1, // as Django, which knows no interval
		ExpireAtBrowserClose: in.ExpireAtBrowserClose,
		Cookie:               cookie.Options{Secure: cookie.SecureNeverUnsafe}, // SESSION_COOKIE_SECURE is False in Django
	}))
	r := httptest.NewRequest("GET", "/", nil)
	key := map[string]string{"valid": validKey, "stale": staleKey, "tooshort": "short"}[in.Cookie]
	if key != "" {
		r.Header.Set("Cookie", "sessionid="+key)
	}
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		act(t, r, in.Action)
		w.WriteHeader(in.Status)
	})).ServeHTTP(w, r)

	got := middlewareResult{SetCookie: w.Header()["Set-Cookie"]}
	if v := w.Header().Get("Vary"); v != "" {
		got.Vary = &v
	}
	for _, rec := range store.records() {
		name := "new"
		if rec.Key == validKey {
			name = "same"
		}
		got.Rows = append(got.Rows, row{name, string(rec.Data), rec.Expiry})
		for i, c := range got.SetCookie {
			c = strings.Replace(c, rec.Key, "<"+strings.ToUpper(name)+" KEY>", 1)
			got.SetCookie[i] = c
		}
	}
	return got
}

// act does the case's action.
func act(t *testing.T, r *http.Request, action string) {
	switch action {
	case "none":
	case "read":
		session.Item[int]("a").Get(session.From(r), 0)
	case "write":
		session.From(r).Set("a", 2)
	case "clear":
		session.From(r).Clear()
	case "flush":
		session.From(r).Flush()
	case "flush_then_write":
		session.From(r).Flush()
		session.From(r).Set("b", 1)
	case "delete_every_key":
		s := session.From(r)
		s.Delete(s.Names()...)
	case "cycle_key":
		session.From(r).CycleKey()
	case "set_expiry(0)":
		session.From(r).SetExpiry(0)
	case "set_expiry(300)":
		session.From(r).SetExpiry(300 * time.Second)
	case "set_expiry(-1)":
		session.From(r).SetExpiry(-time.Second)
	default:
		t.Fatalf("unknown action %q", action)
	}
}

func compareMiddleware(t *testing.T, in middlewareCase, got, want middlewareResult) {
	t.Helper()
	if want.Error != "" {
		t.Fatalf("Django fails with %s, and no difference says what we do", want.Error)
	}
	if !slices.Equal(got.SetCookie, want.SetCookie) {
		t.Errorf("Set-Cookie\n got %q\nwant %q", got.SetCookie, want.SetCookie)
	}
	if g, w := deref(got.Vary), deref(want.Vary); g != w {
		t.Errorf("Vary: got %q, want %q", g, w)
	}
	same := slices.EqualFunc(got.Rows, want.Rows, func(a, b row) bool {
		return a.Key == b.Key && a.Data == b.Data && a.Expiry.Equal(b.Expiry)
	})
	if !same {
		t.Errorf("rows\n got %v\nwant %v", got.Rows, want.Rows)
	}
}

func deref(s *string) string {
	if s == nil {
		return "<none>"
	}
	return *s
}

func TestVectorsSessionFlags(t *testing.T) {
	vectors.Run(t, "session_flags", func(t *testing.T, c vectors.Case) {
		var in struct {
			JSON      string `json:"session_json"`
			Operation string `json:"operation"`
		}
		var want struct {
			Accessed     bool            `json:"accessed"`
			Modified     bool            `json:"modified"`
			KeyUnchanged bool            `json:"key_unchanged"`
			RowExists    bool            `json:"row_exists"`
			Return       json.RawMessage `json:"return"`
		}
		c.Decode(t, &in, &want)
		store := memstore.New()
		m := noerror.In(session.New(store, nil))
		mustCreate(t, store, session.Record{
			Key: validKey, Data: []byte(in.JSON), Expiry: time.Now().Add(time.Hour),
		})
		s, err := m.ByKey(t.Context(), validKey)
		if err != nil {
			t.Fatal(err)
		}
		got := flagOperation(t, m, s, in.Operation)
		if accessed := session.Accessed(s); accessed != want.Accessed {
			t.Errorf("accessed: got %v, want %v", accessed, want.Accessed)
		}
		if modified := session.Modified(s); modified != want.Modified {
			t.Errorf("modified: got %v, want %v", modified, want.Modified)
		}
		if unchanged := s.Key() == validKey; unchanged != want.KeyUnchanged {
			t.Errorf("key unchanged: got %v, want %v", unchanged, want.KeyUnchanged)
		}
		if _, err := store.Load(t.Context(), validKey); (err == nil) != want.RowExists {
			t.Errorf("row exists: got %v, want %v", err == nil, want.RowExists)
		}
		if w := string(want.Return); got != nil && w != fmt.Sprint(got) {
			t.Errorf("returned %v, want %s", got, w)
		}
	})
}

// flagOperation does what Django's operation is called here, and returns its
// result where Django's is a plain value.
func flagOperation(t *testing.T, m *session.Manager, s *session.Session, op string) any {
	t.Helper()
	switch op {
	case "get(missing)":
		session.Item[string]("zz").Get(s, "")
	case "[k]=v":
		s.Set("b", 2)
	case "pop(missing, default)":
		session.Item[string]("zz").Pop(s, "")
	case "del present":
		s.Delete("a")
	case "del missing": // KeyError in Django
		s.Delete("zz")
	case "setdefault(missing)":
		return session.Item[int]("zz").SetDefault(s, 5)
	case "keys":
		s.Names()
	case "items":
		for range s.All() { // looking is enough
		}
	case "update({})": // Set, for want of a map
		s.Set("a", 1)
	case "clear":
		s.Clear()
	case "is_empty": // not offered: there is nothing to call
	case "session_key":
		s.Key()
	case "set_expiry(None) when unset":
		s.ResetExpiry()
	case "set_expiry(5)":
		s.SetExpiry(5 * time.Second)
	case "get_expiry_age()":
		s.ExpiryAge()
	case "get_expiry_age(expiry=5)": // not offered
	case "get_expire_at_browser_close":
		return s.ExpiresAtBrowserClose()
	case "set_test_cookie":
		s.SetTestCookie()
	case "test_cookie_worked":
		return s.TestCookieWorked()
	case "save":
		if err := s.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
	case "delete":
		if err := m.Delete(t.Context(), s.Key()); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("unknown operation %q", op)
	}
	return nil
}

func TestVectorsSessionExpiry(t *testing.T) {
	vectors.Run(t, "session_expiry", func(t *testing.T, c vectors.Case) {
		var in struct {
			Stored       json.RawMessage `json:"_session_expiry"`
			BrowserClose bool            `json:"SESSION_EXPIRE_AT_BROWSER_CLOSE"`
			Age          int             `json:"SESSION_COOKIE_AGE"`
		}
		var want struct {
			Age          json.RawMessage `json:"get_expiry_age"`
			Date         json.RawMessage `json:"get_expiry_date"`
			BrowserClose json.RawMessage `json:"get_expire_at_browser_close"`
		}
		c.Decode(t, &in, &want)
		var age float64
		var date time.Time
		if json.Unmarshal(want.Age, &age) != nil || json.Unmarshal(want.Date, &date) != nil {
			// Django cannot read this expiry, or 3.2 no text at all, and fails
			// each request with 500. We log it and use the default.
			if text := string(in.Stored); text == `"soon"` || strings.HasSuffix(text, `:20"`) {
				age, date = float64(in.Age), vectorTime.Add(time.Duration(in.Age)*time.Second)
			} else if c.Version != "3.2" {
				t.Fatalf("Django fails on %s", in.Stored)
			}
		}
		atVectorTime(t, func(t *testing.T) {
			store := memstore.New()
			mustCreate(t, store, session.Record{
				Key: validKey, Data: fmt.Appendf(nil, `{"_session_expiry":%s}`, in.Stored),
				Expiry: time.Now().Add(time.Hour),
			})
			m := noerror.In(session.New(store, &session.Options{
				CookieAge:            time.Duration(in.Age) * time.Second,
				ExpireAtBrowserClose: in.BrowserClose,
			}))
			s, err := m.ByKey(t.Context(), validKey)
			if err != nil {
				t.Fatal(err)
			}
			if date.IsZero() {
				return // 3.2's failure on a text that later versions read
			}
			if got := s.ExpiryDate(); !got.Equal(date) {
				t.Errorf("date: got %v, want %v", got, date)
			}
			if got := s.ExpiryAge(); got.Seconds() != age && floor(got) != age {
				t.Errorf("age: got %v, want %v s", got, age)
			}
			if got := s.ExpiresAtBrowserClose(); fmt.Sprint(got) != string(want.BrowserClose) {
				t.Errorf("browser close: got %v, want %s", got, want.BrowserClose)
			}
		})
	})
}

func floor(d time.Duration) float64 {
	return float64(d.Truncate(time.Second)/time.Second) - map[bool]float64{true: 1}[d < 0 && d%time.Second != 0]
}

func TestVectorsSessionSetExpiry(t *testing.T) {
	vectors.Run(t, "session_set_expiry", func(t *testing.T, c vectors.Case) {
		var in struct {
			Arg string `json:"python_arg"`
		}
		var want struct {
			Stored json.RawMessage `json:"stored"`
		}
		c.Decode(t, &in, &want)
		atVectorTime(t, func(t *testing.T) {
			s, _ := noerror.In(session.New(memstore.New(), nil)).ByKey(t.Context(), "")
			switch c.Name {
			case "timedelta_1h":
				s.SetExpiryAt(time.Now().Add(time.Hour))
			case "aware_dt":
				s.SetExpiryAt(time.Date(2030, 1, 1, 12, 0, 0, 5000, time.UTC))
			case "int":
				s.SetExpiry(time.Minute)
			default:
				t.Fatalf("unknown argument %s", in.Arg)
			}
			got, err := session.Item[json.RawMessage]("_session_expiry").Lookup(s)
			if err != nil {
				t.Fatal(err)
			}
			// 3.2 stores a datetime object, which it then cannot encode.
			if c.Version == "3.2" && c.Name != "int" {
				return
			}
			if string(got) != string(want.Stored) {
				t.Errorf("got %s, want %s", got, want.Stored)
			}
		})
	})
}

// TestVectorsSessionKeyValidation: where Django keeps a key that it could not
// have issued and asks the store for it, we ask nobody. The visitor cannot
// tell: the key is unknown either way. A key that Django removes from the browser
// stays there, since the answer may come after that of a login.
func TestVectorsSessionKeyValidation(t *testing.T) {
	vectors.Run(t, "session_key_validation", func(t *testing.T, c vectors.Case) {
		var in struct {
			Cookie *string `json:"cookie_value"`
		}
		var want struct {
			Key *string `json:"session_key"`
		}
		c.Decode(t, &in, &want)
		spy := newSpy()
		r := httptest.NewRequest("GET", "/", nil)
		if in.Cookie != nil {
			r.Header.Set("Cookie", "sessionid="+*in.Cookie)
		}
		w := httptest.NewRecorder()
		noerror.In(session.New(spy, nil)).Handler(http.NotFoundHandler()).ServeHTTP(w, r)
		if w.Header()["Set-Cookie"] != nil {
			t.Errorf("cookies %q", w.Header()["Set-Cookie"])
		}
		if len(spy.calls()) != 0 {
			t.Errorf("an untouched request called the store: %v", spy.calls())
		}
		noerror.In(session.New(spy, nil)).Handler(reading).ServeHTTP(w, r)
		if issued := want.Key != nil && isIssued(*want.Key); (len(spy.calls()) == 1) != issued {
			t.Errorf("calls of the store: got %v; could the key have been issued: %v", spy.calls(), issued)
		}
	})
}

func isIssued(key string) bool {
	return len(key) <= 40 && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
