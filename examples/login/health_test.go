package main

import (
	"net/http"
	"testing"
)

// TestHealthIsForLoadBalancers, which send any Host and no cookie.
func TestHealthIsForLoadBalancers(t *testing.T) {
	_, v, _ := startMailing(t, make(mailbox, 10), nil, map[string]string{"ALLOWED_HOSTS": "127.0.0.1"})
	for path, want := range map[string]string{"/livez": "alive\n", "/readyz": "store: ok\ndatabase: ok\n"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "10.0.0.1:8000"
		if got := v.do(r); got.status != http.StatusOK || got.body != want || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %q", path, got.status, got.body)
		}
	}
}

// TestMetricsAreForOperators: those who may use the console.
func TestMetricsAreForOperators(t *testing.T) {
	s, v, _ := start(t, nil)
	v.leads(v.get("/metrics"), "/login/?next=/metrics")
	v.login()
	if r := v.get("/metrics"); r.status != http.StatusForbidden {
		t.Errorf("a user without the permission: %d", r.status)
	}
	ann, err := s.Users().ByUsername(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if err := letIn(t.Context(), s.Site, ann); err != nil {
		t.Fatal(err)
	}
	v.shows(v.get("/metrics"), `jamsession_logins_total{result="ok",method="password"} 1`)
	v.shows(v.get("/metrics"), `jamsession_security_events_total{event="denied"} 1`)
}
