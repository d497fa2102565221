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
// The package does not link drivers of databases or caches. A program imports those that
// its settings name, as with database/sql: site/postgres, site/mysql, site/sqlite,
// site/redis and site/memcached, or site/all.
//
// # Beyond settings
//
// [Options] change each part before it is made: hooks for logins, the backends that
// authenticate users, the handlers that answer errors, and the observers of events.
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
// A program whose users are in no table of Django's sets Options.Users. A program without users
// sets Options.NoUsers: it only has sessions, forms and messages, and needs a database
// only if its engine does.
package site
