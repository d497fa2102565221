// Package django holds the proof that a Go site and a Django site can share
// their visitors. A real Django runs beside a Go site on the same database,
// cache, folder and SECRET_KEY. Each scenario is tried on each engine in both
// directions, and the table that is printed at the end has a cell for each:
// "passed", or "not in this Django".
//
//	go test -race -v ./django                        # python3-django of Debian
//	DJANGO_PYTHON=/path/python go test -v ./django   # another Django
//
// Django 4.2 and 5.2 and Valkey are tried, too, if .ci/aside has unpacked them into the
// folder that JAMSESSION_ASIDE names; the table says which are absent. Other versions are
// tried on a sample of the engines, and with JAMSESSION_WHOLE=1 on all.
//
// An engine joins by one entry in engines_test.go, a scenario by one in
// main_test.go. The Django site is in testdata/site; gosite_test.go has the
// same pages on package settings.
//
// # Sites that are not the stock one
//
// The same Django site is tried with the models of testdata/projects, and with its
// sessions in each cache and format that can be shared. Nobody writes the settings of
// the Go site then. "jamsession django-facts" asks Django, "jamsession init" writes
// what is to be written, "jamsession check" must find no error, and the Go site runs
// with that. Such engines try the scenarios that touch what differs.
//
// # What Go keeps
//
// Nothing that Django has saved is overwritten by Go, on any engine but
// signed_cookies, where the last cookie counts. A request of Go that was in
// flight repeats its changes on what Django left, and ends with status 400 if
// Django has deleted the session.
//
// # What plain Django can overwrite
//
// Django writes back all that it has loaded. What Go saves between the moment
// when a request of Django loads the session and the moment when it saves it
// is lost, on every engine. "overwritten by Django" in the table counts it
// while three visitors of Go write one session without a pause. A request of
// Django that only reads the session, and does not save it, loses nothing.
//
// Below the path /merging the same Django site has the engines of
// contrib/python: "both compare". Nothing is lost then, and nothing comes back.
//
// # What plain Django can bring back
//
// A logout on either side is final on both with the engine db, even for
// requests that are in flight. With other engines plain Django can undo one:
//
//   - cached_db: a request of Django that has read the row before the logout,
//     and puts it into the cache afterwards, or that has updated the row and
//     then sets the cache. Django serves the session then, to read only: it
//     answers 400 when it is to save it. Go does not believe the entry: for Go
//     the visitor is logged out, and the first request to Go with this cookie
//     removes the entry, for Django, too. Otherwise it stays until it expires.
//   - cache and file: a request of Django that has looked whether the session
//     is there before the logout, and stores it afterwards. The session is back
//     for both sides, since there is no other record.
//   - signed_cookies: nothing can be taken back.
//
// "brought back by Django" counts it while three visitors write the session. The
// remedy is contrib/python. For signed_cookies there is none but another engine.
//
// # Where the two disagree on the end of a session
//
// Django's file engine does not end a session that set_expiry gave a number of
// seconds, and its signed_cookies know SESSION_COOKIE_AGE only. Go ends both in
// time. SESSION_IDLE_TIMEOUT and SESSION_ABSOLUTE_TIMEOUT are Go's: Django keeps
// what Go has saved to its end, except with signed_cookies, and prolongs it to
// its own SESSION_COOKIE_AGE when it saves.
//
// # Tables
//
// If both make the tables at the same moment, one of them or both may fail.
// Start Django's migrate again, and Go's, and once more if one still fails:
// nothing is missing then.
package django
