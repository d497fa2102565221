package rawjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// teller writes down what it is told, and fails at the word "stop".
type teller struct{ strings.Builder }

var errStop = errors.New("stop")

func (b *teller) told(what string, text []byte) error {
	b.WriteString(what + string(text) + " ")
	if string(text) == `"stop"` {
		return errStop
	}
	return nil
}

func (b *teller) Scalar(text []byte) error { return b.told("", text) }
func (b *teller) Name(text []byte) error   { return b.told("name ", text) }
func (b *teller) Begin(kind byte) error    { return b.told("begin ", []byte{kind}) }
func (b *teller) End(kind byte) error      { return b.told("end ", []byte{kind}) }

func TestWalkTellsEachPartOnce(t *testing.T) {
	for text, want := range map[string]string{
		`1.0`:   `1.0`,
		`[]`:    `begin [ end [`,
		` { } `: `begin { end {`,
		`{"a" : [1, -Infinity , "x,]"], "a":{"b":null}}`: `begin { name "a" begin [ 1 -Infinity "x,]" end [ ` +
			`name "a" begin { name "b" null end { end {`,
	} {
		var told teller
		if err := rawjson.Walk([]byte(strings.TrimSpace(text)), &told); err != nil || strings.TrimSpace(told.String()) != want {
			t.Errorf("%s: told %s, %v", text, &told, err)
		}
	}
}

func TestWalkEndsAtAnError(t *testing.T) {
	for _, text := range []string{`["stop",1]`, `{"stop":1}`, `[[["stop"]],1]`} {
		var told teller
		if err := rawjson.Walk([]byte(text), &told); !errors.Is(err, errStop) || strings.Contains(told.String(), "1") {
			t.Errorf("%s: told %s, %v", text, &told, err)
		}
	}
}

func TestWalkHasALimitOfDepth(t *testing.T) {
	deep := strings.Repeat("[", rawjson.MaxDepth+1) + strings.Repeat("]", rawjson.MaxDepth+1)
	if err := rawjson.Walk([]byte(deep), &teller{}); !errors.Is(err, rawjson.ErrLimit) {
		t.Errorf("error %v, want ErrLimit", err)
	}
}

func TestStringSizeIsWhatIsAppended(t *testing.T) {
	all := make([]byte, 0, 128)
	for c := range byte(128) {
		all = append(all, c)
	}
	for _, s := range []string{"", string(all), "é\u0080я\uffff\U0001f600", "\xed\xa0\x80x\xed\xbf\xbf"} {
		if got, want := rawjson.StringSize(s), len(rawjson.AppendString(nil, s)); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}
