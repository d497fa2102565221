package django

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

var scenarios = []scenario{
	{name: "data", home: dataHome, away: dataAway},
	{name: "login", home: loginHome, away: loginAway},
	{name: "admin", home: adminHome, away: adminAway},
	{name: "logout", home: logoutHome, away: logoutAway},
	{name: "password", home: passwordHome, away: passwordAway},
	{name: "deactivation", home: deactivationHome, away: deactivationAway},
	{name: "permissions", home: permissionsHome, away: permissionsAway},
	{name: "hashes", home: hashes},
	{name: "form, cookie", home: formHome, away: formAway},
	{name: "form, session", home: inSession(formHome), away: inSession(formAway)},
	{name: "messages", home: messagesHome, away: messagesAway},
	{name: "reset link", home: resetHome, away: resetAway},
	{name: "expiry", home: expiryHome, away: expiryAway},
	{name: "instant of expiry", home: instantHome, away: instantAway, missing: since("4.1")},
	{name: "browser close", home: closeHome, away: closeAway},
	{name: "each request", home: eachRequestHome, away: eachRequestAway},
	{name: "limits", home: limits},
	{name: "clearsessions", home: clearHome, away: clearAway, missing: noTable},
	{name: "new SECRET_KEY", home: rotationHome, away: rotationAway, missing: since("4.1")},
	{name: "writes at once", home: writesHome, away: writesAway, missing: noStore},
	{name: "logout at once", home: logoutAtOnceHome, away: logoutAtOnceAway, missing: noStore},
}

// since is for what older Djangos do not have.
func since(version string) func(p *pair, _ string) string {
	return func(p *pair, _ string) string {
		if p.older(version) {
			return notHere
		}
		return ""
	}
}

// noTable: records in caches and cookies end by themselves. Django's engine
// file takes an expiry in seconds for one that never comes.
func noTable(p *pair, direction string) string {
	switch {
	case !p.engine.table:
		return "nothing to clear"
	case p.engine.name == "file" && direction == awayward:
		return notHere
	default:
		return ""
	}
}

// noStore: of two answers that set a cookie, the last counts, on both sides.
func noStore(p *pair, _ string) string {
	if p.engine.cookies {
		return "no store"
	}
	return ""
}

// older reports whether this Django is older than a version.
func (p *pair) older(version string) bool {
	major, minor, _ := strings.Cut(version, ".")
	return strings.TrimSpace(p.python.Run("print(django.VERSION[:2] < ("+major+", "+minor+"))")) == "True"
}

// values are of every kind that JSON has, with what a number type would lose.
var values = map[string]string{
	"null": `null`, "true": `true`, "false": `false`, "int": `-7`, "zero": `0`, "float": `1.0`, "small": `1e-07`,
	"big": strings.Repeat("1234567890", 40), "text": `"caf\u00e9 \u7de8\u8f2f \ud83e\udd8a \"\\/\n"`, "empty": `""`,
	"list": `[1,[2.5,[],{"a":[null]}],"x"]`, "dict": `{"b":1,"a":{"z":1.1,"\u00e9":[]}}`,
}

// dataHome: Go writes, Django reads and changes a part, Go finds the rest as it
// was.
func dataHome(v *visitor) {
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		for name, raw := range values {
			session.From(r).Set(name, json.RawMessage(raw))
		}
	})
	want := map[string]any{}
	for name, raw := range values {
		want[name] = raw
	}
	text, err := json.Marshal(want)
	if err != nil {
		v.t.Fatal(err)
	}
	var wrong []string
	v.there(&wrong, `
import json
want = json.loads(r'''%s''')
result = [k for k in want if repr(request.session.get(k)) != repr(json.loads(want[k]))]
request.session["theirs"] = 1.0
del request.session["null"]
`, text)
	if len(wrong) > 0 {
		v.t.Errorf("Django reads other values of %q", wrong)
	}
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		if s.Has("null") || session.Get[json.Number](s, "theirs", "") != "1.0" {
			v.t.Errorf("what Django changed is not seen: %v", s.Keys())
		}
		for name, raw := range values {
			if got := string(session.Get[json.RawMessage](s, name, nil)); name != "null" && !sameJSON(got, raw) {
				v.t.Errorf("%s is %s, was %s", name, got, raw)
			}
		}
	})
}

