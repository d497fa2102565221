// Package authtest helps to test programs with logins: a client that keeps
// cookies and the tokens of forms, logs a user in without a password, and reads
// and sets the items of its session.
//
//	func TestCart(t *testing.T) {
//		here := openSite(t) // with a database of the test
//		ann, err := here.Users().Create(t.Context(), auth.User{Username: "ann", IsActive: true})
//		...
//		c := authtest.NewClient(t, here.Handler(routes(here)), here.Handler)
//		c.Login(here.Auth, ann)
//		if got := c.Post("/cart/", url.Values{"item": {"tea"}}); got.StatusCode != http.StatusSeeOther {
//			t.Errorf("status %d: %s", got.StatusCode, got.Text)
//		}
//		c.Within(func(r *http.Request) {
//			if items := cart.Get(session.From(r), nil); len(items) != 1 {
//				t.Errorf("the cart has %q", items)
//			}
//		})
//	}
//
// No server is needed: a client calls the handler itself, in the goroutine of
// the test. For tests of forms with passwords, [Hashers] makes hashes in no time.
//
// The package is for tests only.
package authtest
