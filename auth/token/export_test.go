package token

import "time"

// At returns the generator with a clock that stands still.
func (g *Generator) At(now time.Time) *Generator {
	g.now = func() time.Time { return now }
	return g
}
