package session

const testCookieItem, testCookieValue = "testcookie", "worked"

// SetTestCookie stores an item, so that the next request can tell by
// [Session.TestCookieWorked] whether the browser keeps cookies.
func (s *Session) SetTestCookie() { s.Set(testCookieItem, testCookieValue) }

// TestCookieWorked reports whether the item of [Session.SetTestCookie] came
// back with the browser's cookie.
func (s *Session) TestCookieWorked() bool {
	return Get(s, testCookieItem, "") == testCookieValue
}

// DeleteTestCookie removes the item of [Session.SetTestCookie].
func (s *Session) DeleteTestCookie() { s.Delete(testCookieItem) }
