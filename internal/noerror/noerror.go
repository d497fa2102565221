// Package noerror is for tests and benchmarks: it takes what a constructor returned, and
// panics if that was an error.
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
