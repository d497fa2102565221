package settings_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/conf"
)

// tableText is what the package comment says of the settings.
func tableText() string {
	var b strings.Builder
	for _, s := range conf.All() {
		line := fmt.Sprintf("//\t%-32s %-9s %-20s %s", s.Name, s.Type, s.Default, s.Doc)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

func TestPackageCommentListsEverySetting(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), tableText()) {
		t.Errorf("the table in doc.go is not equal to the code's; it should be:\n%s", tableText())
	}
}
