package sqlusers

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/uuidtext"
)

// A key is the primary key of the table of users: its column, and how the text in an [auth.User.ID],
// which a session holds, becomes what the column has, and back. One row has one text, whatever other
// spellings of it are accepted.
type key struct {
	column string // quoted
	kind   keyKind
	on     djangodb.Dialect
	djangodb.Field
}

// A keyKind is what the keys are.
type keyKind int

const (
	integerKey keyKind = iota
	uuidKey            // in a column of this type
	hexKey             // a UUID as 32 hex digits
	textKey
)

// keyTypes are the words for them in Model.KeyType.
var keyTypes = map[keyKind]string{integerKey: "integer", uuidKey: "uuid", hexKey: "uuid", textKey: "text"}

// param is the parameter for a key, before Rebind. A session may name a user that the column could not
// hold.
func (k key) param() string {
	switch k.kind {
	case integerKey:
		return k.on.BigInt()
	case uuidKey:
		return k.on.UUID()
	default:
		return "?"
	}
}

// is returns the condition that a column of this type, quoted, is a key; bind what args returns.
func (k key) is(column string) string {
	if k.kind == textKey {
		return k.on.SameKey(column)
	}
	return column + " = " + k.param()
}

// args returns what to bind for the row with this ID. Its error is [auth.ErrInvalidUserID] if no row
// can have it.
func (k key) args(id string) ([]any, error) {
	switch k.kind {
	case integerKey:
		n, err := strconv.ParseInt(id, 10, 64)
		if err == nil {
			return []any{n}, nil
		}
	case uuidKey:
		if u, ok := uuidtext.Parse(id); ok {
			return []any{u.String()}, nil
		}
	case hexKey:
		if u, ok := uuidtext.Parse(id); ok {
			return []any{u.Hex()}, nil
		}
	case textKey:
		if isKeyText(id) {
			return k.on.KeyArgs(nil, id), nil
		}
	}
	return nil, auth.ErrInvalidUserID
}

// isKeyText reports whether a text can be a key. Longer ones have no place among the floors of logins.
func isKeyText(id string) bool {
	return id != "" && !longer(id, maxFloorID) && utf8.ValidString(id) && !strings.ContainsRune(id, 0)
}

// canonical returns the one text of a key; a text that can be none stays as it is.
func (k key) canonical(id string) string {
	switch k.kind {
	case integerKey:
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			return strconv.FormatInt(n, 10)
		}
	case uuidKey, hexKey:
		if u, ok := uuidtext.Parse(id); ok {
			return u.String()
		}
	}
	return id
}

// read is the expression by which a row's key is selected, for a keyText.
func (k key) read() string {
	if k.kind == uuidKey && k.on == djangodb.PostgreSQL {
		return k.on.Text(k.column) // not every driver knows the type
	}
	return k.column
}

// text is the SQL expression for the canonical text of the key in a column.
func (k key) text(column string) string {
	switch k.kind {
	case hexKey:
		return k.on.HexText(column)
	case textKey:
		return k.on.KeyText(column)
	default:
		return k.on.Text(column)
	}
}

// A keyText scans a key, and has its text then.
type keyText struct {
	kind keyKind
	text string
}

// Scan implements sql.Scanner.
func (t *keyText) Scan(src any) error {
	switch v := src.(type) {
	case int64:
		t.text = strconv.FormatInt(v, 10)
	case string:
		t.text = v
	case []byte:
		t.text = string(v)
	default:
		return fmt.Errorf("a column of keys holds a %T", src)
	}
	if t.kind == uuidKey || t.kind == hexKey {
		if u, ok := uuidtext.Parse(t.text); ok {
			t.text = u.String()
		}
	}
	return nil
}

// first is what no key is below.
func (k key) first() string {
	switch k.kind {
	case integerKey:
		return strconv.FormatInt(math.MinInt64, 10)
	case textKey:
		return ""
	default:
		return uuidtext.UUID{}.String()
	}
}

// from returns what to bind for the keys that follow one, and the one itself.
func (k key) from(id string) any {
	if k.kind == textKey {
		return id // the empty one, too
	}
	args, err := k.args(id)
	if err != nil {
		return nil // comes from a row
	}
	return args[0]
}

// compare orders the texts of two keys as the table has them.
func (k key) compare(a, b string) int {
	if k.kind != integerKey {
		return cmp.Compare(a, b)
	}
	m, _ := strconv.ParseInt(a, 10, 64) // scan has written both
	n, _ := strconv.ParseInt(b, 10, 64)
	return cmp.Compare(m, n)
}

// between returns a random text from the first key to the last. There need not be such a key.
func (k key) between(first, last string) (string, error) {
	switch k.kind {
	case integerKey:
		from, _ := strconv.ParseInt(first, 10, 64)
		to, _ := strconv.ParseInt(last, 10, 64)
		offset, err := rand.Int(rand.Reader, big.NewInt(max(1, to-from+1)))
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(from+offset.Int64(), 10), nil
	case textKey:
		return textBetween(first, last)
	default:
		return uuidBetween(first, last)
	}
}

// uuidBetween takes them for numbers. A database may have another order: then any UUID does.
func uuidBetween(first, last string) (string, error) {
	a, _ := uuidtext.Parse(first)
	b, _ := uuidtext.Parse(last)
	from, to := new(big.Int).SetBytes(a[:]), new(big.Int).SetBytes(b[:])
	size := new(big.Int).Add(new(big.Int).Sub(to, from), big.NewInt(1))
	if size.Sign() <= 0 {
		return uuidtext.New().String(), nil
	}
	offset, err := rand.Int(rand.Reader, size)
	if err != nil {
		return "", err
	}
	var id uuidtext.UUID
	from.Add(from, offset).FillBytes(id[:])
	return id.String(), nil
}

// textBetween begins with what both begin with, goes on with a sign between those in which they
// differ, and ends with digits and letters.
func textBetween(first, last string) (string, error) {
	const signs = "0123456789abcdefghijklmnopqrstuvwxyz"
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] && first[n] < utf8.RuneSelf {
		n++
	}
	low, high := byte(' '), byte('~')
	if n < len(first) {
		low = max(low, min(first[n], high))
	}
	if n < len(last) {
		high = max(low, min(last[n], high))
	}
	random := make([]byte, 9)
	_, _ = rand.Read(random) // it never fails
	text := append([]byte(first[:n]), low+random[0]%(high-low+1))
	for _, b := range random[1:] {
		text = append(text, signs[int(b)%len(signs)])
	}
	return string(text), nil
}
