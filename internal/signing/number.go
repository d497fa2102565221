package signing

import (
	"errors"
	"math"
	"slices"
	"strings"
)

const base62Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var errBase62 = errors.New("no number in base 62")

// AppendBase62 appends n in base 62: digits, upper case, lower case.
func AppendBase62(dst []byte, n int64) []byte {
	if n < 0 {
		dst = append(dst, '-')
	}
	start := len(dst)
	u := magnitude(n)
	for ; u >= 62; u /= 62 {
		dst = append(dst, base62Digits[u%62])
	}
	dst = append(dst, base62Digits[u])
	slices.Reverse(dst[start:])
	return dst
}

// ParseBase62 reads what [AppendBase62] writes, and leading zeros. Django
// reads larger numbers too, but writes none.
func ParseBase62(text string) (int64, error) {
	digits, negative := strings.CutPrefix(text, "-")
	if digits == "" {
		return 0, errBase62
	}
	var n int64
	for _, c := range []byte(digits) {
		d := int64(strings.IndexByte(base62Digits, c))
		if d < 0 || n > (math.MaxInt64-d)/62 {
			return 0, errBase62
		}
		n = n*62 + d
	}
	if negative {
		n = -n
	}
	return n, nil
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
