package custommiddleware

import (
	"fmt"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/session"
)

// Tenants find the session of a request in the cookie of the tenant that its
// host belongs to. A host that is nobody's has no sessions.
type Tenants map[string]session.Transport

// NewTenants returns tenants, by host, with the names of their cookies.
func NewTenants(cookies map[string]string) (Tenants, error) {
	tenants := make(Tenants)
	for host, name := range cookies {
		t, err := session.Cookies(&cookie.Options{Name: name})
		if err != nil {
			return nil, fmt.Errorf("tenant %s: %w", host, err)
		}
		tenants[host] = t
	}
	return tenants, nil
}

// Key returns what the tenant's cookie has.
func (t Tenants) Key(r *http.Request) (key string, sent bool) {
	if tenant, ok := t[r.Host]; ok {
		return tenant.Key(r)
	}
	return "", false
}

// Send sets the tenant's cookie.
func (t Tenants) Send(h http.Header, r *http.Request, key string, maxAge time.Duration) {
	if tenant, ok := t[r.Host]; ok {
		tenant.Send(h, r, key, maxAge)
	}
}

// Remove removes the tenant's cookie.
func (t Tenants) Remove(h http.Header, r *http.Request) {
	if tenant, ok := t[r.Host]; ok {
		tenant.Remove(h, r)
	}
}

// Vary says that responses depend on cookies. On the host they depend anyway.
func (Tenants) Vary() []string { return []string{"Cookie"} }

// Ambient says that browsers send the key by themselves: csrf has to check.
func (Tenants) Ambient(*http.Request) bool { return true }