// sameJSON compares values and the digits of their numbers.
func sameJSON(a, b string) bool {
	decode := func(text string) (v any) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		_ = d.Decode(&v)
		return v
	}
	return fmt.Sprintf("%#v", decode(a)) == fmt.Sprintf("%#v", decode(b))
}

// dataAway: Django writes, also what is no JSON, and Go changes a part; the
// bytes of the rest stay.
func dataAway(v *visitor) {
	v.there(nil, `
for name, value in {"n": None, "t": True, "i": -7, "f": 1.0, "e": 1e-07, "big": int("1234567890" * 40),
        "nan": float("nan"), "inf": float("-inf"), "s": "caf\u00e9 \U0001f98a \"\\", "l": [1, [2.5, [], {"a": [None]}]],
        "d": {"b": 1, "a": {"\u00e9": []}}, "drop": 1}.items():
    request.session[name] = value
`)
	before := v.thereText("result = repr({k: x for k, x in request.session.items() if k != 'drop'})")
	var raw map[string]string
	items := func(r *http.Request) map[string]string {
		all := map[string]string{}
		for name, value := range session.From(r).All() {
			all[name] = string(value)
		}
		return all
	}
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		raw = items(r)
		session.From(r).Delete("drop")
		session.Update(session.From(r), "ours", 0, func(n int) int { return n + 1 })
	})
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		now := items(r)
		for name, was := range raw {
			if name != "drop" && now[name] != was {
				v.t.Errorf("%s is %s, was %s", name, now[name], was)
			}
		}
	})
	after := v.thereText("result = repr({k: x for k, x in request.session.items() if k != 'ours'})")
	if after != before {
		v.t.Errorf("Django reads %s, and wrote %s", after, before)
	}
	if got := v.thereText("result = repr(request.session.get('ours'))"); got != "1" {
		v.t.Errorf("Django reads %s of what Go wrote", got)
	}
}

// who returns the user whom each side sees.
func (v *visitor) who() (here, there string) {
	v.t.Helper()
	v.here(func(_ http.ResponseWriter, r *http.Request) { here = auth.From(r).Username })
	return here, v.thereText("result = request.user.username")
}

// is fails unless both sides see this user; "" is nobody.
func (v *visitor) is(name string) {
	v.t.Helper()
	if here, there := v.who(); here != name || there != name {
		v.t.Errorf("the visitor is %q here and %q at Django, want %q", here, there, name)
	}
}

// name returns a username that no other scenario of the pair has.
func (v *visitor) name(of string) string {
	return of + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, v.t.Name())
}

func (v *visitor) loginHere(name, password string) {
	v.t.Helper()
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		user, err := v.home.Auth.Authenticate(r, name, password)
		if err == nil {
			err = v.home.Auth.Login(r, user)
		}
		if err != nil {
			v.t.Errorf("login of %s here: %v", name, err)
		}
	})
}

func (v *visitor) loginThere(name, password string) {
	v.t.Helper()
	if v.thereText(`
from django.contrib.auth import authenticate, login
user = authenticate(request, username=%q, password=%q)
if user is not None:
    login(request, user)
result = str(user)
`, name, password) != name {
		v.t.Errorf("login of %s at Django failed", name)
	}
}

// member makes a user and logs him in, here or at Django.
func (v *visitor) member(here bool) auth.User {
	v.t.Helper()
	user := v.user(v.t, v.name("u"), nil)
	if here {
		v.loginHere(user.Username, password)
	} else {
		v.loginThere(user.Username, password)
	}
	v.is(user.Username)
	return user
}

