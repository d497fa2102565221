package session

const (
	testCookieItem  = Item[string]("testcookie")
	testCookieValue = "worked"
)

// SetTestCookie stores an item, so that the next request can find out with
// [Session.TestCookieWorked] whether the browser keeps cookies.
func (s *Session) SetTestCookie() { testCookieItem.Set(s, testCookieValue) }

// TestCookieWorked reports whether the item of [Session.SetTestCookie] came
// back with the browser's cookie.
func (s *Session) TestCookieWorked() bool {
	return testCookieItem.Get(s, "") == testCookieValue
}

// DeleteTestCookie removes the item of [Session.SetTestCookie].
func (s *Session) DeleteTestCookie() { testCookieItem.Delete(s) }
