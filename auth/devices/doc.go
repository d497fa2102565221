// Package devices shows users where they are logged in, and ends a login anywhere, at once.
//
//	if _, err := devices.Migrate(ctx, db); err != nil { ... }
//	here, err := devices.New(ctx, db, keys, &devices.Options{Store: store})
//	...
//	logins, err := auth.New(users, keys, &auth.Options{Devices: here})
//
// Each login then has a row in the table jamsession_device. A page lists those of its visitor,
// and ends one of them, or all others. No password is needed:
//
//	list, err := here.List(r)         // "Firefox on Linux · active 3 minutes ago"
//	err = here.End(r, list[1].ID)     // out at its next request
//	n, err := here.EndOthers(r)
//
// # What it promises
//
// The row is the truth. When End returns, no request of that login succeeds any more, in any
// process, whatever the engine of the sessions: a cookie that holds the session is refused as
// well. Each request that asks for its user looks at its row, in the statement that loads the
// user if both are in one database through the same pool, and sqlusers has the users. If
// the database cannot be asked the answer is 503, and nobody is logged out. A new login needs
// a database that can be written to.
//
// The session itself is deleted afterwards, for the sake of a Django site that shares it. That
// is a matter of two seconds: what is left of it opens nothing here. If the store fails, or
// the process is killed, the row stays without its user, and is not listed: within a minute of
// requests another attempt is made, by any process, and by [Devices.ClearExpired].
//
// # Open sockets
//
// A WebSocket, a stream of events and a long poll go on after their request was let in.
// [Devices.Watch] gives them a context that ends with the login:
//
//	ctx, stop, err := here.Watch(r)
//	if err != nil { ... }
//	defer stop()
//	for {
//		select {
//		case <-ctx.Done(): // context.Cause(ctx) is devices.ErrEnded
//			return
//		case m := <-messages:
//			...
//		}
//	}
//
// It ends at once if this process has ended the login, or has changed its user by package
// sqlusers; if another process has, and Options.Push says so; and else when this process next
// looks: each second, at all logins that are watched together. It ends with the row, by whatever
// means that is deleted; when the user is deactivated, deleted or gets another password, or the
// floor of their logins is raised; and when the session has expired, or a Django site has
// deleted it.
//
// A save, another key, another login of the same user in the session, and the visitor's own
// change of the password do not end it.
//
// Three things can end it too early; a page that connects again is let in. A Django site that
// gives the session another key deletes, for all that is known here, a session. With the
// engine signed_cookies, only the process that changes the password for the visitor knows that
// the visitor's own login goes on. And a request that gives its session another key or password,
// and needs longer than a quarter of a second to store it, may look like an end to other
// processes. If nobody could look for half a minute, all watches end, with a cause that wraps
// session.ErrUnavailable: a socket must not outlive its login.
//
// A watch takes about a kilobyte and no goroutine. A look asks for the rows, the users and the
// sessions of up to five hundred logins together, where users and sessions are in a database, in
// Redis or in memory; of fewer, where it has to ask for one after another. After a look at all, this
// process rests nine times as long as that took, and ten seconds at most: with ten thousand watches
// it looks every few seconds, and not each second. What it hears of, here or by Options.Push, does
// not wait for that; nor does the end of everybody's logins, if there was none in the last ten
// seconds.
//
// # Where a row comes from
//
// A login makes it, before the session says anything of it. If the answer of the login is
// never stored, the row is not listed for longer than an hour. A login in a session of the same
// user keeps the device. A logout, another password, the end of all sessions and a deactivation
// delete the rows that they end.
//
// A login that has no row, since Django has made it or this program did before it had
// devices, gets one at its first request here. Its method is "django" if it does not say when
// it was, and else "earlier". Where that cannot be written, the login goes on without a row,
// and another request tries again ten seconds later; meanwhile EndOthers is refused to it. With
// the engine signed_cookies, a copy of the cookie with which it came has ended with it. An older
// cookie of that login, from before Django last changed the session, is as good as a new login:
// EndOthers and EndAll end it, and End does not.
//
// A row lives as long as its session. [Devices.ClearExpired], which jamsession clearsessions
// calls, deletes those that ended more than a day ago; before that it asks the store whether
// the session lives on, as a Django site prolongs sessions and not rows. Where it cannot
// ask, as with signed cookies, a user who was at the Django site only, for longer than a
// session lives unused, has to log in again.
//
// # The table of django-allauth
//
// With [Options].AllAuth the rows are in the table of django-allauth's app usersessions: a
// Django site and this one list the same logins, and each ends those of the other. Django has
// to make the table; the store has to be one that Django knows, and not HashKeys nor cookies.
//
// That table has the key of the session, and Django makes a row for each session that it sees
// with USERSESSIONS_TRACK_ACTIVITY. So a login lives as long as both its session and its row: End
// deletes the session first, and fails if the store does. A login that gets another key has it
// in its row before the visitor has it; where that cannot be written, the login ends. Somebody who
// reads the table gets into the sessions, as with allauth alone. Addresses are kept whole, as allauth
// keeps them, and listed as Options.Address says. The id of a device is the number of its row,
// for which each request asks in a statement of its own.
//
// # What it keeps
//
// The network of the visitor's address, and what the browser says that it is, until the login
// ends; see [Options]. When a device was last seen is written every five minutes, and not by
// the request. The key of the session is sealed with the site's keys: somebody who reads the
// table gets into no session. The id of a device opens nothing.
//
// # Limits
//
// With [Options].Max a user is logged in on so many devices at most, however many log in at
// once. The oldest one ends, or auth.Manager.Login returns a [*LimitError] and nobody is logged
// in. To let the visitor choose with [Ask], show the devices beside the form, and call EndDevice
// after Authenticate has proved who asks:
//
//	user, err := logins.Authenticate(r, name, password)
//	...
//	if id := r.PostFormValue("device"); id != "" {
//		err = here.EndDevice(r.Context(), user.ID, id)
//	}
//	err = logins.Login(r, user) // *devices.LimitError
package devices
