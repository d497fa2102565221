package password

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // for the list
	"fmt"
	"io"
	"sync"

	"github.com/jamsession/jamsession/auth/internal/pystr"
)

// commonList has the passwords that were found most often in leaked databases, one per line, in
// lower case: the file common-passwords.txt of Django 5.2, which 6.1 has, too, packed anew. Royce
// Williams compiled the list for free use; Django ships it under its license, BSD with three clauses.
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
// spaces around them and their case do not matter. Nil is the list of
// Django 5.2 and 6.1, of 19,640; it takes 2 MB of memory from its first use on. The error is that of the
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

func fold(password string) string { return pystr.Strip(pystr.Lower(password)) }
