package cookie

import (
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/internal/httpcookie"
)

// Check returns nil, or an error that names the first field with which browsers
// would drop the cookie, never send it back, or not keep the promise
// that it makes. The rules are those of RFC 6265bis, in sections 4.1 and 5.7, and of
// CHIPS. It does not know whether a Domain is a public suffix, such as "co.uk".
func (o Options) Check() error {
	for _, rule := range []struct {
		field string
		flaw  func(Options) string
	}{
		{"Name", nameFlaw},
		{"Domain", func(o Options) string { return domainFlaw(o.Domain) }},
		{"Path", func(o Options) string { return pathFlaw(o.Path) }},
		{"SameSite", sameSiteFlaw},
		{"Secure", secureFlaw},
		{"Scriptable", scriptableFlaw},
		{"Partitioned", partitionedFlaw},
		{"Domain", hostDomainFlaw},
		{"Path", hostPathFlaw},
	} {
		if flaw := rule.flaw(o); flaw != "" {
			return &httpcookie.FieldError{Field: rule.field, Reason: flaw}
		}
	}
	return nil
}

// Browsers drop a cookie whose name and value have more than 4096 bytes, and an
// attribute whose value has more than 1024 (RFC 6265bis, 5.6). A name that long
// would leave too little for the value.
const (
	maxName      = 1024
	maxAttribute = 1024
)

func nameFlaw(o Options) string {
	switch {
	case o.Name == "":
		return ""
	case !httpcookie.IsToken(o.Name):
		return "want letters, digits and !#$%&'*+-.^_`|~"
	case len(o.Name) > maxName:
		return fmt.Sprintf("want at most %d bytes, since browsers keep 4096 of name and value", maxName)
	}
	return ""
}

func sameSiteFlaw(o Options) string {
	switch o.SameSite {
	case 0, http.SameSiteDefaultMode, http.SameSiteLaxMode, http.SameSiteStrictMode:
		return ""
	case http.SameSiteNoneMode:
		if o.Secure == SecureNeverUnsafe {
			return "browsers refuse SameSite=None in a cookie that is not Secure"
		}
		return ""
	}
	return "want a constant of net/http"
}

func secureFlaw(o Options) string {
	switch {
	case o.Secure < SecureAuto || o.Secure > SecureNeverUnsafe:
		return "want SecureAuto, SecureAlways or SecureNeverUnsafe"
	case o.Secure == SecureNeverUnsafe && httpcookie.NeedsSecure(o.Name):
		return fmt.Sprintf("browsers refuse a cookie named %q that is not Secure", o.Name)
	}
	return ""
}

func scriptableFlaw(o Options) string {
	if o.Scriptable && httpcookie.NeedsHTTPOnly(o.Name) {
		return fmt.Sprintf("browsers refuse a cookie named %q that scripts can read", o.Name)
	}
	return ""
}

func partitionedFlaw(o Options) string {
	if o.Partitioned && o.SameSite != http.SameSiteNoneMode {
		return "want it with SameSite=None only: the cookie is for frames in pages of other sites"
	}
	return ""
}

func hostDomainFlaw(o Options) string {
	if o.Domain != "" && httpcookie.NeedsHost(o.Name) {
		return fmt.Sprintf("browsers refuse a cookie named %q that has a domain", o.Name)
	}
	return ""
}

func hostPathFlaw(o Options) string {
	if o.Path != "" && o.Path != "/" && httpcookie.NeedsHost(o.Name) {
		return fmt.Sprintf(`browsers refuse a cookie named %q that has a path other than "/"`, o.Name)
	}
	return ""
}
