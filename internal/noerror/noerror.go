// Package noerror is for tests and benchmarks: it panics if a constructor returned an
// error.
package noerror

// In returns v. It panics if there is an error.
//
//	sessions := noerror.In(session.New(store, nil))
func In[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
