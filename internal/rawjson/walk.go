package rawjson

// A Visitor is told what a text says, from its begin to its end. An error
// ends the walk.
type Visitor interface {
	// Scalar is told a text, number or word, as it stands.
	Scalar(text []byte) error

	// Begin and End are told an array, '[', or an object, '{', around what
	// is told between them.
	Begin(kind byte) error
	End(kind byte) error

	// Name is told the name, with its quotes, of the value that follows. Of
	// equal names the last value counts.
	Name(text []byte) error
}

// Walk tells a visitor what a valid text says. It looks at each byte once,
// however deep it is nested.
func Walk(text []byte, v Visitor) error { return (&scanner{src: text}).walk(v) }

func (s *scanner) walk(v Visitor) error {
	switch s.peek() {
	case '[':
		return s.walkThrough(v, '[', ']', func() error { return s.walk(v) })
	case '{':
		return s.walkThrough(v, '{', '}', func() error {
			name, err := s.name()
			if err != nil {
				return err
			}
			if err := v.Name(name); err != nil {
				return err
			}
			return s.walk(v)
		})
	}
	start := s.pos
	if err := s.value(); err != nil {
		return err
	}
	return v.Scalar(s.src[start:s.pos])
}

func (s *scanner) walkThrough(v Visitor, kind, closing byte, element func() error) error {
	if err := v.Begin(kind); err != nil {
		return err
	}
	if err := s.nested(closing, element); err != nil {
		return err
	}
	return v.End(kind)
}
