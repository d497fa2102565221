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

// commonList has 20 000 passwords, one per line, in lower case: those that
// were found most often in leaked databases. Royce Williams compiled it and
// gave it away; it is the list that Django ships.
//
//go:embed common.txt.gz
var commonList []byte

var builtIn = sync.OnceValue(func() *CommonList {
	lines, err := gzip.NewReader(bytes.NewReader(commonList))
	if err == nil {
		var list *CommonList
		if list, err = ReadCommonList(lines); err == nil {
			return list
		}
	}
	panic("password: the list of common passwords is damaged: " + err.Error())
})

// NotCommon refuses passwords that many people use, in whatever case:
// "password_too_common". (Django: CommonPasswordValidator.)
type NotCommon struct {
	// List has the passwords. Nil is a list of 20 000, the one that Django
	// has; it takes 2 MB of memory from its first use on.
	List *CommonList
}

// Validate implements [Validator].
func (n NotCommon) Validate(password string, _ []Attribute) *Problem {
	list := n.List
	if list == nil {
		list = builtIn()
	}
	if !list.has(password) {
		return nil
	}
	return &Problem{Code: "password_too_common", Message: "This password is too common."}
}

// Help implements [Validator].
func (NotCommon) Help() string { return "Your password cannot be one that many people use." }

// A CommonList is a list of passwords for [NotCommon]. Make one with
// [ReadCommonList]; it is safe for concurrent use.
type CommonList struct{ passwords map[string]struct{} }

// ReadCommonList reads passwords, one per line. Spaces around them and their
// case do not matter. Its error is that of the reader, or says that a line is
// longer than 64 KiB.
func ReadCommonList(r io.Reader) (*CommonList, error) {
	list := &CommonList{make(map[string]struct{})}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if password := fold(lines.Text()); password != "" {
			list.passwords[password] = struct{}{}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("password: common list: %w", err)
	}
	return list, nil
}

// Len returns how many different passwords the list has.
func (l *CommonList) Len() int { return len(l.passwords) }

func (l *CommonList) has(password string) bool {
	_, common := l.passwords[fold(password)]
	return common
}

func fold(password string) string { return strings.TrimSpace(strings.ToLower(password)) }
