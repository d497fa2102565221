package sharedload

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

const patience = 2500 * time.Millisecond

var errMissing = errors.New("there is none")

// asked is a server that answers when it is told to.
type asked struct {
	keys   chan []string
	answer chan error
}

func newLoads() (*Loads[string], asked) {
	a := asked{make(chan []string), make(chan error)}
	return &Loads[string]{Patience: patience, Missing: errMissing, Many: func(ctx context.Context, keys []string) (map[string]string, error) {
		a.keys <- keys
		found := make(map[string]string)
		for _, key := range keys {
			if key != "unknown" {
				found[key] = "of " + key
			}
		}
		select {
		case err := <-a.answer:
			return found, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}, a
}

// fill takes the places of those who may run alone.
func fill(t *testing.T, l *Loads[string]) {
	t.Helper()
	for range Alone {
		if l.enter("running") != nil {
			t.Fatal("a load has to wait while there are places")
		}
	}
}

// TestLoadsShareAQuestion: those who come while others run are asked for by one.
func TestLoadsShareAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, server := newLoads()
		fill(t, l)
		a, b, none := l.enter("a"), l.enter("b"), l.enter("unknown")
		l.leave()
		if keys := <-server.keys; len(keys) != 3 {
			t.Errorf("asked for %q, want all three", keys)
		}
		server.answer <- nil
		for _, w := range []*load[string]{a, b} {
			if rec, err := w.answer(t.Context()); err != nil || rec != "of "+w.key {
				t.Errorf("%s: %v, %v", w.key, rec, err)
			}
		}
		if _, err := none.answer(t.Context()); !errors.Is(err, errMissing) {
			t.Errorf("unknown: %v, want errMissing", err)
		}
		l.leave()
		synctest.Wait()
		if l.running != 0 {
			t.Errorf("%d places are still taken", l.running)
		}
	})
}

// TestLoadNeverJoinsAQuestionThatHasBegun: it could be answered with what was
// there before it.
func TestLoadNeverJoinsAQuestionThatHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, server := newLoads()
		fill(t, l)
		early := l.enter("key")
		l.leave()
		<-server.keys
		late := l.enter("key")
		server.answer <- nil
		if _, err := early.answer(t.Context()); err != nil {
			t.Error(err)
		}
		select {
		case <-late.done:
			t.Error("a load was answered by a question that had begun before it")
		case <-server.keys:
			server.answer <- nil
		}
		_, _ = late.answer(t.Context())
		l.leave()
		synctest.Wait()
	})
}

// TestVisitorWhoLeavesEndsNoOtherLoad: the loads of one question do not share a
// context.
func TestVisitorWhoLeavesEndsNoOtherLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, server := newLoads()
		fill(t, l)
		ctx, leaves := context.WithCancel(t.Context())
		gone, stays := l.enter("gone"), l.enter("stays")
		l.leave()
		<-server.keys
		leaves()
		if _, err := gone.answer(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("who leaves: %v, want context.Canceled", err)
		}
		server.answer <- nil
		if rec, err := stays.answer(t.Context()); err != nil || rec != "of stays" {
			t.Errorf("who stays: %v, %v", rec, err)
		}
		l.leave()
		synctest.Wait()
	})
}

// TestFailureReachesEveryCaller: none of them is told that there is no session.
func TestFailureReachesEveryCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, server := newLoads()
		fill(t, l)
		waiting := []*load[string]{l.enter("a"), l.enter("b")}
		l.leave()
		<-server.keys
		down := errors.New("server is down")
		server.answer <- down
		for _, w := range waiting {
			if _, err := w.answer(t.Context()); !errors.Is(err, down) {
				t.Errorf("%s: %v, want the server's error", w.key, err)
			}
		}
		l.leave()
		synctest.Wait()
	})
}

// TestSilentServerKeepsNoPlace: the place is free again after the timeout.
func TestSilentServerKeepsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, server := newLoads()
		fill(t, l)
		w := l.enter("key")
		l.leave()
		<-server.keys
		time.Sleep(patience)
		if _, err := w.answer(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("answer: %v, want context.DeadlineExceeded", err)
		}
		l.leave()
		synctest.Wait()
		if l.running != 0 {
			t.Errorf("%d places are still taken", l.running)
		}
	})
}

// TestPanicReachesTheWaitingCallersOnly: they get an error, and the program goes on.
func TestPanicReachesTheWaitingCallersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLoads()
		l.Many = func(context.Context, []string) (map[string]string, error) { panic("a tracer's") }
		fill(t, l)
		w := l.enter("key")
		l.leave()
		if _, err := w.answer(t.Context()); !errors.Is(err, errPanic) {
			t.Errorf("answer: %v, want errPanic", err)
		}
		l.leave()
		synctest.Wait()
		if l.running != 0 {
			t.Errorf("%d places are still taken", l.running)
		}
	})
}

// TestManyWaitInSeveralQuestions: one does not ask for more than it may.
func TestManyWaitInSeveralQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, server := newLoads()
		fill(t, l)
		for range together + 10 {
			l.enter("key")
		}
		l.leave()
		for _, want := range []int{together, 10} {
			if keys := <-server.keys; len(keys) != want {
				t.Errorf("asked for %d keys, want %d", len(keys), want)
			}
			server.answer <- nil
		}
		l.leave()
		synctest.Wait()
	})
}

// TestNoMoreWaitThanThereIsRoomFor: the next is refused at once, and let in
// when one of those who wait has left.
func TestNoMoreWaitThanThereIsRoomFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLoads()
		fill(t, l)
		var first *load[string]
		for range most {
			w := l.enter("waits")
			if first == nil {
				first = w
			}
		}
		if _, err := l.enter("one too many").answer(t.Context()); !errors.Is(err, ErrFull) {
			t.Errorf("one too many: %v, want ErrFull", err)
		}
		ctx, leave := context.WithCancel(t.Context())
		leave()
		if _, err := first.answer(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("who leaves: %v", err)
		}
		select {
		case <-l.enter("has room").done:
			t.Error("refused although one has left")
		default:
		}
		if len(l.waiting) != most {
			t.Errorf("%d wait, want %d", len(l.waiting), most)
		}
	})
}

// TestNoQueryForAVisitorWhoLeft: a load that is done before its turn
// is left out.
func TestNoQueryForAVisitorWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, server := newLoads()
		fill(t, l)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		_, _ = l.enter("gone").answer(ctx)
		stays := l.enter("stays")
		l.leave()
		if keys := <-server.keys; len(keys) != 1 || keys[0] != "stays" {
			t.Errorf("asked for %q, want only who stays", keys)
		}
		server.answer <- nil
		_, _ = stays.answer(t.Context())
		l.leave()
		synctest.Wait()
	})
}
