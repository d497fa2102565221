package pystr_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"github.com/jamsession/jamsession/auth/internal/pystr"
	"github.com/jamsession/jamsession/internal/djangotest"
)

func TestLower(t *testing.T) {
	for text, want := range map[string]string{
		"İSTANBUL": "i̇stanbul", "ı": "ı", "I": "i",
		"ΟΔΟΣ": "οδος", "ΟΔΟΣ ΣΑΣ": "οδος σας", "ΟΔΟΣ.": "οδος.", "Σ": "σ", "ΑΣ\u0301": "ας\u0301",
		"ΑΣ1Α": "ας1α", "ΑΣ'Α": "ασ'α", "1Σ": "1σ", "ΣΑ": "σα", "ẞ": "ß", "ᏸ": "ᏸ", "": "",
	} {
		if got := pystr.Lower(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestStrip(t *testing.T) {
	for text, want := range map[string]string{
		" \t\n\x1c\x1f\u0085\u00a0\u2028\u3000a b\x1d ": "a b", "\u200ba": "\u200ba", "\x1b": "\x1b", " ": "",
	} {
		if got := pystr.Strip(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestPythonAgrees about the characters that its Unicode has, alone and on both sides of a sigma,
// except those of scripts with thousands of letters and one case.
func TestPythonAgrees(t *testing.T) {
	var questions []string
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.In(r, unicode.Cs, unicode.Co, unicode.Han, unicode.Hangul, unicode.Tangut,
			unicode.Cuneiform, unicode.Egyptian_Hieroglyphs) || !unicode.In(r, unicode.L, unicode.M, unicode.N,
			unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf) {
			continue
		}
		c := string(r)
		questions = append(questions, c, "Α"+c+"Σ", "ΑΣ"+c, "ΑΣ"+c+"Α", c+"Σ")
	}
	const program = `
import json, sys, unicodedata
texts = json.load(sys.stdin)
known = lambda s: all(unicodedata.category(c) not in ("Cn", "Co") for c in s)
json.dump([[s.lower(), s.strip()] if known(s) else None for s in texts], sys.stdout)`
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	python := exec.Command(djangotest.Python(t), "-c", program)
	python.Stdin = bytes.NewReader(in)
	out, err := python.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]string
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i, text := range questions {
		if answers[i] == nil {
			continue
		}
		lower, stripped := pystr.Lower(text), pystr.Strip(text)
		if lower == answers[i][0] && stripped == answers[i][1] || modifier(text) {
			continue
		}
		if wrong++; wrong < 30 {
			t.Errorf("%+q: lower %+q, want %+q; strip %+q, want %+q",
				text, lower, answers[i][0], stripped, answers[i][1])
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d are wrong", wrong, len(questions))
	}
}

// modifier reports whether text is a modifier letter and a sigma: Unicode says of these letters both
// that they have a case and that case ignores them, and Python ignores them.
func modifier(text string) bool {
	before, found := strings.CutSuffix(text, "Σ")
	letter := []rune(before)
	return found && len(letter) == 1 && unicode.In(letter[0], unicode.Lm, unicode.Other_Lowercase)
}
