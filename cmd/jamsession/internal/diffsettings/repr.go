package diffsettings

import (
	"errors"
	"strconv"
	"strings"
)

// Bytes is a Python bytes object.
type Bytes string

// An Opaque is a value whose repr is not a literal, such as that of an
// object.
type Opaque struct{}

// A Call is a repr in the form of a call, such as PosixPath('/srv/site').
type Call struct {
	Name string
	Args []any // those without a name
}

// A Dict is a Python dict. Of two equal keys the last one counts.
type Dict []Pair

// A Pair is an item of a [Dict].
type Pair struct{ Key, Value any }

// Get returns the value of a key that is text.
func (d Dict) Get(key string) (value any, ok bool) {
	for _, p := range d {
		if p.Key == key {
			value, ok = p.Value, true
		}
	}
	return value, ok
}

var errSyntax = errors.New("diffsettings: not the repr of a Python value")

// maxDepth bounds how deep values may nest.
const maxDepth = 100

// Parse reads the repr of one value. Lists, tuples and sets become []any. An
// integer of more than 64 bits is [Opaque]. Errors do not show the text.
func Parse(text string) (any, error) {
	p := &parser{rest: text}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); p.rest != "" {
		return nil, errSyntax
	}
	return value, nil
}

type parser struct{ rest string }

func (p *parser) skipSpace() { p.rest = strings.TrimLeft(p.rest, " ") }

// take removes a prefix, and reports whether it was there.
func (p *parser) take(prefix string) bool {
	p.skipSpace()
	rest, ok := strings.CutPrefix(p.rest, prefix)
	p.rest = rest
	return ok
}

func (p *parser) value(depth int) (any, error) {
	p.skipSpace()
	if p.rest == "" || depth > maxDepth {
		return nil, errSyntax
	}
	switch c := p.rest[0]; {
	case c == '\'' || c == '"':
		return p.text()
	case strings.HasPrefix(p.rest, "b'") || strings.HasPrefix(p.rest, `b"`):
		p.rest = p.rest[1:]
		return p.bytes()
	case c == '[':
		return p.list("[", "]", depth)
	case c == '(':
		return p.list("(", ")", depth)
	case c == '{':
		return p.braces(depth)
	case c == '<':
		return Opaque{}, p.object()
	case c == '-' || c == '.' || '0' <= c && c <= '9':
		return p.number()
	}
	return p.name(depth)
}

// list reads values with commas between them. One may follow the last.
func (p *parser) list(open, end string, depth int) ([]any, error) {
	p.take(open)
	if p.take(end) {
		return []any{}, nil
	}
	first, err := p.value(depth + 1)
	if err != nil {
		return nil, err
	}
	return p.listFrom(first, end, depth)
}

// listFrom reads what follows the first value of a list.
func (p *parser) listFrom(first any, end string, depth int) ([]any, error) {
	values := []any{first}
	for !p.take(end) {
		if !p.take(",") {
			return nil, errSyntax
		}
		if p.take(end) {
			break
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// braces reads a dict or a set, which differ behind the first value.
func (p *parser) braces(depth int) (any, error) {
	p.take("{")
	if p.take("}") {
		return Dict{}, nil
	}
	first, err := p.value(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.take(":") {
		return p.dictFrom(first, depth)
	}
	return p.listFrom(first, "}", depth)
}

// dictFrom reads what follows the first colon of a dict.
func (p *parser) dictFrom(key any, depth int) (Dict, error) {
	var d Dict
	for {
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		d = append(d, Pair{key, value})
		if p.take("}") {
			return d, nil
		}
		if !p.take(",") {
			return nil, errSyntax
		}
		if key, err = p.value(depth + 1); err != nil {
			return nil, err
		}
		if !p.take(":") {
			return nil, errSyntax
		}
	}
}

// number reads an integer or a float.
func (p *parser) number() (any, error) {
	n := strings.IndexFunc(p.rest, func(c rune) bool { return !strings.ContainsRune("0123456789.+-einf", c) })
	if n < 0 {
		n = len(p.rest)
	}
	text := p.rest[:n]
	p.rest = p.rest[n:]
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, nil
	} else if errors.Is(err, strconv.ErrRange) {
		return Opaque{}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, errSyntax
	}
	return f, nil
}

// name reads a constant, a call or a dotted name.
func (p *parser) name(depth int) (any, error) {
	n := strings.IndexFunc(p.rest, func(c rune) bool {
		return c != '_' && c != '.' && (c < '0' || '9' < c) && (c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c)
	})
	if n < 0 {
		n = len(p.rest)
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	switch name {
	case "":
		return nil, errSyntax
	case "None":
		return nil, nil
	case "True", "False":
		return name == "True", nil
	}
	if !strings.HasPrefix(p.rest, "(") {
		return Opaque{}, nil
	}
	return p.call(name, depth)
}

// call reads the arguments of a call, of which some may have names.
func (p *parser) call(name string, depth int) (any, error) {
	p.take("(")
	c := Call{Name: name}
	for first := true; !p.take(")"); first = false {
		if !first && !p.take(",") {
			return nil, errSyntax
		}
		if !first && p.take(")") {
			break
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.take("=") {
			c.Args = append(c.Args, value)
		} else if _, err := p.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// object passes over the repr of an object, such as <function f at 0x7f>,
// which may hold others, and texts.
func (p *parser) object() error {
	for depth := 0; p.rest != ""; {
		switch c := p.rest[0]; {
		case c == '<':
			depth++
		case c == '>':
			depth--
		case c == '\'' || c == '"':
			if closed, err := p.quoted(); err == nil {
				p.rest = closed
				continue
			}
		}
		p.rest = p.rest[1:]
		if depth == 0 {
			return nil
		}
	}
	return errSyntax
}

// quoted returns what follows the literal of a text.
func (p *parser) quoted() (after string, err error) {
	q := parser{rest: p.rest}
	_, err = q.text()
	return q.rest, err
}
