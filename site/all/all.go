// Package all lets package site open whatever settings can name. Import it
// only for that:
//
//	import _ "github.com/jamsession/jamsession/site/all"
//
// A program that knows what it needs imports only that, and is smaller by the
// drivers that it leaves out: docs/performance.md has the sizes.
package all

import (
	// Each package makes itself known.
	_ "github.com/jamsession/jamsession/auth/password/legacy"
	_ "github.com/jamsession/jamsession/site/lz4"
	_ "github.com/jamsession/jamsession/site/lzma"
	_ "github.com/jamsession/jamsession/site/memcached"
	_ "github.com/jamsession/jamsession/site/mysql"
	_ "github.com/jamsession/jamsession/site/postgres"
	_ "github.com/jamsession/jamsession/site/redis"
	_ "github.com/jamsession/jamsession/site/sqlite"
	_ "github.com/jamsession/jamsession/site/zstd"
)
