// Package secrettest makes keys for tests.
package secrettest

import "github.com/jamsession/jamsession/secret"

// Keys returns keys. It panics if one of them is empty.
func Keys(current string, older ...string) secret.Keys {
	keys, err := secret.NewKeys(current, older...)
	if err != nil {
		panic(err)
	}
	return keys
}
