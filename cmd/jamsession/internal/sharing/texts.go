package sharing

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"

	"github.com/jamsession/jamsession/internal/conf"
)

//go:embed findings.toml
var findingsFile string

// A text is an entry of findings.toml.
type text struct {
	ID, Message, Hint string

	message, hint *template.Template
}

// texts are the entries of findings.toml by their names.
var texts = readTexts(findingsFile)

// readTexts panics at a mistake in the file, which is a part of the program.
func readTexts(file string) map[string]*text {
	entries := make(map[string]*text)
	data, err := toml.Decode(file, &entries)
	if err != nil {
		panic("findings.toml: " + err.Error())
	}
	if unknown := data.Undecoded(); len(unknown) > 0 {
		panic(fmt.Sprintf("findings.toml: unknown: %v", unknown))
	}
	for name, t := range entries {
		t.message = parse(name+".message", t.Message)
		t.hint = parse(name+".hint", t.Hint)
	}
	return entries
}

func parse(name, source string) *template.Template {
	words := strings.Join(strings.Fields(source), " ")
	return template.Must(template.New(name).Option("missingkey=error").Parse(words))
}

// fields are filled into a text.
type fields map[string]any

// finding returns the finding with this name in findings.toml.
func finding(name string, values fields) []conf.Finding {
	t := texts[name]
	if t == nil {
		panic("findings.toml: there is no entry " + name)
	}
	level := conf.LevelWarning
	if t.ID[0] == 'E' {
		level = conf.LevelError
	}
	return []conf.Finding{{
		Level: level, ID: "jamsession." + t.ID,
		Message: fill(t.message, values), Hint: fill(t.hint, values),
	}}
}

// fill panics at a field that no value was given for; a test fills every text.
func fill(t *template.Template, values fields) string {
	var out strings.Builder
	if err := t.Execute(&out, values); err != nil {
		panic("findings.toml: " + err.Error())
	}
	return out.String()
}

func notUnderstood(name string) []conf.Finding {
	return finding("not_understood", fields{"Name": name})
}
