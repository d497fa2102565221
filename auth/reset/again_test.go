package reset_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/mail"
)

var errGreylisted = fmt.Errorf("451 4.7.1: %w", mail.ErrTemporary)

// A postman has an answer to each try, and notes when it was.
type postman struct {
	mu     sync.Mutex
	start  time.Time
	times  []time.Duration
	answer func(try int) error
}

func (p *postman) Send(context.Context, mail.Message) error {
	p.mu.Lock()
	p.times = append(p.times, time.Since(p.start))
	try := len(p.times)
	p.mu.Unlock()
	return p.answer(try)
}

// tries are the times after which p has been asked.
func (p *postman) tries() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.times)
}

// A logFile can be read while others write to it.
type logFile struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logFile) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *logFile) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// resets returns resets by p for the user of known, and their log.
func (p *postman) resets(t *testing.T, queue int) (*reset.Resets, *logFile) {
	t.Helper()
	p.start = time.Now()
	users := known{newSilent(false)}
	tokens, err := token.New(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	logins, err := auth.New(users, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	log := new(logFile)
	x, err := reset.New(logins, users, tokens, p, &reset.Options{
		URL: "https://example.com/reset/{id}/{token}/", Queue: queue,
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return x, log
}

// TestMailsAreTriedAgain, a few times and not for ever, if they were not taken at the moment.
func TestMailsAreTriedAgain(t *testing.T) {
	all := []time.Duration{0, time.Minute, 6 * time.Minute, 21 * time.Minute}
	refused := errors.New("550 5.1.1")
	for name, c := range map[string]struct {
		answers []error // the last one is for all that follow
		tries   []time.Duration
		lost    bool
	}{
		"taken":               {[]error{nil}, all[:1], false},
		"refused":             {[]error{refused}, all[:1], true},
		"silent":              {[]error{context.DeadlineExceeded}, all[:1], true},
		"greylisted":          {[]error{errGreylisted, nil}, all[:2], false},
		"greylisted for long": {[]error{errGreylisted, errGreylisted, errGreylisted, nil}, all, false},
		"never taken":         {[]error{errGreylisted}, all, true},
		"refused later":       {[]error{errGreylisted, errGreylisted, refused}, all[:3], true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &postman{answer: func(try int) error { return c.answers[min(try, len(c.answers))-1] }}
				x, log := p.resets(t, 0)
				request(t, x, "alice@example.com")
				time.Sleep(time.Hour)
				synctest.Wait()
				if !slices.Equal(p.tries(), c.tries) {
					t.Errorf("tried after %v, want %v", p.tries(), c.tries)
				}
				if lost := strings.Contains(log.String(), "no mail was sent"); lost != c.lost {
					t.Errorf("log: %s", log)
				}
				if strings.Contains(log.String(), "alice") {
					t.Errorf("the log has an address: %s", log)
				}
				if err := x.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestCloseTriesOnceMore, and does not wait for the next time.
func TestCloseTriesOnceMore(t *testing.T) {
	for _, taken := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p := &postman{}
			p.answer = func(try int) error {
				if taken && try == 2 {
					return nil
				}
				return errGreylisted
			}
			x, log := p.resets(t, 0)
			request(t, x, "alice@example.com")
			synctest.Wait()
			if err := x.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if !slices.Equal(p.tries(), []time.Duration{0, 0}) {
				t.Errorf("tried after %v", p.tries())
			}
			if lost := strings.Contains(log.String(), "no mail was sent"); lost == taken {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// TestFewMailsAreTriedAgain: no more than the places, however many are not taken.
func TestFewMailsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const places, mails = 3, 8
		p := &postman{answer: func(int) error { return errGreylisted }}
		x, log := p.resets(t, places)
		for range mails {
			request(t, x, "alice@example.com")
			synctest.Wait()
		}
		if n := strings.Count(log.String(), "it is tried again"); n != places {
			t.Errorf("%d wait, want %d", n, places)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := mails + 3*places; len(p.tries()) != want {
			t.Errorf("%d tries, want %d", len(p.tries()), want)
		}
		if n := strings.Count(log.String(), "no mail was sent"); n != mails {
			t.Errorf("%d lines about %d mails: %s", n, mails, log)
		}
		request(t, x, "alice@example.com") // the places are free again
		synctest.Wait()
		if n := strings.Count(log.String(), "it is tried again"); n != places+1 {
			t.Errorf("%d wait at the end, want %d", n, places+1)
		}
		if err := x.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestNewMailsDoNotWaitForOldOnes, even if the server falls silent when it gets these again.
func TestNewMailsDoNotWaitForOldOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const old = 9
		ctx, stop := context.WithCancel(t.Context())
		p := &postman{answer: func(try int) error {
			switch {
			case try <= old:
				return errGreylisted
			case try <= old+2:
				<-ctx.Done()
			}
			return nil
		}}
		x, _ := p.resets(t, 0)
		for range old {
			request(t, x, "alice@example.com")
		}
		time.Sleep(time.Minute) // two are being sent again, to a silent server
		synctest.Wait()
		before := len(p.tries())
		request(t, x, "alice@example.com")
		synctest.Wait()
		if before != old+2 || len(p.tries()) != before+1 {
			t.Errorf("%d tries before, %d after", before, len(p.tries()))
		}
		stop()
		if err := x.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if want := 2*old + 1; len(p.tries()) != want {
			t.Errorf("%d tries, want %d", len(p.tries()), want)
		}
	})
}

// TestPanicOfALaterTry costs one mail, and no place.
func TestPanicOfALaterTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const mails = 5
		p := &postman{answer: func(try int) error {
			switch {
			case try <= mails:
				return errGreylisted
			case try < 2*mails:
				panic("SENTINEL")
			}
			return nil
		}}
		x, log := p.resets(t, 0)
		for range mails {
			request(t, x, "alice@example.com")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(p.tries()) != 2*mails || strings.Contains(log.String(), "SENTINEL") {
			t.Errorf("%d tries; log %s", len(p.tries()), log)
		}
		if err := x.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
