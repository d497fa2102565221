package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestDevicesAreListedAndEnded: one, by its button, and all others, while the visitor stays.
func TestDevicesAreListedAndEnded(t *testing.T) {
	_, here, _ := start(t, nil)
	here.login()
	there, third := newVisitor(t, here.base), newVisitor(t, here.base)
	there.login()
	third.login()
	r := here.get("/devices/")
	here.shows(r, "this device")
	ids := regexp.MustCompile(`name="device" value="(\w+)"`).FindAllStringSubmatch(r.body, -1)
	if len(ids) != 2 || strings.Count(r.body, "<li>") != 3 {
		t.Fatalf("the page is\n%s", r.body)
	}
	here.leads(here.post("/devices/", "device", ids[0][1]), "/devices/")
	here.shows(here.get("/devices/"), "You are logged out there.")
	out := 0
	for _, v := range []*visitor{there, third} {
		if v.get("/dashboard/").status != http.StatusOK {
			out++
		}
	}
	if out != 1 {
		t.Errorf("%d others are logged out", out)
	}
	here.leads(here.post("/devices/", "device", ids[0][1]), "/devices/") // by the back button
	here.leads(here.post("/devices/"), "/devices/")
	for _, v := range []*visitor{there, third} {
		if code := v.get("/dashboard/").status; code == http.StatusOK {
			t.Errorf("another is still logged in")
		}
	}
	if r := here.get("/devices/"); strings.Count(r.body, "<li>") != 1 || strings.Contains(r.body, "everywhere else") {
		t.Errorf("the page is\n%s", r.body)
	}
}

// TestDevicesOfOthersStay, whatever id somebody posts.
func TestDevicesOfOthersStay(t *testing.T) {
	_, ann, _ := start(t, nil)
	ann.login()
	there := newVisitor(t, ann.base)
	there.login()
	r := ann.get("/devices/")
	id := regexp.MustCompile(`name="device" value="(\w+)"`).FindStringSubmatch(r.body)[1]
	bob := newVisitor(t, ann.base)
	bob.signUp("bob")
	bob.post("/devices/", "device", id)
	if code := there.get("/dashboard/").status; code != http.StatusOK {
		t.Errorf("somebody else has ended a login: %d", code)
	}
	if r := bob.get("/devices/"); strings.Contains(r.body, id) {
		t.Error("somebody else sees a device")
	}
}
