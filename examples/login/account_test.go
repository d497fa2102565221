package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/session"
)

const otherPassword = "eleven purple canoes"

// A mailbox keeps the mails of one site.
type mailbox chan mail.Message

func (b mailbox) Send(_ context.Context, m mail.Message) error {
	b <- m
	return nil
}

// signUp signs up at the site, with the account's password.
func (v *visitor) signUp(name string) response {
	v.t.Helper()
	v.get("/signup/")
	return v.post("/signup/", "username", name, "email", name+"@example.com",
		"password", testPassword, "again", testPassword)
}

func TestSignUpLogsIn(t *testing.T) {
	s, v, _ := start(t, nil)
	v.leads(v.signUp("bob"), "/dashboard/")
	r := v.get("/dashboard/")
	v.shows(r, "Welcome, bob.")
	v.shows(r, "bob@example.com")
	user, err := s.Users().ByUsername(t.Context(), "bob")
	if err != nil || !user.IsActive || user.IsStaff || user.IsSuperuser {
		t.Errorf("%+v, %v", user, err)
	}
	if r := v.get("/dashboard/"); strings.Contains(r.body, "Welcome") {
		t.Error("the message is shown twice")
	}
}

func TestSignUpSaysWhatIsWrong(t *testing.T) {
	s, v, _ := start(t, nil)
	for _, c := range []struct{ name, email, password, again, want string }{
		{"ann", "a@example.com", testPassword, testPassword, "This username is already taken."},
		{"b b", "b@example.com", testPassword, testPassword, "letters, digits"},
		{"bob", "b", testPassword, testPassword, "Enter a valid email address."},
		{"bob", "Bob <b@example.com>", testPassword, testPassword, "Enter a valid email address."},
		{"bob", "b@example.com", testPassword, "other", "do not match"},
		{"bob", "b@example.com", "12345", "12345", "too short"},
		{"bob", "b@example.com", "password1", "password1", "too common"},
		{"roberta.smith", "b@example.com", "Roberta.Smith1", "Roberta.Smith1", "too much like"},
	} {
		v.get("/signup/")
		r := v.post("/signup/", "username", c.name, "email", c.email, "password", c.password, "again", c.again)
		v.shows(r, c.want)
		v.shows(r, `-error"><p>`) // below its field
		if !regexp.MustCompile(`aria-invalid="true" aria-describedby="(\w+)-error" autofocus>\s*<div class="error" id="(\w+)-error"`).MatchString(r.body) {
			t.Errorf("%q: the field does not refer to its problem, or is not where the visitor begins:\n%s", c.want, r.body)
		}
		if strings.Contains(r.body, c.password) && c.password != c.name {
			t.Errorf("the page for %q shows the password", c.want)
		}
	}
	if n := countUsers(t, s); n != 1 {
		t.Errorf("%d users", n)
	}
}

// TestSignUpWithoutATable: the user can try again later, and is told so.
func TestSignUpWithoutATable(t *testing.T) {
	s, v, _ := start(t, nil)
	if _, err := s.Database.DB.ExecContext(t.Context(), "DROP TABLE auth_user"); err != nil {
		t.Fatal(err)
	}
	if r := v.signUp("bob"); r.status != http.StatusServiceUnavailable {
		t.Errorf("status %d", r.status)
	}
}

// TestRememberMe: with the box the cookie has an expiry, without it it ends
// with the browser.
func TestRememberMe(t *testing.T) {
	_, v, _ := start(t, nil)
	for remember, want := range map[string]bool{"": false, "1": true} {
		v.get("/login/?again=1")
		r := v.post("/login/", "username", "ann", "password", testPassword, "remember", remember)
		v.leads(r, "/dashboard/")
		var got bool
		for _, line := range r.header.Values("Set-Cookie") {
			c, err := http.ParseSetCookie(line)
			if err == nil && c.Name == "sessionid" {
				got = c.MaxAge > int((29 * 24 * time.Hour).Seconds())
				if !got && (c.MaxAge != 0 || !c.Expires.IsZero()) {
					t.Errorf("remember %q: %s", remember, c.Raw)
				}
			}
		}
		if got != want {
			t.Errorf("remember %q: a long cookie is %v", remember, got)
		}
	}
}

