package safeurl_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/jamsession/jamsession/internal/safeurl"
	"github.com/jamsession/jamsession/internal/vectors"
)

func TestVectorsAllowed(t *testing.T) {
	vectors.Run(t, "url_has_allowed_host_and_scheme", func(t *testing.T, c vectors.Case) {
		var in struct {
			URL   string   `json:"url"` // null is the empty one
			Hosts []string `json:"allowed_hosts"`
			HTTPS bool     `json:"require_https"`
		}
		var want struct{ Result bool }
		c.Decode(t, &in, &want)
		if why := refusedHere(c.Version, in.URL); why != "" {
			want.Result = false
		}
		if got := safeurl.Allowed(in.URL, in.Hosts, in.HTTPS); got != want.Result {
			t.Errorf("Allowed(%q, %q, %t) = %t", in.URL, in.Hosts, in.HTTPS, got)
		}
	})
}

// refusedHere says why an address is refused that this version of Django may
// allow, or "".
func refusedHere(version, url string) string {
	path, _, _ := strings.Cut(url, "?")
	switch {
	case strings.Contains(path, `\`):
		return "http.Redirect may make another host of a backslash"
	case strings.TrimSpace(url) != url:
		return "Django judges it without spaces at the edges, and redirects to it with them"
	case strings.HasPrefix(path, "//") && strings.Trim(path, "/") == "":
		return "to a browser it has a host that is empty"
	case strings.ContainsFunc(url, unicode.IsControl):
		return "control characters; 3.2 even takes /\\t/example.com for a path"
	case version == "3.2" && len(url) > 2048:
		return "3.2 has no longest address"
	default:
		return ""
	}
}

func TestVectorsEscapeLeadingSlashes(t *testing.T) {
	vectors.Run(t, "escape_leading_slashes", func(t *testing.T, c vectors.Case) {
		var in, want struct{ URL string }
		c.Decode(t, &in, &want)
		if got := safeurl.EscapeLeadingSlashes(in.URL); got != want.URL {
			t.Errorf("got %q, want %q", got, want.URL)
		}
	})
}

func TestVectorsLoginRedirect(t *testing.T) {
	vectors.Run(t, "redirect_to_login", func(t *testing.T, c vectors.Case) {
		var in struct {
			Next     string
			LoginURL string `json:"login_url"`
		}
		var want struct{ Location string }
		c.Decode(t, &in, &want)
		if got := safeurl.LoginRedirect(in.Next, in.LoginURL); got != want.Location {
			t.Errorf("got %q, want %q", got, want.Location)
		}
	})
}
