package rawjson_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// program reads texts in hex, one per line, as Django reads stored sessions,
// and answers with what it would write, with "lone surrogate", which no Go
// string can hold, or with an empty line for no object.
const program = `
import json, sys
for line in sys.stdin:
    try:
        value = json.loads(bytes.fromhex(line).decode("latin-1"))
        if not isinstance(value, dict):
            raise ValueError
        json.dumps(value, ensure_ascii=False).encode()
        print(json.dumps(value, separators=(",", ":")))
    except UnicodeEncodeError:
        print("lone surrogate")
    except ValueError:
        print()
`

// askPython returns its answers to the texts.
func askPython(t *testing.T, texts []string) []string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to compare with")
	}
	var in bytes.Buffer
	for _, text := range texts {
		fmt.Fprintln(&in, hex.EncodeToString([]byte(text)))
	}
	cmd := exec.Command(python, "-c", program)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(texts) {
		t.Fatalf("%d answers to %d texts", len(answers), len(texts))
	}
	return answers
}

func TestPythonReadsAndRefusesTheSame(t *testing.T) {
	var texts []string
	for _, value := range append(append([]string{}, sound...), unsound...) {
		texts = append(texts, `{"k":`+value+`}`, value, "["+value+"]", `{"k":[`+value+`]}`)
	}
	g := generator{rand.New(rand.NewPCG(1, 2))}
	for range 500 {
		text := g.object(3)
		texts = append(texts, text, g.damaged(text), g.damaged(text), g.damaged(g.damaged(text)))
	}
	accepted := 0
	for i, answer := range askPython(t, texts) {
		o, err := rawjson.Parse([]byte(texts[i]))
		if (err == nil) != (answer != "") {
			t.Errorf("%q: got %v, Python says %q", texts[i], err, answer)
		}
		if err != nil || answer == "" || answer == "lone surrogate" {
			continue
		}
		accepted++
		if got := rewrite(t, text(&o)); got != answer {
			t.Errorf("%q:\nwe write     %s\nPython writes %s", texts[i], got, answer)
		}
	}
	if accepted < 500 {
		t.Errorf("only %d texts were accepted", accepted)
	}
}

func TestPythonWritesTheSame(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(3, 4))}
	var texts []string
	for range 1000 {
		texts = append(texts, encode(t, map[string]any{
			"float": g.float(), "int": int64(g.Uint64()), "string": g.goString(),
			"list": []any{g.float(), float64(g.IntN(1 << 30)), g.goString(), true, nil},
		}))
	}
	for i, answer := range askPython(t, texts) {
		if texts[i] != answer {
			t.Errorf("\nwe write     %s\nPython writes %s", texts[i], answer)
		}
	}
}

// A generator makes values and texts, the same ones each time.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g generator) space() string { return g.pick("", "", "", " ", "\n", "\t\r ") }

func (g generator) float() float64 {
	switch g.IntN(4) {
	case 0:
		return math.Float64frombits(g.Uint64())
	case 1: // near where the notation changes
		return (g.Float64() + 0.5) * math.Pow10(g.IntN(26)-8)
	case 2:
		return math.Pow10(g.IntN(40) - 20)
	default:
		return math.Round(g.NormFloat64() * 1e6)
	}
}

func (g generator) goString() string {
	var s strings.Builder
	for range g.IntN(8) {
		switch g.IntN(4) {
		case 0:
			s.WriteByte(byte(g.IntN(128)))
		case 1:
			s.WriteRune(rune(g.IntN(0x110000))) // surrogates become U+FFFD
		case 2:
			s.WriteRune(rune(g.IntN(0x800)))
		default:
			s.WriteString(g.pick("abc", `"`, `\`, "/", "\n", "😀", "\u2028", "\x7f"))
		}
	}
	return s.String()
}

func (g generator) str() string {
	var s strings.Builder
	for range g.IntN(5) {
		s.WriteString(g.pick("a", "xyz", `\n`, `\"`, `\\`, `\/`, `\u0041`, `\u00E9`, `\ud83d\ude00`,
			"\xe9", "\xc3\xa9", "\x7f", " ", ",", ":", "{", "]"))
	}
	return `"` + s.String() + `"`
}

func (g generator) value(depth int) string {
	switch n := g.IntN(8); {
	case n == 0 && depth > 0:
		return g.object(depth - 1)
	case n == 1 && depth > 0:
		return g.list('[', ']', func() string { return g.value(depth - 1) })
	case n <= 3:
		return g.str()
	case n == 4:
		return g.pick("true", "false", "null", "NaN", "Infinity", "-Infinity")
	default:
		return g.pick("", "-") + g.pick("0", "1", "12", "9007199254740993", strings.Repeat("7", 50)) +
			g.pick("", "", ".0", ".5", ".125") + g.pick("", "", "e5", "E-7", "e+20", "e400")
	}
}

func (g generator) object(depth int) string {
	return g.list('{', '}', func() string {
		return g.pick(`"a"`, `"b"`, `"\u0061"`, g.str()) + g.space() + ":" + g.space() + g.value(depth)
	})
}

func (g generator) list(opening, closing byte, element func() string) string {
	s := []byte{opening}
	for i := range g.IntN(5) {
		if i > 0 {
			s = append(s, ',')
		}
		s = append(s, g.space()+element()+g.space()...)
	}
	return string(append(s, closing))
}

// damaged changes, drops or doubles one byte.
func (g generator) damaged(text string) string {
	i := g.IntN(len(text) + 1)
	with := g.pick("", ",", `"`, `\`, "0", "1", ".", "e", "-", "{", "}", "[", "]", ":", "\n", "\x01", "u", " ", "\xe9")
	if i == len(text) || g.IntN(2) == 0 {
		return text[:i] + with + text[i:]
	}
	return text[:i] + with + text[i+1:]
}
