package django

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// everything has each type of JSON, and what Python and Go write differently.
var everything = `{"int":1,"one":1.0,"minus":-0.0,"tiny":1e-07,"huge":1e+16,"big":` +
	strings.Repeat("1234567890", 40) + `,"negative":-` + strings.Repeat("9", 400) +
	`,"nan":NaN,"inf":Infinity,"ninf":-Infinity,"yes":true,"no":false,"none":null,"empty":"",` +
	`"text":"\u00e4\u20ac \ud83d\ude00 \u2028 </script> \"\\\n\u0000","lone":"\ud800",` +
	`"list":[1,[2.0,[3,{"deep":[null,[]]}]],{}],"dict":{"z":1,"a":{"b":[1.5,"x"]},"":0},` +
	`"n":1,"gone":[1],"\u00fc key":"k"}`

// narrow leaves out what msgpack cannot have: integers of more than 64 bits, and half characters.
var narrow = regexp.MustCompile(`"(?:big|negative)":-?\d+,|"lone":"[^"]*",`)

// tryData: what one side has written, the other reads, and changes in part;
// the rest stays byte for byte.
func tryData(t *testing.T, x exchange) {
	everything := everything
	if x.engine.inMsgpack() {
		everything = narrow.ReplaceAllString(everything, "")
	}
	b := newBrowser(t)
	says := func(what, got, want string) { t.Helper(); is(t, what, x.engine.compact(t, got), want) }
	says("written by "+x.from.name, b.post(x.from, "/items", "items", everything), everything)
	says("read by "+x.to.name, b.get(x.to, "/items"), everything)
	changed := strings.Replace(everything, `"n":1,"gone":[1]`, `"n":[2.0]`, 1)
	changed = strings.TrimSuffix(changed, "}") + `,"new":{"a":1e+100}}`
	says("changed by "+x.to.name,
		b.post(x.to, "/items", "items", `{"n":[2.0],"new":{"a":1e+100}}`, "delete", "gone"), changed)
	says("read again by "+x.from.name, b.get(x.from, "/items"), changed)
	says("read again by "+x.to.name, b.get(x.to, "/items"), changed)
}

// compact leaves out the spaces that the JSON of django-redis has, which Go keeps.
func (e engine) compact(t *testing.T, text string) string {
	t.Helper()
	if !strings.HasPrefix(e.name, "JSON") {
		return text
	}
	shorter, err := rawjson.AppendValue(nil, json.RawMessage(text))
	if err != nil {
		t.Errorf("%v: %s", err, text)
	}
	return string(shorter)
}
