package docstest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRoutersAreShownAsTheyAre: each piece of Go in docs/routers.md is one of
// examples/routers, to the letter, or compiles by itself.
func TestRoutersAreShownAsTheyAre(t *testing.T) {
	doc := read(t, "docs/routers.md")
	for _, router := range []string{"chi", "echo4", "gin", "fiber"} {
		if !strings.Contains(doc, "```go\n"+read(t, "examples/routers/"+router+"/routes.go")+"```") {
			t.Errorf("the routes.go of %s is not there as it is", router)
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "examples/routers/*/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	var others strings.Builder
	for i, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(doc, -1) {
		switch piece := block[1]; {
		case strings.Contains(piece, "server := "):
			fmt.Fprintf(&others, "func piece%d(site *site.Site, routes func(*site.Site) http.Handler) {\n{\n%s}\n}\n\n",
				i, completed(piece))
		case !strings.Contains(code.String(), strings.TrimPrefix(piece, "group := ")):
			t.Errorf("no part of examples/routers:\n%s", piece)
		}
	}
	vet(t, "package pieces\n\n"+importsOf(others.String())+others.String())
}

// TestRoutersOfEchoDifferAsThePageSays: docs/routers.md shows that of v4 only.
func TestRoutersOfEchoDifferAsThePageSays(t *testing.T) {
	v5 := strings.ReplaceAll(read(t, "examples/routers/echo4/routes.go"), "echo/v4", "echo/v5")
	if v5 != read(t, "examples/routers/echo5/routes.go") {
		t.Error("the routes.go of echo v5 differs from that of v4 in other ways")
	}
}
