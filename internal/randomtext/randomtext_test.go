package randomtext_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/randomtext"
)

// TestOfIsUniform: no character comes 10 percent more or less often than the mean.
// If no byte were dropped, some would come 12 percent more often, or 21.
func TestOfIsUniform(t *testing.T) {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for _, size := range []int{48, 62} {
		var all strings.Builder
		for range 20_000 {
			all.WriteString(randomtext.Of(alphabet[:size], 32))
		}
		want := float64(all.Len()) / float64(size)
		for _, c := range alphabet[:size] {
			if got := float64(strings.Count(all.String(), string(c))) / want; got < 0.9 || got > 1.1 {
				t.Errorf("of %d characters, %c comes %.2f times as often as the mean", size, c, got)
			}
		}
	}
}