func loginHome(v *visitor) { v.member(true) }

func loginAway(v *visitor) { v.member(false) }

// adminHome: a superuser that Go made sees Django's admin after a login here.
func adminHome(v *visitor) {
	user := v.user(v.t, v.name("a"), func(u *auth.User) { u.IsStaff, u.IsSuperuser = true, true })
	if status, _ := v.answer(v.http.Get(v.django + "/admin/")); status != http.StatusFound {
		v.t.Errorf("the admin answers %d to a stranger", status)
	}
	v.loginHere(user.Username, password)
	if status, body := v.answer(v.http.Get(v.django + "/admin/auth/user/")); status != http.StatusOK ||
		!strings.Contains(body, user.Username) {
		v.t.Errorf("the admin answers %d to its user", status)
	}
}

// adminAway: a login by the form of Django's admin counts here.
func adminAway(v *visitor) {
	user := v.user(v.t, v.name("a"), func(u *auth.User) { u.IsStaff, u.IsSuperuser = true, true })
	if status, _ := v.answer(v.http.Get(v.django + "/admin/login/")); status != http.StatusOK {
		v.t.Errorf("the login page of the admin: %d", status)
	}
	status, body := v.answer(v.http.PostForm(v.django+"/admin/login/", url.Values{
		"csrfmiddlewaretoken": {v.cookie("csrftoken")}, "username": {user.Username}, "password": {password},
		"next": {"/admin/"},
	}))
	if status != http.StatusFound {
		v.t.Errorf("the login at the admin: %d %s", status, body)
	}
	v.is(user.Username)
}

func logoutHome(v *visitor) {
	v.member(true)
	old := v.cookie("sessionid")
	v.here(func(_ http.ResponseWriter, r *http.Request) { v.home.Auth.Logout(r) })
	v.is("")
	v.stays(old)
}

func logoutAway(v *visitor) {
	v.member(false)
	old := v.cookie("sessionid")
	v.there(nil, "from django.contrib.auth import logout\nlogout(request)")
	v.is("")
	v.stays(old)
}

// stays fails if a thief with this cookie is somebody, which only the engine
// signed_cookies cannot help.
func (v *visitor) stays(old string) {
	v.t.Helper()
	thief := v.visitor(v.t)
	u, err := url.Parse(v.django)
	if err != nil {
		v.t.Fatal(err)
	}
	thief.http.Jar.SetCookies(u, []*http.Cookie{{Name: "sessionid", Value: old}})
	here, there := thief.who()
	if gone := here == "" && there == ""; gone == v.engine.cookies {
		v.t.Errorf("with the old cookie, a thief is %q here and %q at Django", here, there)
	}
}

// passwordHome: a change here ends the sessions of others on both sides.
func passwordHome(v *visitor) {
	user := v.member(true)
	other := v.visitor(v.t)
	other.loginThere(user.Username, password)
	other.is(user.Username)
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		if err := v.home.Auth.ChangePassword(r, password, "another "+password); err != nil {
			v.t.Error(err)
		}
	})
	v.is(user.Username)
	other.is("")
	other.loginThere(user.Username, "another "+password)
	other.is(user.Username)
}

func passwordAway(v *visitor) {
	user := v.member(false)
	other := v.visitor(v.t)
	other.loginHere(user.Username, password)
	other.is(user.Username)
	v.there(nil, `
from django.contrib.auth import update_session_auth_hash
request.user.set_password(%q)
request.user.save()
update_session_auth_hash(request, request.user)
`, "another "+password)
	v.is(user.Username)
	other.is("")
	other.loginHere(user.Username, "another "+password)
	other.is(user.Username)
}

func deactivationHome(v *visitor) {
	user := v.member(false)
	if err := v.home.Users.SetActive(v.t.Context(), user.ID, false); err != nil {
		v.t.Fatal(err)
	}
	v.is("")
}

