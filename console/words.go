package console

import (
	"strconv"
	"time"
)

// ago says how long ago something was, in its largest unit.
func ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	age := time.Since(t)
	if age < time.Minute {
		return "just now"
	}
	return roughly(age) + " ago"
}

// untilWords says in how long something will be.
func untilWords(t time.Time) string {
	return inWords(time.Until(t))
}

// inWords says after how long something will be.
func inWords(left time.Duration) string {
	if left <= 0 {
		return "now"
	}
	return "in " + roughly(left)
}

// roughly writes a time in its largest unit.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return count(int(d/(24*time.Hour)), "day")
	case d >= 2*time.Hour:
		return count(int(d/time.Hour), "hour")
	case d >= 2*time.Minute:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	default:
		return strconv.Itoa(int((d+time.Second-1)/time.Second)) + " s"
	}
}

// count writes a number of things.
func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// ofBucket says for what attempts in a bucket are counted.
var ofBucket = map[string]string{
	"account":        "name",
	"source":         "address",
	"device source":  "known devices at the address",
	"mailbox":        "mails to the address",
	"device mailbox": "mails asked for from known devices",
}
