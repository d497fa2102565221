package vectors

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "django.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestReadGivesCasesAndVersion(t *testing.T) {
	file, err := read(write(t, `{"meta":{"django":"5.2.18"},
		"groups":{"g":[{"name":"n","inputs":{"a":1},"expected":[2],"notes":"x"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if file.Name != "django.json" || file.Version != "5.2" || len(file.Groups()) != 1 {
		t.Errorf("got %+v", file)
	}
	cases := file.Cases("g")
	if len(cases) != 1 || cases[0].Name != "n" || cases[0].Version != "5.2" || cases[0].Notes != "x" {
		t.Fatalf("got %+v", cases)
	}
	var in struct{ A int }
	var want []int
	cases[0].Decode(t, &in, &want)
	if in.A != 1 || len(want) != 1 || want[0] != 2 {
		t.Errorf("got %v, %v", in, want)
	}
	if none := file.Cases("h"); none != nil {
		t.Errorf("got %v of no group", none)
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for _, text := range []string{``, `[]`, `{"groups":{}}`, `{"meta":{},"groups":[]}`, `{"meta":1}`} {
		if file, err := read(write(t, text)); err == nil {
			t.Errorf("%s: got %+v", text, file)
		}
	}
	if _, err := read(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("read a file that is not there")
	}
}

func TestFilesHoldBothVersions(t *testing.T) {
	if os.Getenv("DJANGO_VECTORS") != "" {
		t.Skip("other files are asked for")
	}
	versions := map[string]bool{}
	for _, file := range Files(t) {
		versions[file.Version] = true
	}
	if !versions["3.2"] || !versions["5.2"] {
		t.Errorf("got %v", versions)
	}
}
