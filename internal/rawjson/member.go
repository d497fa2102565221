package rawjson

import "bytes"

// A Member is a name and a value as they stand in the text.
type Member struct {
	name  []byte // with its quotes
	value []byte
	plain bool // name holds no escape and only ASCII
}

// NewMember returns a member for [Object.Put]. It fails as [AppendValue] does.
func NewMember(name string, v any) (Member, error) {
	room := len(name) + 32
	if s, ok := v.(string); ok {
		room += len(s)
	}
	text := appendName(make([]byte, 0, room), name)
	n := len(text)
	text, err := AppendValue(text, v)
	if err != nil {
		return Member{}, err
	}
	return Member{text[:n:n], text[n:len(text):len(text)], isPlain(text[:n])}, nil
}

// is reports whether the member has this name.
func (m *Member) is(name string) bool {
	if m.plain {
		return string(m.name[1:len(m.name)-1]) == name
	}
	return decodeName(m.name) == name
}

// sameName reports whether two members have one name, in whatever spelling.
func (m *Member) sameName(other Member) bool {
	if m.plain && other.plain {
		return bytes.Equal(m.name, other.name)
	}
	return decodeName(m.name) == decodeName(other.name)
}
