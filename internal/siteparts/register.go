package siteparts

import (
	"fmt"
	"sync"
)

// importPath is what comes before the name of a driver's package.
const importPath = "github.com/jamsession/jamsession/site/"

// drivers are those that the program has imported, by the names of their packages.
var drivers struct {
	sync.RWMutex
	databases map[string]OpenDatabase
	caches    map[string]Cache
	pushes    map[string]OpenPush
}

// RegisterDatabase makes the package of this name in folder site known, which
// opens the places of a scheme of the same name.
func RegisterDatabase(name string, open OpenDatabase) {
	drivers.Lock()
	defer drivers.Unlock()
	if drivers.databases == nil {
		drivers.databases = make(map[string]OpenDatabase)
	}
	drivers.databases[name] = open
}

// RegisterCache makes the package of this name below folder site known.
func RegisterCache(name string, c Cache) {
	drivers.Lock()
	defer drivers.Unlock()
	if drivers.caches == nil {
		drivers.caches = make(map[string]Cache)
	}
	drivers.caches[name] = c
}

// databaseOf returns what opens places of a scheme. Its error names the import
// that is missing.
func databaseOf(scheme string) (OpenDatabase, error) {
	drivers.RLock()
	defer drivers.RUnlock()
	if open, ok := drivers.databases[scheme]; ok {
		return open, nil
	}
	return nil, missing(scheme)
}

// CacheOf returns what opens caches of a kind. Its error names the import that is
// missing.
func CacheOf(kind string) (Cache, error) {
	drivers.RLock()
	defer drivers.RUnlock()
	if c, ok := drivers.caches[kind]; ok {
		return c, nil
	}
	return Cache{}, missing(kind)
}

func missing(name string) error {
	return fmt.Errorf("this program has no driver for %s: import _ %q, or all drivers by site/all",
		name, importPath+name)
}
