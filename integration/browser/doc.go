// Package browser holds the tests that click through examples/login with a
// real Chromium: what cookies it keeps, what the back button shows, and what
// pages of other origins can make it send.
//
//	JAMSESSION_SCREENSHOTS=/tmp/pages go test ./browser   # keep the pictures
package browser
