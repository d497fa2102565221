package rawjson_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

func TestNamesThatDifferInALoneSurrogateStayApart(t *testing.T) {
	const text = `{"\ud800":1,"\ud801":2,"\ufffd":3,"x\udfff":4}`
	o, err := rawjson.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(o.AppendTo(nil)); got != text {
		t.Errorf("got %s, want %s", got, text)
	}
	var copied rawjson.Object
	for name, value := range o.All() {
		if got, ok := o.Get(name); !ok || string(got) != string(value) {
			t.Errorf("%q: got %s, %v", name, got, ok)
		}
		copied.Set(name, value)
	}
	if got := string(copied.AppendTo(nil)); got != text {
		t.Errorf("the copy is %s, want %s", got, text)
	}
}

func TestANameThatIsNotUTF8IsFoundAgain(t *testing.T) {
	for _, name := range []string{"\xff", "a\xed\xa0", "\xed\xa0\xbd\xed\xb8\x80", "\xed\xa0\x80\xff"} {
		var o rawjson.Object
		o.Set(name, []byte("1"))
		o.Set(name, []byte("2"))
		if got, ok := o.Get(name); o.Len() != 1 || !ok || string(got) != "2" {
			t.Errorf("%q: %s", name, o.AppendTo(nil))
		}
	}
}

type selfWritten int

func (selfWritten) MarshalJSON() ([]byte, error) { return []byte(`"red"`), nil }

type selfNamed string

func (selfNamed) MarshalText() ([]byte, error) { return []byte("up"), nil }

type alwaysZero struct{ N int }

func (*alwaysZero) IsZero() bool { return true }

func TestAppendValueFollowsTheTagsOfTypesWithMethods(t *testing.T) {
	got, err := rawjson.AppendValue(nil, struct {
		C selfWritten `json:",string"`
		F selfNamed   `json:",string"`
		N alwaysZero  `json:",omitzero"`
		P *alwaysZero `json:",omitzero"`
	}{1, "x", alwaysZero{4}, &alwaysZero{4}})
	if want := `{"C":"red","F":"up"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