func deactivationAway(v *visitor) {
	user := v.member(true)
	v.visitor(v.t).there(nil, `
from django.contrib.auth.models import User
User.objects.filter(username=%q).update(is_active=False)
`, user.Username)
	v.is("")
}

// may returns what each side says of a permission.
func (v *visitor) may(name string) (here, there bool) {
	v.t.Helper()
	v.here(func(_ http.ResponseWriter, r *http.Request) { here = auth.HasPerm(r, name) })
	v.there(&there, "result = request.user.has_perm(%q)", name)
	return here, there
}

func (v *visitor) allowed(name string, want bool) {
	v.t.Helper()
	if here, there := v.may(name); here != want || there != want {
		v.t.Errorf("%s: %t here and %t at Django, want %t", name, here, there, want)
	}
}

func permissionsHome(v *visitor) {
	user := v.member(false)
	users := v.home.Users
	v.allowed("auth.add_user", false)
	if err := users.GrantToUser(v.t.Context(), user.ID, "auth.add_user"); err != nil {
		v.t.Fatal(err)
	}
	v.allowed("auth.add_user", true)
	if err := users.RevokeFromUser(v.t.Context(), user.ID, "auth.add_user"); err != nil {
		v.t.Fatal(err)
	}
	v.allowed("auth.add_user", false)
	group, err := users.CreateGroup(v.t.Context(), v.name("g"))
	if err == nil {
		err = users.GrantToGroup(v.t.Context(), group.ID, "auth.view_group")
	}
	if err == nil {
		err = users.AddToGroup(v.t.Context(), user.ID, group.ID)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	v.allowed("auth.view_group", true)
}

func permissionsAway(v *visitor) {
	user := v.member(true)
	change := func(what string) {
		v.t.Helper()
		v.visitor(v.t).there(nil, `
from django.contrib.auth.models import Group, Permission, User
user = User.objects.get(username=%q)
perm = Permission.objects.get(codename="delete_group")
group, _ = Group.objects.get_or_create(name=%q)
%s
`, user.Username, v.name("h"), what)
	}
	v.allowed("auth.delete_group", false)
	change("user.user_permissions.add(perm)")
	v.allowed("auth.delete_group", true)
	change("user.user_permissions.remove(perm)")
	v.allowed("auth.delete_group", false)
	change("group.permissions.add(perm); user.groups.add(group)")
	v.allowed("auth.delete_group", true)
}

// hashes: with equal costs, logins in turns leave the hash as it is; and with
// PASSWORD_UPGRADE=false Go leaves one of another cost alone.
func hashes(v *visitor) {
	user := v.user(v.t, v.name("h"), nil)
	stored := func() string {
		v.t.Helper()
		u, err := v.home.Users.ByID(v.t.Context(), user.ID)
		if err != nil {
			v.t.Fatal(err)
		}
		return u.Password
	}
	for range 2 {
		v.visitor(v.t).loginThere(user.Username, password)
		v.visitor(v.t).loginHere(user.Username, password)
	}
	if stored() != user.Password {
		t := "the hash was written anew although both cost the same"
		v.t.Error(t)
	}
	dear := v.pair.with(v.t, map[string]string{"PBKDF2_ITERATIONS": "2000", "PASSWORD_UPGRADE": "false"})
	dear.visitor(v.t).loginHere(user.Username, password)
	if stored() != user.Password {
		v.t.Error("Go wrote the hash anew although PASSWORD_UPGRADE is false")
	}
}

// inSession runs a scenario with the secret of CSRF in the session.
func inSession(run func(*visitor)) func(*visitor) {
	return func(v *visitor) {
		set := func(value string) {
			v.there(nil, "from django.conf import settings\nsettings.CSRF_USE_SESSIONS = %s", value)
		}
		set("True")
		defer set("False")
		run(v.pair.with(v.t, map[string]string{"CSRF_USE_SESSIONS": "true"}).visitor(v.t))
	}
}

func formHome(v *visitor) {
	_, token := v.here(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, csrf.Token(r)) })
	form := url.Values{"csrfmiddlewaretoken": {token}}
	if status, body := v.answer(v.http.PostForm(v.django+"/form", form)); status != http.StatusOK || body != "posted" {
		v.t.Errorf("Django answers %d to a form of Go", status)
	}
	form.Set("csrfmiddlewaretoken", strings.Repeat("a", 64))
	if status, _ := v.answer(v.http.PostForm(v.django+"/form", form)); status != http.StatusForbidden {
		v.t.Errorf("Django answers %d to a forged form", status)
	}
}