// TestChangePassword ends the other sessions, and keeps this one.
func TestChangePassword(t *testing.T) {
	_, v, _ := start(t, nil)
	other := newVisitor(t, v.base)
	other.login()
	v.login()
	change := func(old, password, again string) response {
		v.get("/password/")
		return v.post("/password/", "old", old, "password", password, "again", again)
	}
	v.shows(change("wrong", otherPassword, otherPassword), "current password is wrong")
	v.shows(change(testPassword, otherPassword, "other"), "do not match")
	v.shows(change(testPassword, "1", "1"), "too short")
	if r := other.get("/dashboard/"); r.status != http.StatusOK {
		t.Errorf("a change that failed logged the other out: %d", r.status)
	}
	v.leads(change(testPassword, otherPassword, otherPassword), "/dashboard/")
	v.shows(v.get("/dashboard/"), "Your password has been changed.")
	other.leads(other.get("/dashboard/"), "/login/?next=/dashboard/")
	other.get("/login/")
	other.shows(other.post("/login/", "username", "ann", "password", testPassword), "Wrong username or password")
	other.leads(other.post("/login/", "username", "ann", "password", otherPassword), "/dashboard/")
}

// TestPasswordNeedsARecentLogin: after a while a user who is logged in is
// asked for the password again, and then led back.
func TestPasswordNeedsARecentLogin(t *testing.T) {
	_, v, _ := start(t, func(s *app, mux *http.ServeMux) {
		mux.Handle("GET /test/age", s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("_login_time", time.Now().Add(-recently-time.Minute).Unix())
		})))
	})
	v.login()
	if r := v.get("/password/"); r.status != http.StatusOK {
		t.Fatalf("status %d", r.status)
	}
	v.get("/test/age")
	v.leads(v.get("/password/"), "/login/?next=/password/&again=1")
	v.shows(v.get("/dashboard/"), "ann")                    // still logged in
	v.leads(v.get("/login/?next=/password/"), "/password/") // somebody's own link
	v.shows(v.get("/login/?next=/password/&again=1"), "Enter your password again")
	v.leads(v.post("/login/", "username", "ann", "password", testPassword, "next", "/password/"), "/password/")
	v.shows(v.get("/password/"), "Change password")
}

var mailedLink = regexp.MustCompile(`http://site\.example(/reset/\S+/)`)

// TestResetByMail goes from a forgotten password to a new one; the link
// works once.
func TestResetByMail(t *testing.T) {
	for _, store := range []string{"auto", "none"} {
		t.Run("LOGIN_LIMIT_STORE="+store, func(t *testing.T) {
			resetByMail(t, map[string]string{"LOGIN_LIMIT_STORE": store})
		})
	}
}

func resetByMail(t *testing.T, vars map[string]string) {
	mails := make(mailbox, 10)
	_, v, _ := startMailing(t, mails, nil, vars)
	v.leads(v.signUp("bob"), "/dashboard/")
	stranger := newVisitor(t, v.base)
	stranger.get("/reset/")
	stranger.leads(stranger.post("/reset/", "username", "bob@example.com"), "/login/")
	known := stranger.get("/login/")
	stranger.shows(known, "we will send a link")
	m := <-mails
	if m.To != "bob@example.com" {
		t.Errorf("a mail to %s", m.To)
	}
	found := mailedLink.FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no link in %s", m.Text)
	}
	r := stranger.get(found[1])
	if r.status != http.StatusFound || !strings.HasSuffix(r.location, "/set-password/") {
		t.Fatalf("status %d to %s", r.status, r.location)
	}
	form := regexp.MustCompile(`[^/]+/$`).ReplaceAllString(found[1], "set-password/")
	r = stranger.get(form)
	stranger.shows(r, "New password")
	if got := r.header.Get("Referrer-Policy"); got != "same-origin" {
		t.Errorf("Referrer-Policy: %s", got)
	}
	if got := r.header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("Cache-Control: %s", got)
	}
	stranger.shows(stranger.post(form, "password", otherPassword, "again", "other"), "do not match")
	again := stranger.post(form, "password", "1", "again", "1")
	stranger.shows(again, "too short")
	stranger.shows(again, `name="username" value="bob"`) // for the browser, which stores the password
	stranger.leads(stranger.post(form, "password", otherPassword, "again", otherPassword), "/login/")
	stranger.shows(stranger.get("/login/"), "Your new password is set.")
	stranger.leads(stranger.post("/login/", "username", "bob", "password", otherPassword), "/dashboard/")
	v.leads(v.get("/dashboard/"), "/login/?next=/dashboard/")
	if r := newVisitor(t, v.base).get(found[1]); r.status != http.StatusNotFound {
		t.Errorf("the link is valid twice: status %d", r.status)
	}
}

