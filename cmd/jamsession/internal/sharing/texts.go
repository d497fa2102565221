package sharing

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"github.com/BurntSushi/toml"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/tomltext"
	"github.com/jamsession/jamsession/internal/conf"
)

//go:embed findings.toml
var findingsFile string

// A text is an entry of findings.toml. Of the last four, which are lines to
// paste, it has those that help.
type text struct {
	ID, Message, Hint string

	Settings []string // names: their lines for jamsession.toml
	Python   string   // for Django's settings
	Go       string
	Shell    string

	message, hint, python, golang, shell *template.Template
}

// texts are the entries of findings.toml by their names. Most commands need none of them.
var texts = sync.OnceValue(func() map[string]*text { return readTexts(findingsFile) })

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
		t.message = parse(name+".message", words(t.Message))
		t.hint = parse(name+".hint", words(t.Hint))
		t.python = parse(name+".python", t.Python)
		t.golang = parse(name+".go", t.Go)
		t.shell = parse(name+".shell", t.Shell)
	}
	return entries
}

// words undoes the breaks of lines.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

func parse(name, source string) *template.Template {
	t := template.New(name).Funcs(quotes).Option("missingkey=error")
	return template.Must(t.Parse(strings.TrimSpace(source)))
}

// quotes write what a Django site says as a text of a language.
var quotes = template.FuncMap{"py": strconv.QuoteToASCII, "go": strconv.Quote}

// fields are filled into a text.
type fields map[string]any

// finding returns the finding with this name in findings.toml.
func (s site) finding(name string, values fields) []conf.Finding {
	t := texts()[name]
	if t == nil {
		panic("findings.toml: there is no entry " + name)
	}
	level := conf.LevelWarning
	if t.ID[0] == 'E' {
		level = conf.LevelError
	}
	return []conf.Finding{{
		Level: level, ID: "jamsession." + t.ID,
		Message: fill(t.message, values), Hint: fill(t.hint, values), Paste: s.paste(t, values),
	}}
}

// paste returns the lines to paste, each part below a comment that says where.
func (s site) paste(t *text, values fields) string {
	var parts []string
	lines := s.linesFor(t.Settings...)
	if len(t.Settings) > 1 { // without those that nobody has to write
		lines = slices.DeleteFunc(lines, func(l line) bool {
			return l.isDefault() && s.here.Get(l.name) == tomltext.Read(l.value)
		})
	}
	if len(lines) > 0 {
		part := "# " + conf.DefaultFile
		for _, l := range lines {
			part += "\n" + l.String()
		}
		parts = append(parts, part)
	}
	for _, p := range []struct {
		comment string
		lines   *template.Template
	}{
		{"# settings.py of Django", t.python}, {"// Go", t.golang}, {"# a shell", t.shell},
	} {
		if lines := fill(p.lines, values); lines != "" {
			parts = append(parts, p.comment+"\n"+lines)
		}
	}
	return strings.Join(parts, "\n\n")
}

// fill panics at a field that no value was given for; a test fills every text.
func fill(t *template.Template, values fields) string {
	var out strings.Builder
	if err := t.Execute(&out, values); err != nil {
		panic("findings.toml: " + err.Error())
	}
	return out.String()
}

func (s site) notUnderstood(name string) []conf.Finding {
	return s.finding("not_understood", fields{"Name": name})
}
