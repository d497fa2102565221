// Package settings reads a site's settings under Django's names, and checks
// them:
//
//	s, err := settings.Load(settings.System())
//	if err != nil {
//		log.Fatal(err) // every problem, one per line
//	}
//
// Package site opens the site that they describe. A program may also use neither, and
// call the constructors of the other packages.
//
// # Sources
//
// A setting comes from a flag, from the environment, from the file jamsession.toml, from
// the program's defaults, or has the default below; the first of these counts. In the
// file, names are at the top level:
//
//	SECRET_KEY = "..."
//	SESSION_COOKIE_AGE = 3600
//	CSRF_TRUSTED_ORIGINS = ["https://www.example.com"]
//
// A name in the file that is not in the list below is an error. In the
// environment and in flags a list is written with commas.
//
// # Names
//
//	SECRET_KEY                       text                           signs and ties sessions; keep it secret
//	SECRET_KEY_FALLBACKS             list                           older keys that are still accepted
//	ADDR                             text      127.0.0.1:8000       host:port to listen on
//	ALLOWED_HOSTS                    list                           names of the site; empty: any
//	DATABASE_URL                     text      sqlite:///db.sqlite3 where the tables are
//	STORE_TIMEOUT                    seconds   5                    for an answer of database or cache
//	PBKDF2_ITERATIONS                number    1000000              cost of a new password hash
//	PASSWORD_HASHERS                 list                           first makes new; empty: Django's list
//	PASSWORD_UPGRADE                 bool      true                 false: leaves hashes as they are stored
//	AUTH_PASSWORD_VALIDATORS         list      all                  judge new passwords; empty: none
//	PASSWORD_MIN_LENGTH              number    8                    in characters, for the validator length
//	PASSWORD_RESET_TIMEOUT           seconds   259200               how long a reset link is valid
//	LOGIN_STAY_LOGGED_IN_AGE         seconds   2592000              how long "remember me" lasts
//	AUTHENTICATION_BACKENDS          list                           Django's that know the users
//	AUTH_USER_MODEL                  text      auth.User            Django's name of the user model
//	AUTH_USER_TABLE                  text                           its table; empty: app_model
//	AUTH_USER_COLUMNS                list                           field=column where they differ
//	AUTH_USER_KEY_TYPE               text      auto                 auto, integer, uuid or text
//	AUTH_USER_CASE                   text      exact                of names: exact, ignore or lower
//	AUTH_USER_GROUPS                 text                           table(user_column,group_column); none
//	AUTH_USER_PERMISSIONS            text                           likewise, of permissions
//	CACHE_URL                        text                           the cache "default"
//	CACHES                           caches                         more caches, by alias
//	SESSION_ENGINE                   text      db                   where sessions are kept
//	SESSION_TABLE                    text      django_session       db_table of the session model
//	SESSION_COLUMNS                  list                           column=item of the session model
//	SESSION_SALT                     text      django.contrib.sessions.SessionStore key_salt of SessionStore
//	SESSION_CACHE_ALIAS              text      default              the cache of cache and cached_db
//	SESSION_CACHE_FORMAT             text      django               plain: faster, not shared with Django
//	SESSION_FILE_PATH                text                           the folder of the engine file
//	SESSION_FILE_ALLOW_USERS         list                           other users' ids whose files count
//	SESSION_DENY_LIST                text      none                 none, db or cache: ends signed cookies
//	SESSION_COOKIE_NAME              text      sessionid
//	SESSION_COOKIE_AGE               seconds   1209600              how long a session lives unused
//	SESSION_COOKIE_DOMAIN            text                           empty: this host only
//	SESSION_COOKIE_PATH              text      /
//	SESSION_COOKIE_SECURE            secure    auto                 auto: except plain HTTP to loopback
//	SESSION_COOKIE_HTTPONLY          bool      true                 false: scripts can read it
//	SESSION_COOKIE_SAMESITE          samesite  Lax
//	SESSION_EXPIRE_AT_BROWSER_CLOSE  bool      false
//	SESSION_SAVE_EVERY_REQUEST       bool      false                each request prolongs the session
//	SESSION_IDLE_TIMEOUT             seconds   0                    ends an unused session; 0: no limit
//	SESSION_ABSOLUTE_TIMEOUT         seconds   0                    ends any session; 0: no limit
//	SESSION_REFRESH_INTERVAL         seconds   0                    least time between two prolongations
//	CSRF_USE_SESSIONS                bool      false                the secret is in the session
//	CSRF_COOKIE_NAME                 text      csrftoken
//	CSRF_COOKIE_AGE                  seconds   31449600             0: until the browser closes
//	CSRF_COOKIE_DOMAIN               text                           empty: this host only
//	CSRF_COOKIE_PATH                 text      /
//	CSRF_COOKIE_SECURE               secure    auto                 auto: except plain HTTP to loopback
//	CSRF_COOKIE_HTTPONLY             bool      false                false: scripts can read it
//	CSRF_COOKIE_SAMESITE             samesite  Lax
//	CSRF_HEADER_NAME                 text      HTTP_X_CSRFTOKEN     header that may carry the token
//	CSRF_TRUSTED_ORIGINS             list                           such as https://*.example.com
//	MESSAGE_STORAGE                  text      fallback             fallback, cookie or session
//	MESSAGE_COOKIE_NAME              text      messages             Django's cannot be changed
//	MESSAGE_LEVEL                    number    20                   the lowest level that is kept
//	LOGIN_LIMIT_STORE                text      auto                 db, cache, memory, none; see Guesses
//	LOGIN_LIMIT_ACCOUNT              limit     10/300               guesses on one name, as attempts/seconds
//	LOGIN_LIMIT_SOURCE               limit     50/2                 guesses from one address
//	LOGIN_DEVICE_COOKIE_NAME         text                           of known devices; see Guesses
//	PASSWORD_RESET_LIMIT             limit     5/1200               reset requests and mails of one address
//	SIGNUP_LIMIT                     limit     20/60                sign-ups from one address
//	NEW_SESSION_LIMIT                limit     1000/1               new sessions of an address; or none
//	DEVICES                          text      auto                 db, allauth, none; see Devices
//	DEVICE_LIMIT                     number    0                    devices of one user; 0: no limit
//	DEVICE_LIMIT_POLICY              text      oldest               who goes: oldest, refuse or ask
//	DEVICE_ADDRESS                   text      short                what is kept: short, full or none
//	DEVICE_ADDRESS_AGE               seconds   0                    and how long; 0: as the device
//	DEVICE_PUSH_URL                  text                           tells other processes; see Devices
//	TRUSTED_PROXIES                  list                           networks that say who the visitor is
//	TRUSTED_PROXY_HEADER             text      X-Forwarded-For      where they say it, or Forwarded
//	EMAIL_URL                        text                           smtp://host:587; empty: terminal
//	DEFAULT_FROM_EMAIL               text      webmaster@localhost  the sender of mails
//	USE_X_FORWARDED_HOST             bool      false                if the proxy changes Host, and sets this
//	SECURE_PROXY_SSL_HEADER          list                           HTTP_X_FORWARDED_PROTO,https
//	SECURE_SSL_REDIRECT              bool      false                sends plain HTTP to HTTPS
//	SECURE_SSL_HOST                  text                           where to; empty: the same host
//	SECURE_REDIRECT_EXEMPT           list                           regular expressions of paths that stay
//	SECURE_HSTS_SECONDS              seconds   0                    browsers take HTTPS only so long; 0: off
//	SECURE_HSTS_INCLUDE_SUBDOMAINS   bool      false
//	SECURE_HSTS_PRELOAD              bool      false
//	SECURE_CONTENT_TYPE_NOSNIFF      bool      true
//	SECURE_REFERRER_POLICY           list      same-origin          empty: none is sent
//	SECURE_CROSS_ORIGIN_OPENER_POLICY text      same-origin          empty: none is sent
//	X_FRAME_OPTIONS                  text      DENY                 or SAMEORIGIN; empty: none is sent
//	LOGIN_URL                        text      /accounts/login/
//	LOGIN_REDIRECT_URL               text      /accounts/profile/   where a login leads
//	LOGOUT_REDIRECT_URL              text                           where a logout leads
//	USE_TZ                           bool      true                 false: the tables hold local time
//	TIME_ZONE                        text      UTC                  of USE_TZ=false, and of reset links
//
// Seconds are whole numbers. A cookie with "auto" is Secure
// unless the request came over plain HTTP to a loopback host. A samesite is
// "Lax", "Strict" or "None"; false leaves the attribute out.
// SESSION_REFRESH_INTERVAL 0 is a tenth of the session's age, and -1 prolongs
// it at each request, as Django does.
//
// # Passwords
//
// PASSWORD_HASHERS and AUTH_PASSWORD_VALIDATORS take Django's dotted names of the
// classes, or short ones: the algorithm as it is written in the table, such as "argon2",
// and similarity, length, common and numeric. If a Django site writes to the same table,
// set PBKDF2_ITERATIONS to the number of that site, or PASSWORD_UPGRADE to false:
// otherwise each would rewrite the other's hashes, and a new hash ends the user's other
// sessions.
//
// # Guesses
//
// Attempts to log in are counted by name and by address; more than LOGIN_LIMIT_ACCOUNT
// and LOGIN_LIMIT_SOURCE allow are answered with 429, and so are more sign-ups than
// SIGNUP_LIMIT allows. All processes count together in the table jamsession_throttle,
// which site.Migrate makes, or with "cache" on Redis. With "auto" each process counts for
// itself until the table exists, for example in a database that only Django has migrated,
// and looks for it once a minute. Behind a proxy set TRUSTED_PROXIES, or all visitors
// share one address. docs/throttling.md describes the limits.
//
// A cookie tells on which devices users have logged in. It is named after the session
// cookie: "shop_device" if SESSION_COOKIE_NAME is "shop", and "jamsession_device" if it is
// "sessionid". Where it is Secure the name begins with "__Host-", or with "__Secure-" if
// SESSION_COOKIE_PATH is not "/". LOGIN_DEVICE_COOKIE_NAME is taken as it is. Two sites on one
// host, also on different ports, overwrite each other's cookies of the same name and path: give
// one of them its own SESSION_COOKIE_NAME, CSRF_COOKIE_NAME and MESSAGE_COOKIE_NAME.
//
// NEW_SESSION_LIMIT limits how many sessions a program without cookies can make on pages
// that write to the session. Beyond it a new visitor sees the page, but no session is
// stored; logins, and visitors who have a session, do not count. Each process counts for
// itself. The engine signed_cookies does not need the limit.
//
// # Devices
//
// Each login has a row in the table jamsession_device, which site.Migrate makes: users see
// where they are logged in, and end logins anywhere. With "auto" there are no devices until the
// table exists, for example in a database that only Django has migrated; each process looks
// for it once a minute. With "db" the site does not open without it. With "allauth" the rows are
// in the table of django-allauth's app usersessions, which a Django site has made: both list
// the same logins; DEVICE_ADDRESS says what is listed then. "none" keeps no rows, and
// ignores those that other processes keep. Processes that share sessions should have the same
// DEVICES: one with "none" lets logins go on that were ended. docs/login.md has a chapter.
//
// A page that is open learns within a second that its login was ended, by a look at the tables.
// It learns at once of what another process has ended if DEVICE_PUSH_URL names where they tell
// each other: postgres://user:password@host/name, or a URL of Redis as CACHE_URL has it. It must
// lead to PostgreSQL itself, which may be the database of the site: a PgBouncer in its transaction
// mode cannot carry LISTEN. Empty is the sessions' cache if the site uses one on Redis, and "none"
// is nowhere. While the server is down the site goes on as without one.
//
// # Headers
//
// The Handler of a site.Site does the same as Django's SecurityMiddleware and
// XFrameOptionsMiddleware, with the same settings, for each answer, including errors. A
// handler overrides a header by setting it. The HSTS header is only sent over HTTPS; set
// SECURE_HSTS_SECONDS when the whole site has HTTPS, since browsers remember it for that
// long. A Content-Security-Policy depends on the pages, which have to set it.
//
// # Databases
//
// DATABASE_URL is one of these. Special characters in a name or password
// are percent-encoded.
//
//	sqlite:///relative.db                 sqlite:////absolute.db
//	postgres://user:password@host:5432/name?sslmode=verify-full
//	postgres://user@/name?host=/run/postgresql&port=5432
//	postgres://user@/name?host=db1,db2&port=5432,5432&target_session_attrs=read-write
//	mysql://user:password@host:3306/name?tls=true&ssl_ca=/path/ca.pem
//	mysql://user@/name?socket=/run/mysqld/mysqld.sock
//
// The option max_conns limits the number of connections: 25 by default. On PostgreSQL
// half of them are for sessions only, if the engine is db or cached_db: see package
// pgstore. Its other options are libpq's.
//
// STORE_TIMEOUT is how long the database or the cache may take for each load, lookup,
// limiter call and save of a request, and to accept a connection. A server that does not
// respond for longer counts as down: the answer is 503. A cache in front of a table, and
// Memcached, have a shorter limit.
//
// # Engines and caches
//
// SESSION_ENGINE is "db", "cache", "cached_db", "file" or "signed_cookies", or Django's
// dotted name of it. Users are in the database whatever the engine; a program without
// users does not need a database for cache and file.
//
// The engines cache and cached_db use the cache that SESSION_CACHE_ALIAS names.
// CACHE_URL is the cache "default". Its options are Django's KEY_PREFIX, VERSION and the
// others below, in lower case:
//
//	redis://user:password@host:6379/0?key_prefix=site&version=1
//	unix:///run/redis.sock?db=0      rediss://…, redis-cluster://h1,h2 and
//	                                 redis-sentinel://h1,h2/master/0: see redisstore
//	memcached://h1:11211,h2:11211    memcached:///run/memcached.sock
//	db://table                       Django's DatabaseCache, in the database of DATABASE_URL
//	file:///folder                   Django's FileBasedCache
//	memory://                        of this process
//
// More caches are tables in the file, or in the environment a list of
// alias=url:
//
//	[CACHES.sessions]
//	URL = "redis://localhost:6379/1"
//	KEY_PREFIX = "site"
//	VERSION = 1
//	SERIALIZER = "pickle"      # of django-redis; or json, msgpack
//	COMPRESSOR = "none"        # of django-redis: zlib, gzip, lzma, zstd, lz4
//	KEY_FUNCTION = "django"    # prefix:version:key; or prefix (prefix:key), key
//	HASHING = "rendezvous"     # of several Memcacheds; or modula, ketama, ketama_weighted
//	MAX_ENTRIES = 300          # after which Django deletes entries of db:// and file://
//	CLIENT_CACHE = 0           # seconds for which Redis' sessions are read from memory
//	CLIENT_CACHE_MIB = 16      # how much memory that may take
//
// SERIALIZER and COMPRESSOR say what is written, see django.CacheValues; what the other
// side wrote by others is read, too. On Memcached they are pickle, and none or zlib. The
// compressors lzma, zstd and lz4 are in packages of their own below site. For any other
// function than the three that KEY_FUNCTION names there is site.Options.CacheKey.
// HASHING is that of PyMemcacheCache; PyLibMCCache has modula, unless its behaviors say
// ketama or ketama_weighted. MAX_ENTRIES tells the checks what Django's options say;
// nothing here deletes an entry that has not expired.
//
// CLIENT_CACHE is for the engine cache on Redis. Each process then keeps the sessions that
// it has read, for so many seconds at most, and Redis tells it what others have changed.
// Until that message arrives, the process reads the old session, even one that has been
// logged out elsewhere: for about a millisecond, or if the connection has broken, until
// that is noticed, which takes at most seven seconds. Its own changes it sees at once, and
// no update is lost. CLIENT_CACHE_MIB is how much memory the values of each server take,
// and how much what was decoded from them takes.
//
// The engine file keeps sessions in SESSION_FILE_PATH, which must be a separate folder:
// no other user may write into it, and files of other users are not trusted, unless
// SESSION_FILE_ALLOW_USERS has their ids, such as that of a Django site that runs as
// another user. For signed_cookies, SESSION_DENY_LIST says where to record ended
// sessions, so that a logout is final; with "none" it is not.
//
// # Secret key
//
// A key that can be guessed is refused: one that is missing, shorter than 32
// bytes, known from examples, or made of common words, sequences and
// repetitions. The rule is the same for each key of SECRET_KEY_FALLBACKS, since
// somebody who guesses one of them can forge sessions, too.
//
// A weak key is allowed only if nobody else can reach the site: ADDR is a
// loopback address, and no setting suggests other visitors, such as
// TRUSTED_PROXIES, SECURE_PROXY_SSL_HEADER, a public name in ALLOWED_HOSTS or
// CSRF_TRUSTED_ORIGINS, a cookie for HTTPS only, a cookie's domain, or an
// EMAIL_URL. [DemoSecretKey] makes a strong key for a demonstration.
//
// When the key changes, put the old one into SECRET_KEY_FALLBACKS for as long
// as old sessions should live.
package settings
