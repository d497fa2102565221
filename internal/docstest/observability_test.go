package docstest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/metrics"
)

var metricName = regexp.MustCompile(`\bjamsession_[a-z_]+`)

// familiesIn returns the names of metrics in a text, without the endings of histograms.
func familiesIn(text string) []string {
	found := make(map[string]bool)
	for _, name := range metricName.FindAllString(text, -1) {
		for _, ending := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, ending)
		}
		found[name] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// TestMetricsAreDocumented: the code, the table of docs/observability.md, its alarms and the dashboard
// name the same metrics, and the table has all labels with their values.
func TestMetricsAreDocumented(t *testing.T) {
	h := noerror.In(health.New(nil, health.Store(memstore.New())))
	w := httptest.NewRecorder()
	metrics.New(&metrics.Options{Health: h, Sockets: func() int { return 0 }}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	code := familiesIn(w.Body.String())
	doc := read(t, "docs/observability.md")
	table, alarms, _ := strings.Cut(doc, "### What to be alarmed by")
	dashboard := read(t, "contrib/grafana/jamsession.json")
	if got := familiesIn(table); !slices.Equal(got, code) {
		t.Errorf("the table has %q\nthe code   %q", got, code)
	}
	if got := familiesIn(dashboard); !slices.Equal(got, code) {
		t.Errorf("the dashboard has %q\nthe code        %q", got, code)
	}
	for _, name := range familiesIn(alarms) {
		if !slices.Contains(code, name) {
			t.Errorf("an alarm has %s, which is not there", name)
		}
	}
	for _, m := range regexp.MustCompile(`(\w+)\{(.*)\} `).FindAllStringSubmatch(w.Body.String(), -1) {
		row := regexp.MustCompile(`(?m)^\| ` + "`" + familiesIn(m[1])[0] + "`.*$").FindString(table)
		for _, label := range regexp.MustCompile(`(\w+)="(.*?)"`).FindAllStringSubmatch(m[2], -1) {
			inWords := label[1] == "op" || label[1] == "part" && label[2] == "store" ||
				strings.Contains(row, "the kinds of") && strings.Contains(doc, "`"+label[2]+"`") || label[2] == "other"
			if label[1] != "le" && (!strings.Contains(row, "`"+label[1]+"`") || !inWords && !strings.Contains(row, label[2])) {
				t.Errorf("the row of %s lacks the label %s", m[1], label[0])
			}
		}
	}
	if !json.Valid([]byte(dashboard)) {
		t.Error("the dashboard is not JSON")
	}
}

// TestSecurityEventsAreDocumented: all kinds of auth.EventKind, and no others.
func TestSecurityEventsAreDocumented(t *testing.T) {
	var code, doc []string
	for _, m := range regexp.MustCompile(`EventKind = "(\w+)"`).FindAllStringSubmatch(read(t, "auth/event.go"), -1) {
		code = append(code, m[1])
	}
	_, section, _ := strings.Cut(read(t, "docs/observability.md"), "## The audit log")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section, -1)[1:] { // behind the head
		doc = append(doc, m[1])
	}
	h := httptest.NewRecorder()
	metrics.New(nil).ServeHTTP(h, httptest.NewRequest(http.MethodGet, "/", nil))
	var counted []string
	for _, m := range regexp.MustCompile(`security_events_total\{event="(\w+)"`).FindAllStringSubmatch(h.Body.String(), -1) {
		counted = append(counted, m[1])
	}
	if len(code) < 10 || !slices.Equal(code, doc) || !slices.Equal(append(code, "other"), counted) {
		t.Errorf("the code has    %q\nthe document has %q\nthe metrics have %q", code, doc, counted)
	}
}

// TestAttributesOfLogsAreDocumented: all that the packages write, and no others. Programs and tests may
// have their own.
func TestAttributesOfLogsAreDocumented(t *testing.T) {
	used := make(map[string]string) // where
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		if d.IsDir() {
			switch filepath.ToSlash(rel) {
			case "cmd", "examples", "integration", "bench", "tools", "internal/secrettest", ".git":
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			attributesOf(t, name, rel, used)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(read(t, "docs/observability.md"), "## The log")
	section, _, _ = strings.Cut(section, "\n## ")
	documented := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(section, -1) {
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[1], -1) {
			documented[m[1]] = true
			if used[m[1]] == "" {
				t.Errorf("nothing logs %s", m[1])
			}
		}
	}
	for key, where := range used {
		if !documented[key] {
			t.Errorf("%s logs %s, which docs/observability.md does not explain", where, key)
		}
	}
}

// attributesOf notes the attributes that a file makes.
func attributesOf(t *testing.T, name, rel string, used map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	levels := regexp.MustCompile(`^(Debug|Info|Warn|Error)(Context)?$`)
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fun, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := fun.X.(*ast.Ident); ok && pkg.Name == "slog" && len(call.Args) > 1 {
			if key, ok := literal(call.Args[0]); ok {
				used[key] = rel
			}
			return true
		}
		if pkg, ok := fun.X.(*ast.Ident); levels.MatchString(fun.Sel.Name) && !(ok && pkg.Name == "http") {
			first := 1 // after the message
			if strings.HasSuffix(fun.Sel.Name, "Context") {
				first = 2
			}
			for _, arg := range call.Args[min(first, len(call.Args)):] {
				if key, ok := literal(arg); ok {
					t.Errorf("%s: %q is an attribute without slog's types", rel, key)
				}
			}
		}
		return true
	})
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
