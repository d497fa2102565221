package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestConsoleIsForTheDemoUser, who ends a login of somebody else there. For others it is not found, as
// any address that the site does not have.
func TestConsoleIsForTheDemoUser(t *testing.T) {
	s, ann, _ := start(t, nil)
	welcome, err := makeDemoUser(t.Context(), s.Site)
	if err != nil {
		t.Fatal(err)
	}
	password := regexp.MustCompile(`[a-z0-9]{4}(-[a-z0-9]{4}){3}`).FindString(welcome)
	if _, err := makeDemoUser(t.Context(), s.Site); err != nil { // at each start
		t.Fatal(err)
	}
	ann.login()
	for _, path := range []string{"/console/", "/console/users/", "/console/style.css"} {
		if r := ann.get(path); r.status != http.StatusNotFound || !strings.Contains(r.body, "Page not found") {
			t.Errorf("%s for ann: status %d\n%s", path, r.status, r.body)
		}
	}
	if r := ann.get("/"); strings.Contains(r.body, "/console/") {
		t.Error("ann is led to the console")
	}

	demo := newVisitor(t, ann.base)
	demo.get("/login/")
	demo.leads(demo.post("/login/", "username", demoUser, "password", password), "/dashboard/")
	demo.shows(demo.get("/dashboard/"), `href="/console/"`)
	demo.shows(demo.get("/console/"), "Overview")
	user, err := s.Users().ByUsername(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	page := demo.get("/console/users/" + user.ID + "/")
	demo.shows(page, "Logged in on 1 device")
	device := regexp.MustCompile(`name="device" value="(\w+)"`).FindStringSubmatch(page.body)
	if device == nil {
		t.Fatalf("no button:\n%s", page.body)
	}
	if r := demo.post("/console/users/"+user.ID+"/end/", "device", device[1]); r.status != http.StatusSeeOther {
		t.Errorf("status %d\n%s", r.status, r.body)
	}
	ann.leads(ann.get("/dashboard/"), "/login/?next=/dashboard/")
	demo.shows(demo.get("/console/users/"+user.ID+"/"), "Logged in nowhere.")
	if r := demo.get("/console"); r.status != http.StatusMovedPermanently && r.status != http.StatusTemporaryRedirect && r.status != http.StatusPermanentRedirect {
		t.Errorf("without the slash: status %d", r.status)
	}
}
