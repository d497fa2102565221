package reset

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/mail"
)

// waits are how long a mail waits that was not taken, before each of the tries that follow.
// Servers that do greylisting take the next try after one to fifteen minutes.
var waits = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

// retriers are how many of the mails that were not taken are sent at the same time. They have
// connections of their own, so that a server that refuses them does not hold up new mails.
const retriers = 2

// postponed are the mails that were not taken at the moment.
type postponed struct {
	places
	closing chan struct{} // closed at the end: nobody waits any longer
	tries   chan struct{} // has room for the mails that are being sent
	group   sync.WaitGroup
}

func newPostponed(most int) *postponed {
	return &postponed{
		places: newPlaces(most), closing: make(chan struct{}), tries: make(chan struct{}, retriers),
	}
}

// close has each mail tried once more, and none after that.
func (s *postponed) close() { s.places.close(func() { close(s.closing) }) }

// deliver sends a mail. If it is not taken at the moment, and there is a place, it is tried
// again later.
func (x *Resets) deliver(ctx context.Context, m mail.Message, source string) error {
	err := x.sender.Send(ctx, m)
	if !errors.Is(err, mail.ErrTemporary) || !x.later.take(source) {
		return err
	}
	x.opts.Logger.Warn("reset: a mail was not taken; it is tried again", slog.Any("error", err))
	x.later.group.Add(1)
	panics.Go(func() {
		defer x.later.group.Done()
		defer x.later.release(source)
		x.guard("reset: no mail was sent", func() error { return x.tryAgain(ctx, m) })
	}, panics.Log(x.opts.Logger, "reset: a mail that is tried again"))
	return nil
}

// tryAgain sends a mail after each of the waits until it is taken, or can no longer be.
func (x *Resets) tryAgain(ctx context.Context, m mail.Message) (err error) {
	for _, wait := range waits {
		last := !x.later.pause(ctx, wait)
		err = x.tryOnce(ctx, m)
		if last || !errors.Is(err, mail.ErrTemporary) {
			return err
		}
	}
	return err
}

// tryOnce sends a mail when few others are being sent.
func (x *Resets) tryOnce(ctx context.Context, m mail.Message) error {
	select {
	case x.later.tries <- struct{}{}:
		defer func() { <-x.later.tries }() // also after a panic
		return x.sender.Send(ctx, m)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause waits, and reports whether there is time for more. There is none at the end.
func (s *postponed) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closing:
	case <-ctx.Done():
	}
	return false
}
