package cookie_test

import (
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/cookie"
)

// A shop is shown in frames of other sites, and each of them has sessions of
// its own.
func ExampleOptions() {
	o := cookie.Options{
		Name: "__Host-shop", SameSite: http.SameSiteNoneMode, Partitioned: true,
	}
	fmt.Println(o.Check())

	o.Domain = "shop.example"
	fmt.Println(o.Check())
	// Output:
	// <nil>
	// cookie: Domain: browsers refuse a cookie named "__Host-shop" that has a domain
}
