// Package metrics counts what happens on a site, in the text format of Prometheus.
//
// A site.Site has its metrics already: mount them where only the monitoring can come, since they
// tell everybody how many logins fail.
//
//	mux.Handle("GET /metrics", site.Metrics)
//
// Without package site, give them to each part:
//
//	m := metrics.New(nil)
//	hashers, err := password.New(&password.Options{Probe: m})
//	sessions, err := session.New(store, &session.Options{Probe: m})
//	logins, err := auth.New(users, keys, &auth.Options{Hashers: hashers, Probe: m, OnEvent: m.Event})
//
// Names and labels are stable, and labels have few values: none is made of what a visitor
// sends. docs/observability.md lists them, with what to be alarmed by, and contrib/grafana has a
// dashboard. A request pays for them with two looks at the clock and a few additions, and no
// memory.
package metrics