// TestResetTellsNothing: the page is the same for an address that nobody has.
func TestResetTellsNothing(t *testing.T) {
	mails := make(mailbox, 10)
	_, v, _ := startMailing(t, mails, nil, nil)
	v.leads(v.signUp("bob"), "/dashboard/")
	answers := make(map[string]bool)
	for _, address := range []string{"nobody@example.com", "bob@example.com"} {
		stranger := newVisitor(t, v.base)
		stranger.get("/reset/")
		r := stranger.post("/reset/", "username", address)
		page := stranger.get("/login/").body
		answers[fmt.Sprint(r.status, r.location, tokenField.ReplaceAllString(page, ""))] = true
	}
	if len(answers) != 1 {
		t.Errorf("two answers:\n%v", answers)
	}
	if m := <-mails; m.To != "bob@example.com" {
		t.Errorf("a mail to %s", m.To)
	}
}

func TestStaffPage(t *testing.T) {
	s, v, _ := start(t, nil)
	v.leads(v.get("/staff/"), "/login/?next=/staff/")
	v.login()
	if r := v.get("/staff/"); r.status != http.StatusForbidden || !strings.Contains(r.body, "staff only") {
		t.Errorf("status %d", r.status)
	}
	if strings.Contains(v.get("/").body, `href="/staff/"`) {
		t.Error("the page is offered to one who may not see it")
	}
	hash, err := s.Hashers.Hash(t.Context(), testPassword)
	if err != nil {
		t.Fatal(err)
	}
	user := auth.User{
		Username: "eve", Email: "eve@example.com", Password: hash, IsActive: true, IsStaff: true,
	}
	if _, err := s.Users().Create(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	v = newVisitor(t, v.base)
	v.get("/login/")
	v.leads(v.post("/login/", "username", "eve", "password", testPassword, "next", "/staff/"), "/staff/")
	v.shows(v.get("/staff/"), "eve@example.com")
}

func TestPagesOfUsersAreNotStored(t *testing.T) {
	_, v, _ := start(t, nil)
	if got := v.get("/login/").header.Get("Cache-Control"); got != "private" {
		t.Errorf("a stranger's page with a token: Cache-Control: %s", got)
	}
	if got := v.get("/").header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("the page that sets the cookie: Cache-Control: %s", got)
	}
	v.login()
	for _, path := range []string{
		"/", "/show/", "/login/", "/signup/", "/dashboard/", "/password/", "/staff/", "/none",
	} {
		if got := v.get(path).header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("%s: Cache-Control: %q", path, got)
		}
	}
}

// TestNothingInline: the policy forbids inline style and scripts, and no page
// has any.
func TestNothingInline(t *testing.T) {
	_, v, _ := start(t, nil)
	v.login()
	for _, path := range []string{
		"/", "/show/", "/login/", "/signup/", "/reset/", "/dashboard/", "/password/", "/staff/",
	} {
		r := v.get(path)
		policy := r.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'; style-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
		if regexp.MustCompile(`(?i)<style|<script>|<script [^>]*>[^<]|style=|\son\w+=|https?://`).MatchString(r.body) {
			t.Errorf("%s has something inline or from elsewhere:\n%s", path, r.body)
		}
	}
	for path, want := range map[string]string{
		"/style.css": "text/css", "/script.js": "text/javascript", "/icon.svg": "image/svg+xml",
	} {
		if r := v.get(path); r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), want) {
			t.Errorf("%s: status %d, %s", path, r.status, r.header.Get("Content-Type"))
		}
	}
}

// TestNewPasswordOnceWithTheScript: without the second field, which the script
// takes away, the forms work; with it, it counts.
func TestNewPasswordOnceWithTheScript(t *testing.T) {
	_, v, _ := start(t, nil)
	v.get("/signup/")
	v.leads(v.post("/signup/", "username", "bob", "email", "b@example.com", "password", testPassword), "/dashboard/")
	v.get("/password/")
	v.leads(v.post("/password/", "old", testPassword, "password", otherPassword), "/dashboard/")
	v.get("/password/")
	v.shows(v.post("/password/", "old", otherPassword, "password", testPassword, "again", ""), "do not match")
}

// TestPasswordFormsNameTheAccount, so that password managers know whose
// password it is.
func TestPasswordFormsNameTheAccount(t *testing.T) {
	_, v, _ := start(t, nil)
	v.login()
	v.shows(v.get("/password/"), `name="username" value="ann" autocomplete="username"`)
}

func TestNewFormsNeedTheToken(t *testing.T) {
	_, v, _ := start(t, nil)
	v.login()
	v.page = ""
	for _, path := range []string{"/signup/", "/password/", "/reset/", "/reset/MQ/set-password/"} {
		if r := v.post(path); r.status != http.StatusForbidden {
			t.Errorf("POST %s without a token: status %d", path, r.status)
		}
	}
}

