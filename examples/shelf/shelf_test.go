package shelf_test

import (
	"testing"

	"github.com/jamsession/jamsession/examples/shelf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

func TestStore(t *testing.T) {
	sessiontest.Run(t, func(*testing.T) session.Store { return shelf.New() })
}
