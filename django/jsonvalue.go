package django

import (
	"fmt"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// decodeJSON returns the items in what a JSON serializer has written. Most write
// ASCII only; text beyond it is UTF-8, and becomes escapes.
func decodeJSON(data []byte) ([]byte, error) {
	if len(data) > rawjson.MaxSize {
		return nil, fmt.Errorf("django: json: %w: %d bytes, at most %d",
			session.ErrTooLarge, len(data), rawjson.MaxSize)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%w: JSON that is not UTF-8", session.ErrCorrupt)
	}
	beyond := 0
	for _, c := range data {
		if c >= utf8.RuneSelf {
			beyond++
		}
	}
	if beyond == 0 {
		return data, nil
	}
	text := make([]byte, 0, len(data)+2*beyond)
	var quoted []byte
	for _, r := range string(data) {
		if r < utf8.RuneSelf {
			text = append(text, byte(r))
			continue
		}
		quoted = rawjson.AppendString(quoted[:0], string(r))
		text = append(text, quoted[1:len(quoted)-1]...)
	}
	return text, nil
}
