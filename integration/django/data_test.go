package django

import (
	"strings"
	"testing"
)

// everything has each type of JSON, and what Python and Go write differently.
var everything = `{"int":1,"one":1.0,"minus":-0.0,"tiny":1e-07,"huge":1e+16,"big":` +
	strings.Repeat("1234567890", 40) + `,"negative":-` + strings.Repeat("9", 400) +
	`,"nan":NaN,"inf":Infinity,"ninf":-Infinity,"yes":true,"no":false,"none":null,"empty":"",` +
	`"text":"\u00e4\u20ac \ud83d\ude00 \u2028 </script> \"\\\n\u0000","lone":"\ud800",` +
	`"list":[1,[2.0,[3,{"deep":[null,[]]}]],{}],"dict":{"z":1,"a":{"b":[1.5,"x"]},"":0},` +
	`"n":1,"gone":[1],"\u00fc key":"k"}`

// tryData: what one side has written, the other reads, and changes in part;
// the rest stays byte for byte.
func tryData(t *testing.T, x exchange) {
	b := newBrowser(t)
	is(t, "written by "+x.from.name, b.post(x.from, "/items", "items", everything), everything)
	is(t, "read by "+x.to.name, b.get(x.to, "/items"), everything)
	changed := strings.Replace(everything, `"n":1,"gone":[1]`, `"n":[2.0]`, 1)
	changed = strings.TrimSuffix(changed, "}") + `,"new":{"a":1e+100}}`
	is(t, "changed by "+x.to.name,
		b.post(x.to, "/items", "items", `{"n":[2.0],"new":{"a":1e+100}}`, "delete", "gone"), changed)
	is(t, "read again by "+x.from.name, b.get(x.from, "/items"), changed)
	is(t, "read again by "+x.to.name, b.get(x.to, "/items"), changed)
}
