package main

import (
	"strings"
	"testing"
)

func TestUsernamesThatDjangoTakes(t *testing.T) {
	for name, want := range map[string]bool{
		"ann": true, "Änn.Ó-1@x+y_z": true, "王٣Ⅷ": true, strings.Repeat("é", 150): true,
		strings.Repeat("a", 151): false, "": false, "a b": false, "a\n": false,
		"a/b": false, "a\xff": false, "a\u0301": false,
	} {
		if isUsername(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