func formAway(v *visitor) {
	_, token := v.answer(v.http.Get(v.django + "/form"))
	v.home.mu.Lock()
	v.home.page = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "posted") }
	v.home.mu.Unlock()
	form := url.Values{"csrfmiddlewaretoken": {token}}
	if status, body := v.answer(v.http.PostForm(v.home.url, form)); status != http.StatusOK || body != "posted" {
		v.t.Errorf("Go answers %d to a form of Django: %s", status, body)
	}
	form.Set("csrfmiddlewaretoken", strings.Repeat("a", 64))
	if status, _ := v.answer(v.http.PostForm(v.home.url, form)); status != http.StatusForbidden {
		v.t.Errorf("Go answers %d to a forged form", status)
	}
}

func messagesHome(v *visitor) {
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		messages.Success(r, "saved <b>")
		messages.Add(r, messages.Message{Level: messages.ErrorLevel, Text: "😱", ExtraTags: "big"})
	})
	got := v.thereText(`
from django.contrib.messages import get_messages
result = ",".join(m.tags + ":" + str(m) for m in get_messages(request))
`)
	if got != "success:saved <b>,big error:😱" {
		v.t.Errorf("Django shows %q", got)
	}
	if again := v.taken(); again != "" {
		v.t.Errorf("Go shows %q again", again)
	}
}

func messagesAway(v *visitor) {
	v.there(nil, `
from django.contrib import messages
messages.warning(request, "caf\u00e9", extra_tags="x")
messages.info(request, "two")
`)
	if got := v.taken(); got != "x warning:café,info:two" {
		v.t.Errorf("Go shows %q", got)
	}
	var left int
	v.there(&left, "from django.contrib.messages import get_messages\nresult = len(get_messages(request))")
	if left != 0 {
		v.t.Errorf("Django shows %d again", left)
	}
}

func (v *visitor) taken() string {
	v.t.Helper()
	var list []string
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		for _, m := range messages.Take(r) {
			list = append(list, m.Tags()+":"+m.Text)
		}
	})
	return strings.Join(list, ",")
}

func resetHome(v *visitor) {
	user := v.user(v.t, v.name("r"), nil)
	made := v.home.Tokens.Make(user)
	var good bool
	use := fmt.Sprintf(`
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator as tokens
from django.utils.http import urlsafe_base64_decode
user = User.objects.get(pk=urlsafe_base64_decode(%q).decode())
result = tokens.check_token(user, %q)
if result:
    user.set_password("new one"); user.save()
`, token.EncodeID(fmt.Sprint(user.ID)), made)
	for _, want := range []bool{true, false} {
		if v.there(&good, "%s", use); good != want {
			v.t.Errorf("Django says %t to the link, want %t", good, want)
		}
	}
}

func resetAway(v *visitor) {
	user := v.user(v.t, v.name("r"), nil)
	var link [2]string
	v.there(&link, `
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator as tokens
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
user = User.objects.get(username=%q)
result = [urlsafe_base64_encode(force_bytes(user.pk)), tokens.make_token(user)]
`, user.Username)
	id, err := token.DecodeID(link[0])
	if err != nil || id != fmt.Sprint(user.ID) || !v.home.Tokens.Check(user, link[1]) {
		v.t.Errorf("Go refuses the link of Django: id %q, error %v", id, err)
	}
	if user, err = v.home.Auth.SetPassword(v.t.Context(), user, "another "+password); err != nil {
		v.t.Fatal(err)
	}
	if v.home.Tokens.Check(user, link[1]) {
		v.t.Error("the link is still good after it was used")
	}
}

