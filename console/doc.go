// Package console shows a site from the inside, to those who operate it: who is logged in where,
// what a session holds, why a user is locked out, which settings count. It ends logins and lifts
// limits.
//
//	c, err := console.New(site, nil)
//	if err != nil { ... }
//	server.RegisterOnShutdown(c.Close)
//	mux.Handle("/console/", http.StripPrefix("/console", c))
//	http.ListenAndServe(addr, site.Handler(mux))
//
// It can be mounted below any path, with [http.StripPrefix], inside of the site's own Handler. A
// ServeMux that also has "GET /" needs two patterns, "GET /console/" and "POST /console/". The
// console needs no files, and works without JavaScript. With it, pages follow what happens as long
// as they are on the screen, which counts as use of the session.
//
// # Access
//
// Users with the permission "sessions.view_session", which Django makes for its sessions, see all
// pages. Actions need "sessions.delete_session" as well, and a login that is not older than
// [Options].RecentLogin. Superusers have both. For everybody else, the anonymous visitor
// included, the console does not exist: the answer is 404. There is no mode without users.
//
// # What it shows
//
// The names of items, and the values of those of this module that are harmless. The values of
// others are masked until somebody asks for them; that is noted. Values that could be used
// against the visitor are never shown: hashes, tokens, keys, whatever has a name like these. The
// key of a session is nowhere: an address of the console has it sealed with the site's keys.
//
// # What is noted
//
// Each action, and each look at values, is a line in the log. If the users are Django's and its
// admin is in use it is also an entry in django_admin_log, about the user whose login, session or
// limit it is: the admin shows it in the user's history.
//
// # With many sessions
//
// Users, devices and a session are found by an index. What has to read one session after the
// other, which is the list, a fingerprint, and the sessions of a user on a site without devices,
// takes two seconds at most, and says so if not all were looked at. Nothing counts a table.
package console
