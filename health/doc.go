// Package health answers those who watch over a process: is it alive, and can it serve.
//
// A site.Site has its health already:
//
//	mux.Handle("GET /livez", site.Health.Live())
//	mux.Handle("GET /readyz", site.Health.Ready())
//
// Without package site:
//
//	h, err := health.New(nil, health.Store(store), health.Check{Name: "users", Ask: askUsers})
//
// Mount them outside of the handlers of sessions and hosts: a load balancer calls an address,
// and has no cookies. The answers do not say more than the names of the parts, so strangers may
// read them.
package health