func TestLinksInMailsLeadToTheSite(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8000}
	for url, want := range map[string]string{
		"": "http://127.0.0.1:8000", "https://a.example/": "https://a.example",
	} {
		if got, err := siteURL(func(string) (string, bool) { return url, true }, at); got != want || err != nil {
			t.Errorf("SITE_URL %q: %s, %v", url, got, err)
		}
	}
	for _, ip := range []net.IP{net.IPv4zero, net.IPv6zero, nil} {
		at := &net.TCPAddr{IP: ip, Port: 8000}
		if got, err := siteURL(func(string) (string, bool) { return "", false }, at); err == nil {
			t.Errorf("ADDR %v: %s", at, got)
		}
		if got, err := siteURL(func(string) (string, bool) { return "https://a.example", true }, at); err != nil {
			t.Errorf("ADDR %v with SITE_URL: %s, %v", at, got, err)
		}
	}
}

// TestGuessesAreLimited: each form says when to try again, and an address that
// nobody has is limited as one that somebody has.
func TestGuessesAreLimited(t *testing.T) {
	_, v, _ := start(t, nil)
	limited := func(path string, fields ...string) {
		t.Helper()
		var r response
		for range 11 { // ten are allowed, or fewer
			v.get(path)
			r = v.post(path, fields...)
		}
		if r.status != http.StatusTooManyRequests || !strings.Contains(r.body, "too many attempts") || r.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q", path, r.status, r.header.Get("Retry-After"))
		}
	}
	limited("/login/", "username", "nobody", "password", "guess")
	limited("/reset/", "username", "nobody@example.com")
	limited("/reset/", "username", "ann@example.com")
	v.login()
	limited("/password/", "old", "guess", "password", otherPassword, "again", otherPassword)
}

// TestSignUpsAreLimited: the page says when to come again, and nobody is made.
func TestSignUpsAreLimited(t *testing.T) {
	s, v, _ := startMailing(t, make(mailbox, 10), nil, map[string]string{"SIGNUP_LIMIT": "1/3600"})
	v.leads(v.signUp("bob"), "/dashboard/")
	v.get("/signup/")
	r := v.signUp("carol")
	if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" ||
		!strings.Contains(r.body, "Please try again in 60 minutes.") {
		t.Errorf("%d, %v, %s", r.status, r.header, r.body)
	}
	if n := countUsers(t, s); n != 2 {
		t.Errorf("%d users", n)
	}
}

func countUsers(t *testing.T, s *app) (n int) {
	t.Helper()
	for _, err := range s.Users().List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// TestSecondTabSendsItsFormAfterTheLogin: it is led on, or told who is logged in.
func TestSecondTabSendsItsFormAfterTheLogin(t *testing.T) {
	_, v, _ := start(t, nil)
	v.get("/login/")
	old := v.page
	v.login()
	v.page = old
	r := v.post("/login/", "username", "ann", "password", testPassword, "next", "/show/")
	if r.status != http.StatusSeeOther || r.location != "/show/" {
		t.Errorf("the same name: %d to %q", r.status, r.location)
	}
	v.page = old
	r = v.post("/login/", "username", "bob", "password", "x")
	if r.status != http.StatusSeeOther {
		t.Errorf("another name: %d to %q", r.status, r.location)
	}
	v.shows(v.get(r.location), "You are logged in as ann.")
	v.leads(v.get("/login/"), "/dashboard/")
}

// TestResetWhileLoggedIn: the message that the password is set waits in a session that the
// new password ends.
func TestResetWhileLoggedIn(t *testing.T) {
	for _, storage := range []string{"fallback", "cookie", "session"} {
		mails := make(mailbox, 10)
		_, v, _ := startMailing(t, mails, nil, map[string]string{"MESSAGE_STORAGE": storage})
		v.leads(v.signUp("bob"), "/dashboard/")
		v.get("/reset/")
		v.leads(v.post("/reset/", "username", "bob"), "/login/")
		link := mailedLink.FindStringSubmatch((<-mails).Text)
		if link == nil {
			t.Fatal("no link")
		}
		v.get(link[1])
		v.get(path("dashboard")) // shows what waited
		form := regexp.MustCompile(`[^/]+/$`).ReplaceAllString(link[1], "set-password/")
		v.shows(v.get(form), "New password")
		v.leads(v.post(form, "password", otherPassword), "/login/")
		v.shows(v.get("/login/"), "Your new password is set.")
	}
}
