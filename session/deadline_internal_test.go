package session

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

type visitor struct{}

// TestDeadlineIsThatOfTheStandardLibrary, whether somebody waits for it or not.
func TestDeadlineIsThatOfTheStandardLibrary(t *testing.T) {
	for _, waits := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			parent, leave := context.WithCancel(context.WithValue(t.Context(), visitor{}, "x"))
			d := newDeadline(parent, time.Minute)
			defer d.end()
			if waits {
				_ = d.Done()
			}
			leave()
			if d.Err() != nil || context.Cause(d) != nil {
				t.Errorf("waits %v: it ended with its parent: %v, %v", waits, d.Err(), context.Cause(d))
			}
			if at, ok := d.Deadline(); !ok || !at.Equal(time.Now().Add(time.Minute)) || d.Value(visitor{}) != "x" {
				t.Errorf("waits %v: Deadline %v, Value %v", waits, at, d.Value(visitor{}))
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			if err := d.Err(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("waits %v: Err is %v after the end", waits, err)
			}
			<-d.Done()
		})
	}
}

// TestDeadlineEndsThoseMadeOfIt at its instant, and when it is given up.
func TestDeadlineEndsThoseMadeOfIt(t *testing.T) {
	for want, end := range map[error]func(d *deadline){
		context.Canceled:         (*deadline).end,
		context.DeadlineExceeded: func(*deadline) { time.Sleep(time.Minute) },
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDeadline(t.Context(), time.Minute)
			child, cancel := context.WithCancel(d)
			defer cancel()
			end(d)
			<-child.Done()
			if !errors.Is(child.Err(), want) || !errors.Is(d.Err(), want) {
				t.Errorf("%v and %v, want %v", child.Err(), d.Err(), want)
			}
		})
	}
}

// TestDeadlineThatNobodyWaitedForIsEnded.
func TestDeadlineThatNobodyWaitedForIsEnded(t *testing.T) {
	d := newDeadline(t.Context(), time.Minute)
	d.end()
	if !errors.Is(d.Err(), context.Canceled) {
		t.Errorf("Err is %v, want context.Canceled", d.Err())
	}
	select {
	case <-d.Done():
	default:
		t.Error("Done is open")
	}
}

func TestDeadlinePrintsNothingOfItsVisitor(t *testing.T) {
	d := newDeadline(context.WithValue(t.Context(), visitor{}, "SENTINEL"), time.Minute)
	defer d.end()
	if got := fmt.Sprintf("%v %+v %#v", d, d, d); got != "session deadline session deadline session deadline" {
		t.Errorf("printed is %s", got)
	}
}
