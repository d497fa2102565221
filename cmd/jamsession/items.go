package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/secretitem"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// decodeItems returns the items of a record.
func decodeItems(site *site.Site, rec session.Record) (rawjson.Object, error) {
	text, err := site.Sessions.Items(rec)
	if err != nil {
		return rawjson.Object{}, err
	}
	return rawjson.Parse(text)
}

// hideSecrets replaces the values of items that are secret.
func hideSecrets(items *rawjson.Object) {
	var names []string
	for name := range items.All() {
		if secretitem.Is(name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		items.Set(name, []byte(`"(secret, see --reveal)"`))
	}
}

// writeItems writes the items as JSON on many lines.
func writeItems(w io.Writer, items rawjson.Object) error {
	var text bytes.Buffer
	if err := json.Indent(&text, asJSON(items), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, &text)
	return err
}

// asJSON returns the items, in their order, as JSON that does nothing to a
// terminal. Values that only Python takes for JSON, such as NaN, become text.
func asJSON(items rawjson.Object) []byte {
	shown := items.Clone()
	for name, raw := range items.All() {
		if !json.Valid(raw) {
			shown.Set(name, strconv.AppendQuoteToASCII(nil, string(raw)))
		}
	}
	return legibleJSON(shown.AppendTo(nil))
}