// ages returns how long the session lives, in seconds, as each side says.
func (v *visitor) ages() (here, there float64) {
	v.t.Helper()
	v.here(func(_ http.ResponseWriter, r *http.Request) { here = session.From(r).ExpiryAge().Seconds() })
	v.there(&there, "result = float(request.session.get_expiry_age())")
	return here, there
}

func (v *visitor) lives(want float64) {
	v.t.Helper()
	here, there := v.ages()
	if here < want-3 || here > want+1 || there < want-3 || there > want+1 {
		v.t.Errorf("the session lives %v s here and %v s at Django, want %v", here, there, want)
	}
}

const week = 7 * 24 * 3600

func expiryHome(v *visitor) {
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("x", 1) })
	v.lives(2 * week)
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).SetExpiry(300 * time.Second) })
	v.lives(300)
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).ResetExpiry() })
	v.lives(2 * week)
}

// instantHome: an instant in the session; Django before 4.1 cannot store one.
func instantHome(v *visitor) {
	at := time.Now().Add(400 * time.Second).UTC().Truncate(time.Second)
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).SetExpiryAt(at) })
	v.lives(400)
	date := v.thereText("result = request.session.get_expiry_date().isoformat()")
	if got, err := time.Parse(time.RFC3339, strings.Replace(date, " ", "T", 1)); err != nil || !got.Equal(at) {
		v.t.Errorf("Django says it ends at %s, want %s", date, at)
	}
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).ResetExpiry() })
	v.lives(2 * week)
}

func expiryAway(v *visitor) {
	v.there(nil, "request.session.set_expiry(300)")
	v.lives(300)
	v.there(nil, "request.session.set_expiry(None)")
	v.lives(2 * week)
}

func instantAway(v *visitor) {
	at := time.Now().Add(400 * time.Second).UTC().Truncate(time.Second)
	v.there(nil, `
import datetime
request.session.set_expiry(datetime.datetime.fromtimestamp(%d, datetime.timezone.utc))
`, at.Unix())
	v.lives(400)
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		if got := session.From(r).ExpiryDate(); !got.Equal(at) {
			v.t.Errorf("Go says it ends at %s, want %s", got, at)
		}
	})
	v.there(nil, "import datetime\nrequest.session.set_expiry(datetime.timedelta(seconds=500))")
	v.lives(500)
}

// closes fails unless both sides say whether the browser's close ends it.
func (v *visitor) closes(want bool) {
	v.t.Helper()
	var here, there bool
	v.here(func(_ http.ResponseWriter, r *http.Request) { here = session.From(r).ExpiresAtBrowserClose() })
	v.there(&there, "result = request.session.get_expire_at_browser_close()")
	if here != want || there != want {
		v.t.Errorf("ends with the browser: %t here and %t at Django, want %t", here, there, want)
	}
}

func closeHome(v *visitor) {
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("x", 1) })
	v.closes(false)
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).ExpireAtBrowserClose() })
	v.closes(true)
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).ResetExpiry() })
	v.closes(false)
}

func closeAway(v *visitor) {
	v.there(nil, "request.session.set_expiry(0)")
	v.closes(true)
	v.there(nil, "request.session.set_expiry(None)")
	v.closes(false)
}

// eachRequestHome: with SESSION_SAVE_EVERY_REQUEST a request here prolongs the
// session for Django, too.
func eachRequestHome(v *visitor) {
	each := v.pair.with(v.t, map[string]string{"SESSION_SAVE_EVERY_REQUEST": "true"})
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).SetExpiry(time.Hour) })
	v.pair = each
	status := 0
	status, _ = v.here(func(http.ResponseWriter, *http.Request) {})
	if status != http.StatusOK || v.cookie("sessionid") == "" {
		v.t.Errorf("status %d", status)
	}
	v.lives(3600)
}

