// Package load measures sessions end to end: programs that serve the same
// pages over HTTP, each a process of its own on a loopback port, and a
// generator that asks them for pages on connections that stay open.
//
// Each [Serve] is one contender: a library on an engine, or no sessions at
// all. Django is one more, served by gunicorn. The contenders of an engine
// take turns as package contest has it, and every answer is compared with
// what it must be: a wrong one ends the run.
//
// [RunHostile] measures something else: how long honest logins take at a whole
// site, as package settings opens it, while one address attacks it.
package load
