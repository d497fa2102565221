// Package integration holds the proofs that need more than one part: each
// engine's history is checked for linearizability, a logout is raced against
// requests in flight, and servers are killed, cut off and slowed down under
// load.
//
// It is a module of its own, so that what these tests need does not become
// part of the library's go.mod. An engine joins by one entry in
// engines_test.go. Package browser clicks through the example site. Each
// check is itself tried against something that is wrong on purpose.
//
//	go test -race ./...                       # skips servers that are missing
//	go test -run Linearizable -seed 42 ./...  # repeat the plan of a failure
package integration
