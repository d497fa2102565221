package csrf_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jamsession/jamsession/csrf"
)

// TestCrossOriginIsASecondLayer: it refuses what has a good token, and does
// not let pass what has none.
func TestCrossOriginIsASecondLayer(t *testing.T) {
	for name, c := range map[string]struct {
		headers map[string]string
		token   bool
		want    error
	}{
		"own page":               {map[string]string{"Sec-Fetch-Site": "same-origin"}, true, nil},
		"typed address":          {map[string]string{"Sec-Fetch-Site": "none"}, true, nil},
		"old browser":            {nil, true, nil},
		"own page, no token":     {map[string]string{"Sec-Fetch-Site": "same-origin"}, false, csrf.ErrToken},
		"another site":           {map[string]string{"Sec-Fetch-Site": "cross-site"}, true, csrf.ErrOrigin},
		"sibling":                {map[string]string{"Sec-Fetch-Site": "same-site"}, true, csrf.ErrOrigin},
		"the two disagree":       {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://example.com"}, true, csrf.ErrOrigin},
		"trusted":                {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://a.partner.example"}, true, nil},
		"trusted by its referer": {map[string]string{"Sec-Fetch-Site": "cross-site", "Referer": "https://a.partner.example/form"}, true, nil},
		"trusted, no token":      {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://a.partner.example"}, false, csrf.ErrToken},
	} {
		p, err := csrf.New(&csrf.Options{
			TrustedOrigins: []string{"https://*.partner.example"}, CrossOrigin: http.NewCrossOriginProtection(),
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "http://example.com/", nil)
		secret := "abcdefghijklmnopqrstuvwxyzABCDEF"
		r.AddCookie(&http.Cookie{Name: "csrftoken", Value: secret})
		if c.token {
			r.Header.Set("X-CSRFToken", secret)
		}
		for header, value := range c.headers {
			r.Header.Set(header, value)
		}
		if err := p.Check(r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestCrossOriginStandsAlone: without tokens, browsers of today are protected.
func TestCrossOriginStandsAlone(t *testing.T) {
	site := http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for headers, want := range map[[2]string]int{
		{"Sec-Fetch-Site", "same-origin"}:   http.StatusOK,
		{"Sec-Fetch-Site", "cross-site"}:    http.StatusForbidden,
		{"Sec-Fetch-Site", "same-site"}:     http.StatusForbidden,
		{"Origin", "https://evil.example"}:  http.StatusForbidden,
		{"Origin", "https://example.com"}:   http.StatusOK,
		{"X-Nothing", "of the documented"}:  http.StatusOK, // neither header
		{"Origin", "http://example.com"}:    http.StatusOK, // the plain HTTP twin, in an old browser
		{"Origin", "null"}:                  http.StatusForbidden,
		{"Sec-Fetch-Site", "something new"}: http.StatusForbidden,
	} {
		r := httptest.NewRequest(http.MethodPost, "https://example.com/", nil)
		r.Header.Set(headers[0], headers[1])
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", headers, w.Code, want)
		}
	}
}
