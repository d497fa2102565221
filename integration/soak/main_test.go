package soak

import (
	"flag"
	"os"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

// TestMain makes the test binary one of the processes, if it was started as one.
func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		os.Exit(serve())
	}
	flag.Parse()
	servertest.Main(m)
}
