package main

import (
	"bufio"
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
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

// TestOpenPageLearnsOfItsEnd, within a second, wherever that is ended; and other pages go on.
func TestOpenPageLearnsOfItsEnd(t *testing.T) {
	_, here, _ := start(t, nil)
	here.login()
	for name, end := range map[string]func(there *visitor){
		"on another device": func(*visitor) {
			here.get("/devices/")
			here.post("/devices/")
		},
		"in another tab": func(there *visitor) {
			there.get("/")
			there.post("/logout/")
		},
	} {
		there := newVisitor(t, here.base)
		there.login()
		stream := there.listen()
		if line := stream.next(); line != ": the login goes on" {
			t.Errorf("%s: the stream begins with %q", name, line)
		}
		end(there)
		if line := stream.next(); line != "event: ended" {
			t.Errorf("%s: the stream has %q", name, line)
		}
		if line := there.listen().next(); line != "event: ended" {
			t.Errorf("%s: a page that comes too late gets %q", name, line)
		}
	}
	if line := here.listen().next(); line != ": the login goes on" {
		t.Errorf("the page of the visitor gets %q", line)
	}
}

// TestPageOfAnotherUserHasEnded: somebody else has logged in since it was opened.
func TestPageOfAnotherUserHasEnded(t *testing.T) {
	_, v, _ := start(t, nil)
	v.login()
	old := v.liveOf(v.get("/"))
	v.signUp("bob")
	if line := v.listenTo(old).next(); line != "event: ended" {
		t.Errorf("the page of the user before gets %q", line)
	}
	if page := newVisitor(t, v.base).get("/"); strings.Contains(page.body, "data-live") {
		t.Error("the page of a stranger waits for an end")
	}
}

var liveField = regexp.MustCompile(`data-live="([^"]+)"`)

// liveOf returns where a page learns that its login has ended.
func (v *visitor) liveOf(page response) string {
	v.t.Helper()
	m := liveField.FindStringSubmatch(page.body)
	if m == nil {
		v.t.Fatalf("the page learns nothing:\n%s", page.body)
	}
	return html.UnescapeString(m[1])
}

// listen opens the stream of the front page; of the user ann if nobody is logged in any more.
func (v *visitor) listen() lines {
	v.t.Helper()
	page := v.get("/")
	if !strings.Contains(page.body, "data-live") {
		return v.listenTo("/live/?user=1")
	}
	return v.listenTo(v.liveOf(page))
}

func (v *visitor) listenTo(path string) lines {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 20*time.Second)
	v.t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, nil)
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = resp.Body.Close() })
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		v.t.Errorf("%d: the content type is %q", resp.StatusCode, kind)
	}
	return lines{v.t, bufio.NewScanner(resp.Body)}
}

// lines are those of a stream that are not empty.
type lines struct {
	t *testing.T
	*bufio.Scanner
}

func (l lines) next() string {
	l.t.Helper()
	for l.Scan() {
		if l.Text() != "" {
			return l.Text()
		}
	}
	return ""
}
