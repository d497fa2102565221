package deptest

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/smallsite"
)

// largest is what docs/performance.md promises of a site on PostgreSQL for this system, in
// bytes.
var largest = map[string]int64{"linux/amd64": 20 << 20}

// TestSmallSite stays small. A single function that looks for a method by its name, as those
// of text/template do, makes the linker keep all exported methods of all types: 5 MiB more.
func TestSmallSite(t *testing.T) {
	site, err := smallsite.Write(root, t.TempDir(), "postgres")
	if err != nil {
		t.Fatal(err)
	}
	program, log, err := site.Build(t.Context(), "-ldflags=-dumpdep")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log, "main.main -> ") {
		t.Error("the linker does not say what it links")
	}
	for line := range strings.Lines(log) {
		if strings.HasSuffix(line, " <ReflectMethod>\n") {
			t.Errorf("looks for methods by name, called by the left one: %s", strings.TrimSpace(line))
		}
	}
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	limit, measured := largest[runtime.GOOS+"/"+runtime.GOARCH]
	if measured && info.Size() > limit {
		t.Errorf("%d bytes, more than %d: go tool nm -size -sort size shows what is large", info.Size(), limit)
	}
}
