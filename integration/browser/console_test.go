package browser

import (
	"os"
	"testing"
)

// consolePages are those that can be opened by an address.
var consolePages = []string{
	"/console/", "/console/users/", "/console/users/1/", "/console/sessions/", "/console/limits/?name=demo",
	"/console/settings/", "/console/settings/?all=1",
}

// TestConsoleFitsTheScreen takes a picture of each of its pages, as TestPagesFitTheScreen does.
func TestConsoleFitsTheScreen(t *testing.T) {
	folder := os.Getenv("JAMSESSION_SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	p := startProgram(t)
	other := newVisitor(t, p.url)
	other.signUp("bob")
	v := newVisitor(t, p.url)
	v.login("demo", p.password)
	for _, page := range consolePages {
		v.open(page)
		v.pictures(folder, page)
	}
	v.open("/console/users/1/")
	v.loads(200, click(".act a"))
	v.pictures(folder, "session")
	v.loads(200, click(".foot button"))
	v.pictures(folder, "values")
}
