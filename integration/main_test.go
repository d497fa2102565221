package integration

import (
	"crypto/rand"
	"flag"
	mathrand "math/rand/v2"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	servertest.Main(m)
}

var seedFlag = flag.Uint64("seed", 0, "repeat the plan that this `seed` makes; 0 is a new one")

// newSeed returns a seed for the plan of a test. What the scheduler makes of
// the plan cannot be repeated.
func newSeed() uint64 {
	if *seedFlag != 0 {
		return *seedFlag
	}
	return mathrand.Uint64()
}

// newKey returns 32 random characters of those that keys are made of.
func newKey() string {
	return strings.ToLower(rand.Text() + rand.Text())[:32]
}
