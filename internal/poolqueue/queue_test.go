package poolqueue_test

import (
	"errors"
	"testing"

	"github.com/jamsession/jamsession/internal/poolqueue"
)

// TestTheNextCallIsRefused when as many wait as may, and another is taken when one has left.
func TestTheNextCallIsRefused(t *testing.T) {
	for conns, most := range map[int]int{1: 1001, 25: 2525} {
		var q poolqueue.Queue
		size := func() int { return conns }
		for i := range most {
			if err := q.Enter(size); err != nil {
				t.Fatalf("%d connections: call %d: %v", conns, i+1, err)
			}
		}
		for range 2 {
			if err := q.Enter(size); !errors.Is(err, poolqueue.ErrFull) {
				t.Errorf("%d connections: one more than %d: %v", conns, most, err)
			}
		}
		q.Leave()
		if err := q.Enter(size); err != nil {
			t.Errorf("%d connections: after one has left: %v", conns, err)
		}
	}
}

// TestAPoolWithoutBoundHasNoQueue.
func TestAPoolWithoutBoundHasNoQueue(t *testing.T) {
	var q poolqueue.Queue
	for range 5 * poolqueue.Least {
		if err := q.Enter(func() int { return 0 }); err != nil {
			t.Fatal(err)
		}
	}
}
