// Package site opens the site that settings describe: its database and cache,
// its sessions, logins, forms, messages and mails, each as its own package
// would make it.
//
//	import _ "github.com/jamsession/jamsession/site/postgres"
//
//	s, err := settings.Load(settings.System())
//	...
//	if err := site.Migrate(ctx, s, nil); err != nil { // makes the tables, if need be
//		log.Fatal(err)
//	}
//	here, err := site.Open(ctx, s, nil)
//	...
//	defer here.Close()
//	http.ListenAndServe(s.Get("ADDR"), here.Handler(mux))
//
// It links no driver of a database or cache. A program imports those that its
// settings name, as with database/sql: site/postgres, site/mysql, site/sqlite,
// site/redis and site/memcached, or site/all.
//
// # What settings cannot say
//
// [Options] change each part before it is made: what happens on a login, which
// backends vouch for users, who answers errors, and who is told of events.
//
//	site.Open(ctx, s, &site.Options{
//		Logger: logger,
//		Auth: func(o *auth.Options) {
//			o.Backends = append(o.Backends, ldap) // after Django's users
//			o.OnLogin = func(r *http.Request, user auth.User) { ... }
//		},
//		Sessions: func(o *session.Options) { o.ErrorHandler = errorPage },
//	})
//
// A program whose users are not in auth_user gives Options.Users, and one
// without users Options.NoUsers: it has sessions, forms and messages only, and
// needs no database if its engine needs none.
package site
