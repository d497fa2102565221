package csrf_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/csrf"
)

// upload is a multipart form with a token and a file of size bytes.
func upload(t testing.TB, token string, size int) *http.Request {
	t.Helper()
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	if err := form.WriteField("csrfmiddlewaretoken", token); err != nil {
		t.Fatal(err)
	}
	file, err := form.CreateFormFile("file", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(make([]byte, size))
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := post(secret, "")
	r.Body = io.NopCloser(&text)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

func TestMultipartForm(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		n, err := io.Copy(io.Discard, file)
		_, _ = fmt.Fprint(w, n, err)
	}))
	if res := serve(h, upload(t, secret, 2<<20)); body(t, res) != "2097152 <nil>" {
		t.Errorf("good token: %s", res.Status)
	}
	r := upload(t, secret, 10)
	r.URL.RawQuery = "a;b=%zz" // a malformed URL does not hide the form
	if res := serve(h, r); res.StatusCode != http.StatusOK {
		t.Errorf("malformed query: %s", res.Status)
	}
	for _, token := range []string{"", other} {
		if res := serve(h, upload(t, token, 10)); res.StatusCode != http.StatusForbidden {
			t.Errorf("token %q: %s", token, res.Status)
		}
	}
}

func TestFilesOfMultipartFormAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // on Windows
	h := protect(t, csrf.Options{}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) == 0 {
			t.Error("no file: the test tests nothing")
		}
	}))
	for _, token := range []string{secret, other} {
		serve(h, upload(t, token, 12<<20))
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
			t.Errorf("token %s: left %v", token, files)
		}
	}
}

func TestTooLargeFormIsNotRead(t *testing.T) {
	limited := protect(t, csrf.Options{MaxFormBytes: 1000}).Handler(view)
	unlimited := protect(t, csrf.Options{MaxFormBytes: -1}).Handler(view)
	long := post(secret, secret+"&x="+strings.Repeat("x", 11<<20))
	for _, c := range []struct {
		about string
		h     http.Handler
		r     *http.Request
		want  int
	}{
		{"file within the limit", limited, upload(t, secret, 100), http.StatusOK},
		{"file beyond the limit", limited, upload(t, secret, 2000), http.StatusRequestEntityTooLarge},
		{"file without limit", unlimited, upload(t, secret, 40<<20), http.StatusOK},
		{
			"fields beyond the limit", limited, post(secret, secret+"&x="+strings.Repeat("x", 2000)),
			http.StatusRequestEntityTooLarge,
		},
		{"fields beyond 10 MiB", unlimited, long, http.StatusRequestEntityTooLarge},
		{
			"fields beyond 10 MiB, file limit 32 MiB", protect(t, csrf.Options{}).Handler(view),
			post(secret, secret+"&x="+strings.Repeat("x", 11<<20)), http.StatusRequestEntityTooLarge,
		},
		{
			"file beyond the default", protect(t, csrf.Options{}).Handler(view),
			upload(t, secret, 33<<20), http.StatusRequestEntityTooLarge,
		},
	} {
		if res := serve(c.h, c.r); res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", c.about, res.Status, c.want)
		}
	}
}

// unread fails the test if somebody reads it.
type unread struct{ t *testing.T }

func (b unread) Read([]byte) (int, error) { b.t.Error("the body was read"); return 0, io.EOF }
func (b unread) Close() error             { return nil }

func TestBodyIsLeftToTheHandler(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(view)
	for _, c := range []struct {
		method, contentType, header string
		want                        int
	}{
		{"POST", "multipart/form-data; boundary=x", secret, http.StatusOK},
		{"POST", "multipart/form-data; boundary=x", other, http.StatusForbidden},
		{"POST", "application/json", secret, http.StatusOK},
		{"POST", "application/json", "", http.StatusForbidden},
		{"POST", "text/plain", "", http.StatusForbidden},
		{"POST", "", "", http.StatusForbidden},
		{"PUT", "application/x-www-form-urlencoded", "", http.StatusForbidden},
		{"PATCH", "multipart/form-data; boundary=x", secret, http.StatusOK},
		{"GET", "application/x-www-form-urlencoded", "", http.StatusOK},
	} {
		r := post(secret, "")
		r.Method, r.Body = c.method, unread{t}
		r.Header.Set("Content-Type", c.contentType)
		if c.header != "" {
			r.Header.Set("X-CSRFToken", c.header)
		}
		if res := serve(h, r); res.StatusCode != c.want {
			t.Errorf("%+v: %s", c, res.Status)
		}
	}
}

func TestLastFieldCounts(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(view)
	for form, want := range map[string]int{
		other + "&csrfmiddlewaretoken=" + secret: http.StatusOK,
		secret + "&csrfmiddlewaretoken=" + other: http.StatusForbidden,
	} {
		if res := serve(h, post(secret, form)); res.StatusCode != want {
			t.Errorf("%s: %s", form, res.Status)
		}
	}
}

func TestTokenInURLDoesNotCount(t *testing.T) {
	r := httptest.NewRequest("POST", "/?csrfmiddlewaretoken="+secret, nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", "csrftoken="+secret)
	if res := serve(protect(t, csrf.Options{}).Handler(view), r); res.StatusCode != http.StatusForbidden {
		t.Errorf("got %s", res.Status)
	}
}

func TestHeaderName(t *testing.T) {
	h := protect(t, csrf.Options{HeaderName: "x-token"}).Handler(view)
	for name, want := range map[string]int{"X-Token": http.StatusOK, "X-CSRFToken": http.StatusForbidden} {
		r := post(secret, "")
		r.Header.Set(name, secret)
		if res := serve(h, r); res.StatusCode != want {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	r := post(secret, "")
	r.Header.Set("X-Token", other)
	err := protect(t, csrf.Options{HeaderName: "x-token"}).Check(r)
	if want := "csrf: CSRF token from the 'X-Token' HTTP header incorrect."; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
