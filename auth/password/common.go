package password

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // for the list
	"fmt"
	"io"
	"strings"
	"sync"
)

// commonList has the 20 000 passwords that were found most often in leaked
// databases, one per line, in lower case. Royce Williams compiled it for free
// use; it is the list that Django ships.
//
//go:embed common.txt.gz
var commonList []byte

var builtIn = sync.OnceValue(func() common {
	lines, err := gzip.NewReader(bytes.NewReader(commonList))
	if err == nil {
		var list common
		if list, err = readCommon(lines); err == nil {
			return list
		}
	}
	panic("password: the list of common passwords is damaged: " + err.Error())
})

// NotCommon returns the validator that refuses passwords that many people use,
// in any case: "password_too_common". The list has one password per line;
// spaces around them and their case do not matter. Nil is Django's list of 20
// 000; it takes 2 MB of memory from its first use on. The error is that of the
// reader, or says that a line is longer than 64 KiB. (Django:
// CommonPasswordValidator.)
func NotCommon(list io.Reader) (Validator, error) {
	if list == nil {
		return notCommon{builtIn}, nil
	}
	passwords, err := readCommon(list)
	if err != nil {
		return nil, err
	}
	return notCommon{func() common { return passwords }}, nil
}

type notCommon struct{ list func() common }

// Validate implements [Validator].
func (n notCommon) Validate(password string, _ []Attribute) *Problem {
	if !n.list().has(password) {
		return nil
	}
	return &Problem{Code: "password_too_common", Message: "This password is too common."}
}

// Help implements [Validator].
func (notCommon) Help() string { return "Your password cannot be one that many people use." }

// common are the passwords of a list, folded.
type common map[string]struct{}

func readCommon(r io.Reader) (common, error) {
	list := make(common)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if password := fold(lines.Text()); password != "" {
			list[password] = struct{}{}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("password: NotCommon: %w", err)
	}
	return list, nil
}

func (c common) has(password string) bool {
	_, found := c[fold(password)]
	return found
}

func fold(password string) string { return strings.TrimSpace(strings.ToLower(password)) }
