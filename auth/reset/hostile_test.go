package reset_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/mail"
)

// signUp makes n users with an address, as a stranger can.
func (s *site) signUp(t *testing.T, n int, name, email string) {
	t.Helper()
	for i := range n {
		_, err := s.users.Create(t.Context(), auth.User{
			Username: fmt.Sprintf("%s%d", name, i), Email: email, Password: s.alice.Password, IsActive: true,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// victim makes the user whom others must not keep from her mail.
func (s *site) victim(t *testing.T, email string) auth.User {
	t.Helper()
	user, err := s.users.Create(t.Context(), auth.User{
		Username: "victim", Email: email, Password: s.alice.Password, IsActive: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// mentions reports whether a mail has a link for the user.
func mentions(m mail.Message, user auth.User) bool {
	return strings.Contains(m.Text, "/reset/"+token.EncodeID(user.ID)+"/")
}

// TestAccountsOfOthersMakeOneMail: a hundred sign-ups with an address, before
// its owner and after, make one mail of twenty links, keep nobody out for
// good, and never keep out a user who has just been here.
func TestAccountsOfOthersMakeOneMail(t *testing.T) {
	s := newSite(t)
	s.signUp(t, 60, "before", "victim@example.com")
	victim := s.victim(t, "victim@example.com")
	s.signUp(t, 60, "after", "victim@example.com")
	drawn := false
	for round := 0; !drawn; round++ {
		mails := s.mailed(t, "victim@example.com")
		if len(mails) != 1 || mails[0].To != "victim@example.com" {
			t.Fatalf("mails %v, want one", mails)
		}
		if n := len(linkForm.FindAllString(mails[0].Text, -1)); n != 20 {
			t.Fatalf("%d links, want 20", n)
		}
		if !strings.Contains(mails[0].Text, "More accounts have this address") {
			t.Fatal("the mail does not say that there are more")
		}
		drawn = mentions(mails[0], victim)
		if round == 300 {
			t.Fatal("the victim was never among those drawn")
		}
	}
	if err := s.users.TouchLastLogin(t.Context(), victim.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if mails := s.mailed(t, "victim@example.com"); !mentions(mails[0], victim) {
			t.Fatal("the last one to log in is not in the mail")
		}
	}
}

// TestNameIsNeverShutOut: asked for by name, an account gets a mail in which it
// comes first, whatever other accounts have the address.
func TestNameIsNeverShutOut(t *testing.T) {
	s := newSite(t)
	s.signUp(t, 50, "before", "victim@example.com")
	victim := s.victim(t, "victim@example.com")
	for range 20 {
		mails := s.mailed(t, "victim")
		if len(mails) != 1 || !mentions(mails[0], victim) {
			t.Fatalf("mails %v", mails)
		}
		links := linkForm.FindAllStringSubmatch(mails[0].Text, -1)
		if len(links) != 20 || links[0][1] != token.EncodeID(victim.ID) {
			t.Fatalf("%d links, the first is not the victim's", len(links))
		}
	}
}

// TestFewMailsForManySpellings: each spelling may be another mailbox, so each
// gets a mail of its own; three at most, always including the one that was
// typed.
func TestFewMailsForManySpellings(t *testing.T) {
	s := newSite(t)
	for i, email := range []string{
		"VICTIM@example.com", "Victim@example.com", "vIctim@example.com", "viCtim@example.com",
		"vicTim@example.com", "victIm@example.com", "victiM@example.com",
	} {
		s.signUp(t, 2, fmt.Sprintf("n%d-", i), email)
	}
	victim := s.victim(t, "victim@example.com")
	for range 20 {
		mails := s.mailed(t, "victim@example.com")
		i := slices.IndexFunc(mails, func(m mail.Message) bool { return m.To == "victim@example.com" })
		if len(mails) != 3 || i < 0 || !mentions(mails[i], victim) {
			t.Fatalf("%d mails, that of the victim is number %d", len(mails), i)
		}
		for _, m := range mails {
			if m.To != "victim@example.com" && mentions(m, victim) {
				t.Fatalf("the victim's link went to %s", m.To)
			}
		}
	}
}

// limited opens resets of which a few can be requested for an address, and as
// many mails go to one.
func (s *site) limited(t *testing.T, limit throttle.Limit) (x *reset.Resets, logins auth.Limiter) {
	t.Helper()
	store := noerror.In(throttle.NewMemory(100_000))
	o := throttle.Options{Logger: slog.New(slog.DiscardHandler)}
	logins, err := throttle.New(store, keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	o.Purpose, o.DevicesOf, o.PerAccount = "password reset", "login", limit
	limiter, err := throttle.New(store, keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := token.New(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, err = reset.New(s.logins, s.users, tokens, s.box, &reset.Options{
		URL: "https://example.com/reset/{id}/{token}/", Limiter: limiter, Queue: 1000,
		Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return x, logins
}

// TestMailboxIsNotATarget: asked for by the names of many accounts that have
// somebody's address, in all spellings, a mailbox gets no more mails than the
// limit, and each has the link of its owner. A device on which the owner has
// logged in gets its mail all the same.
func TestMailboxIsNotATarget(t *testing.T) {
	s := newSite(t)
	victim := s.victim(t, "victim@example.com")
	s.signUp(t, 10, "evil", "victim@example.com")
	s.signUp(t, 10, "vile", "VICTIM@example.com")
	x, logins := s.limited(t, throttle.Limit{Burst: 5, Every: 20 * time.Minute})
	for i := range 10 {
		request(t, x, fmt.Sprintf("evil%d", i))
	}
	s.awaitMails(t, 5)
	for i := range 10 {
		request(t, x, fmt.Sprintf("vile%d", i))
	}
	header := http.Header{}
	known := httptest.NewRequest(http.MethodPost, "/reset", nil)
	logins.MakeKnown(header, known, auth.Attempt{Username: "victim", User: victim})
	for _, c := range (&http.Response{Header: header}).Cookies() {
		known.AddCookie(c)
	}
	if err := x.Request(known, "victim"); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.box.mails); n != 6 {
		t.Fatalf("%d mails, want 5 for strangers and 1 for the owner's device", n)
	}
	for _, m := range s.box.mails {
		if m.To != "victim@example.com" || !mentions(m, victim) {
			t.Errorf("a mail to %s without the owner's link", m.To)
		}
	}
	if s.log.Len() > 0 {
		t.Errorf("log %s", s.log)
	}
}

// TestLimitCountsRequestsNotMails: a request that makes two mails is one.
func TestLimitCountsRequestsNotMails(t *testing.T) {
	s := newSite(t)
	s.signUp(t, 1, "second", "alice@example.com") // beside Alice@example.com
	x, _ := s.limited(t, throttle.Limit{Burst: 2, Every: time.Hour})
	request(t, x, "alice@example.com")
	s.awaitMails(t, 2)
	request(t, x, "alice@example.com") // whose mails are used up
	err := x.Request(httptest.NewRequest(http.MethodPost, "/reset", nil), "alice@example.com")
	if !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("the third request: error %v, want ErrLimited", err)
	}
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.box.mails); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
}

// awaitMails waits until so many mails were sent.
func (s *site) awaitMails(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); s.box.count() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d mails after ten seconds, want %d; log %s", s.box.count(), n, s.log)
		}
	}
}

func (b *box) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.mails)
}

// TestOneSourceDoesNotFillTheQueue: it has a tenth of the places, and what is
// refused costs no attempt.
func TestOneSourceDoesNotFillTheQueue(t *testing.T) {
	s := newSite(t)
	limiter, err := throttle.New(noerror.In(throttle.NewMemory(100_000)), keys, &throttle.Options{
		Purpose: "password reset", PerAccount: throttle.Limit{Burst: 3, Every: time.Hour},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := token.New(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	x, err := reset.New(s.logins, slow{asked: make(chan struct{}), done: done}, tokens, s.box, &reset.Options{
		URL: "https://example.com/reset/{id}/{token}/", Limiter: limiter, Queue: 30,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	taken := func(addr string) (n int) {
		for i := range 40 {
			r := httptest.NewRequest(http.MethodPost, "/reset", nil)
			r.RemoteAddr = addr
			if x.Request(r, fmt.Sprintf("user%d@example.com", i)) == nil {
				n++
			}
		}
		return n
	}
	for _, addr := range []string{"192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1"} {
		if n := taken(addr); n != 3 {
			t.Errorf("%s has %d of 30 places, want 3", addr, n)
		}
	}
	if n := taken("[2001:db8::2]:1"); n != 0 {
		t.Errorf("the same network has %d more", n)
	}
	for range 3 {
		r := httptest.NewRequest(http.MethodPost, "/reset", nil)
		r.RemoteAddr = "192.0.2.99:1"
		if err := x.Request(r, "user39@example.com"); err != nil {
			t.Errorf("what was refused has cost an attempt: %v", err)
		}
	}
	close(done)
	if err := x.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// faulty panics with a secret for the address of bob.
type faulty struct {
	reset.Users
	*box
	in string
}

func (f faulty) ByEmail(ctx context.Context, email string) ([]auth.User, error) {
	if f.in == "ByEmail" && strings.HasPrefix(email, "bob") {
		panic("SENTINEL")
	}
	return f.Users.ByEmail(ctx, email)
}

func (f faulty) Send(ctx context.Context, m mail.Message) error {
	if f.in == "Send" && strings.HasPrefix(m.To, "bob") {
		panic(errors.New("SENTINEL"))
	}
	return f.box.Send(ctx, m)
}

func (f faulty) compose(l reset.Letter) mail.Message {
	if f.in == "Compose" && strings.HasPrefix(l.To, "bob") {
		panic(l)
	}
	return mail.Message{Subject: "x", Text: l.Accounts[0].Link.Reveal()}
}

// TestPanicCostsOneMail: neither the program nor the other mails; it is logged
// with its stack, and without a link.
func TestPanicCostsOneMail(t *testing.T) {
	for _, in := range []string{"ByEmail", "Compose", "Send"} {
		s := newSite(t)
		s.signUp(t, 1, "bob", "bob@example.com")
		tokens, err := token.New(keys, nil)
		if err != nil {
			t.Fatal(err)
		}
		f := faulty{s.users, s.box, in}
		var log bytes.Buffer
		x, err := reset.New(s.logins, f, tokens, f, &reset.Options{
			URL: "https://example.com/reset/{id}/{token}/", Compose: f.compose,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 10 { // more than there are workers
			request(t, x, "bob@example.com")
		}
		request(t, x, "alice@example.com")
		if err := x.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(s.box.mails) != 1 || s.box.mails[0].To != "Alice@example.com" {
			t.Errorf("%s: mails %v", in, s.box.mails)
		}
		text := log.String()
		if strings.Count(text, "panic: of type") != 10 || !strings.Contains(text, "hostile_test.go") ||
			strings.Contains(text, "SENTINEL") || strings.Contains(text, "/reset/MQ") || strings.Contains(text, "bob@") {
			t.Errorf("%s: log %s", in, text)
		}
	}
}

// stuck is a mail server that answers nothing for one address.
type stuck struct{ *box }

func (s stuck) Send(ctx context.Context, m mail.Message) error {
	if m.To == "stuck@example.com" {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.box.Send(ctx, m)
}

// emails are users in memory, one for each address.
type emails struct{ reset.Users }

func (emails) ByUsername(context.Context, string) (auth.User, error) {
	return auth.User{}, auth.ErrUserNotFound
}

func (emails) ByEmail(_ context.Context, email string) ([]auth.User, error) {
	return []auth.User{{ID: "1", Username: "x", Email: email, IsActive: true, Password: "pbkdf2_sha256$1$x$x"}}, nil
}

// TestSilentMailServerDoesNotBlockForever: each mail has its time.
func TestSilentMailServerDoesNotBlockForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, err := token.New(keys, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := &box{}
		x, err := reset.New(new(auth.Manager), emails{}, tokens, stuck{b}, &reset.Options{
			URL: "https://example.com/reset/{id}/{token}/", Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // keeps all senders busy five times
			request(t, x, "stuck@example.com")
		}
		request(t, x, "alice@example.com")
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := x.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if took := time.Since(start); took > 6*time.Minute || b.count() != 1 {
			t.Errorf("%d mails after %v", b.count(), took)
		}
	})
}

// TestNoTextOfAStrangerInAMail: whoever signs up with somebody's address sends that person no text,
// neither to one account nor to several.
func TestNoTextOfAStrangerInAMail(t *testing.T) {
	s := newSite(t)
	user := auth.User{
		Username: "www.evil-casino.example", FirstName: "Call", LastName: "+1-900-5550100",
		Email: "victim@example.com", Password: s.alice.Password, IsActive: true,
		DateJoined: time.Date(2020, 2, 1, 12, 0, 0, 0, time.UTC),
	}
	check := func(typed, want string) {
		t.Helper()
		mails := s.mailed(t, typed)
		if len(mails) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		all := fmt.Sprintf("%+v", mails[0]) + mails[0].Subject + mails[0].Text
		for _, text := range []string{"casino", "Call", "5550100", "bonus"} {
			if strings.Contains(all, text) {
				t.Errorf("the mail has %q:\n%s", text, all)
			}
		}
		if !strings.Contains(mails[0].Text, want) {
			t.Errorf("the mail does not say %q:\n%s", want, mails[0].Text)
		}
	}
	first, err := s.users.Create(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	check(user.Email, "for the account with this email\naddress")
	check(user.Username, "for the account with this email\naddress")
	user.Username, user.DateJoined = "bonus-bonus", time.Date(2021, 3, 2, 12, 0, 0, 0, time.UTC)
	if _, err := s.users.Create(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	check(user.Email, "Account of 2 March 2021, never used:\n")
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	if err := s.users.TouchLastLogin(t.Context(), first.ID, at); err != nil {
		t.Fatal(err)
	}
	check(user.Email, "Account of 1 February 2020, last login on 30 November 2026:\n")
}

// TestUsedLinkGivesBackWhatItsOwnerAskedFor: requests by the name and by the
// address, and mails, as if there had been none before; for nobody else.
func TestUsedLinkGivesBackWhatItsOwnerAskedFor(t *testing.T) {
	s := newSite(t)
	victim := s.victim(t, "victim@example.com")
	s.signUp(t, 1, "evil", "victim@example.com")
	x, _ := s.limited(t, throttle.Limit{Burst: 2, Every: time.Hour})
	ask := func(typed string) error { return x.Request(httptest.NewRequest(http.MethodPost, "/reset", nil), typed) }
	wants := func(typed string, pass bool) {
		t.Helper()
		if err := ask(typed); (err == nil) != pass || !pass && !errors.Is(err, throttle.ErrLimited) {
			t.Errorf("request for %s: %v", typed, err)
		}
	}
	for _, typed := range []string{"victim", "victim@example.com", "evil0"} {
		wants(typed, true)
		wants(typed, true)
		wants(typed, false)
	}
	s.awaitMails(t, 2)
	parts := linkForm.FindStringSubmatch(s.box.mails[0].Text)
	finish := func(id, tok, password string) {
		t.Helper()
		key, _ := s.do("", func(r *http.Request) {
			if _, moved, err := x.Open(r, id, tok); err != nil || !moved {
				t.Fatalf("the link: %v", err)
			}
		})
		wants("victim", false) // an open link proves nothing yet
		s.do(key, func(r *http.Request) {
			if _, err := x.Finish(r, id, password); err != nil {
				t.Fatal(err)
			}
		})
	}
	tokens := must(token.New(keys, nil))
	namesake, err := s.users.Create(t.Context(), auth.User{
		Username: "VICTIM", Email: "VICTIM@example.com", Password: victim.Password, IsActive: true,
	})
	if err == nil {
		finish(token.EncodeID(namesake.ID), tokens.Make(namesake), "a plain staple")
		wants("victim", false)
		wants("victim@example.com", false)
	}
	finish(parts[1], parts[2], "another staple")
	for _, typed := range []string{"victim", "victim@example.com"} {
		wants(typed, true)
		wants(typed, true)
		wants(typed, false)
	}
	wants("evil0", false)
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range s.box.mails {
		if m.To == "victim@example.com" {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d mails, want two before and two after; log %s", n, s.log)
	}
}