func eachRequestAway(v *visitor) {
	v.there(nil, "from django.conf import settings\nsettings.SESSION_SAVE_EVERY_REQUEST = True")
	defer v.there(nil, "from django.conf import settings\nsettings.SESSION_SAVE_EVERY_REQUEST = False")
	v.there(nil, "request.session['x'] = 1; request.session.set_expiry(3600)")
	v.there(nil, "pass")
	v.lives(3600)
}

// limits: what Go's idle and absolute limits end is nobody at Django either,
// once Go has seen it; and Django keeps the item that Go counts from.
func limits(v *visitor) {
	strict := v.pair.with(v.t, map[string]string{"SESSION_ABSOLUTE_TIMEOUT": "3600", "SESSION_IDLE_TIMEOUT": "600"})
	visitor := strict.visitor(v.t)
	visitor.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("x", 1) })
	here := 0.0
	visitor.here(func(_ http.ResponseWriter, r *http.Request) { here = session.From(r).ExpiryAge().Seconds() })
	if here > 600 || here < 597 {
		v.t.Errorf("Go says that the session lives %v s, want 600", here)
	}
	visitor.there(nil, "request.session['y'] = 1")
	visitor.here(func(_ http.ResponseWriter, r *http.Request) {
		if s := session.From(r); !s.Has("x") || !s.Has("y") || s.ExpiryAge() > time.Hour {
			v.t.Errorf("after a write of Django: %v, %v", s.Keys(), s.ExpiryAge())
		}
	})
}

// clearHome: Go clears what Django let expire; clearAway the other way round.
func clearHome(v *visitor) {
	v.there(nil, "request.session['x'] = 1; request.session.set_expiry(-60)")
	n, err := v.home.Sessions.ClearExpired(v.t.Context())
	if err != nil || n < 1 {
		v.t.Errorf("Go cleared %d, error %v", n, err)
	}
}

func clearAway(v *visitor) {
	var key string
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("x", 1)
		session.From(r).SetExpiry(time.Second)
	})
	if key = v.cookie("sessionid"); key == "" {
		v.t.Fatal("no session")
	}
	time.Sleep(1100 * time.Millisecond) // the clock of Django cannot be set
	v.python.Manage("clearsessions")
	if n, err := v.home.Sessions.ClearExpired(v.t.Context()); err != nil || n != 0 {
		v.t.Errorf("Django left %d, error %v", n, err)
	}
}

const newKey = "another-" + secretKey

func rotationHome(v *visitor) {
	user := v.member(true)
	v.there(nil, "from django.conf import settings\nsettings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = %q, [%q]",
		newKey, secretKey)
	defer v.there(nil, "from django.conf import settings\nsettings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = %q, []",
		secretKey)
	if got := v.thereText("result = request.user.username"); got != user.Username {
		v.t.Errorf("with a new key at Django, the visitor is %q", got)
	}
	v.pair = v.pair.with(v.t, map[string]string{"SECRET_KEY": newKey, "SECRET_KEY_FALLBACKS": secretKey})
	v.is(user.Username)
}

func rotationAway(v *visitor) {
	user := v.member(false)
	v.pair = v.pair.with(v.t, map[string]string{"SECRET_KEY": secretKey, "SECRET_KEY_FALLBACKS": newKey})
	v.is(user.Username)
	v.there(nil, "from django.conf import settings\nsettings.SECRET_KEY_FALLBACKS = [%q]", newKey)
	defer v.there(nil, "from django.conf import settings\nsettings.SECRET_KEY_FALLBACKS = []")
	v.is(user.Username)
}

// writesHome: Go has loaded, Django saves, Go saves: both changes are there.
func writesHome(v *visitor) {
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("n", 0) })
	for range 5 {
		v.here(func(_ http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			n := session.Get(s, "n", 0) // loaded
			v.there(nil, "request.session['theirs'] = request.session.get('theirs', 0) + 1")
			session.Update(s, "n", n, func(n int) int { return n + 1 })
		})
	}
	var got [2]int
	v.there(&got, "result = [request.session.get('n'), request.session.get('theirs')]")
	if got != [2]int{5, 5} {
		v.t.Errorf("counted are %v, want 5 and 5", got)
	}
}

// writesAway measures what plain Django overwrites: it has loaded, Go saves,
// Django saves. Go's change is lost, as doc.go says.
func writesAway(v *visitor) {
	v.here(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("n", 0) })
	store := v.thereText("result = type(request.session).__module__")
	v.there(nil, `
import importlib
s = importlib.import_module(%q).SessionStore(%q)
s["theirs"] = 1
globals().setdefault("held", None)
import django.conf as keep
keep.held = s
`, store, v.cookie("sessionid"))
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		session.Update(session.From(r), "n", 0, func(n int) int { return n + 1 })
	})
	v.there(nil, "import django.conf as keep\nkeep.held.save()")
	var got [2]int
	v.there(&got, "result = [request.session.get('n'), request.session.get('theirs')]")
	if got != [2]int{0, 1} {
		v.t.Errorf("counted are %v: plain Django overwrites no more, say so in doc.go", got)
	}
}

// logoutAtOnceHome: a request of Django that has loaded the session saves it
// after the logout here. It stays a logout for Go, and for Django where its
// save is atomic.
func logoutAtOnceHome(v *visitor) {
	user := v.member(true)
	key := v.cookie("sessionid")
	store := v.thereText("result = type(request.session).__module__")
	v.there(nil, `
import importlib
import django.conf as keep
keep.held = importlib.import_module(%q).SessionStore(%q)
keep.held["late"] = 1
`, store, key)
	v.here(func(_ http.ResponseWriter, r *http.Request) { v.home.Auth.Logout(r) })
	saved := v.thereText(`
import django.conf as keep
try:
    keep.held.save()
    result = "saved"
except Exception as e:
    result = type(e).__name__
`)
	thief := v.visitor(v.t)
	u, _ := url.Parse(v.django)
	thief.http.Jar.SetCookies(u, []*http.Cookie{{Name: "sessionid", Value: key}})
	if here, there := thief.who(); here != "" || there != "" {
		v.t.Errorf("%s is %q here and %q at Django; Django's late save: %s", user.Username, here, there, saved)
	}
	if v.engine.cachedDB {
		refill(v, user)
	}
}

// refill shows what a plain Django of cached_db can undo for itself: a request
// that has read the row before a logout puts it into the cache after it.
func refill(v *visitor, user auth.User) {
	v.t.Helper()
	v.loginHere(user.Username, password)
	key := v.cookie("sessionid")
	v.there(nil, `
import django.conf as keep
from django.contrib.sessions.backends.cached_db import SessionStore
s = SessionStore(%q)
keep.held = (s.cache_key, s.load())
`, key)
	v.here(func(_ http.ResponseWriter, r *http.Request) { v.home.Auth.Logout(r) })
	v.there(nil, "import django.conf as keep\nfrom django.core.cache import cache\ncache.set(*keep.held, 1000)")
	thief := v.visitor(v.t)
	u, _ := url.Parse(v.django)
	thief.http.Jar.SetCookies(u, []*http.Cookie{{Name: "sessionid", Value: key}})
	here, there := thief.who()
	if here != "" {
		v.t.Errorf("Django's refill brought %s back here", here)
	}
	if there != "" && there != user.Username {
		v.t.Errorf("the thief is %q at Django", there)
	}
}

// logoutAtOnceAway: a request of Go that is on its way when Django logs out.
func logoutAtOnceAway(v *visitor) {
	v.member(false)
	key := v.cookie("sessionid")
	v.here(func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		session.Update(s, "n", 0, func(n int) int { return n + 1 })
		v.there(nil, "from django.contrib.auth import logout\nlogout(request)")
	})
	v.stays(key)
	v.is("")
}
