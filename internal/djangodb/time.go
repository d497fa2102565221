package djangodb

import (
	"fmt"
	"strings"
	"time"
)

// Time scans a column of time that was selected through [Dialect.RawTime].
type Time struct {
	// At is in UTC. It is zero for NULL, and for what Django could not read
	// either.
	At time.Time

	// TimeZone is whose wall clock time the database keeps. Nil is UTC.
	TimeZone *time.Location
}

// Scan implements sql.Scanner.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		t.At = time.Time{}
	case []byte:
		t.At = parseTime(string(v), zone(t.TimeZone))
	case string:
		t.At = parseTime(v, zone(t.TimeZone))
	case time.Time:
		t.At = v.UTC()
	default:
		return fmt.Errorf("a column of time holds a %T", src)
	}
	return nil
}

// layouts are the forms that Django reads, by frequency. Go's parser allows a
// fraction after the seconds without being asked.
var layouts = [...]string{
	"2006-01-02 15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05Z0700",
	"2006-01-02 15:04:05Z07",
	"2006-01-02 15:04",
	"2006-01-02",
}

// parseTime reads a text of time as Django 5.2 does; zero if it is not one.
func parseTime(text string, timeZone *time.Location) time.Time {
	if len(text) > len("2006-01-02") && text[len("2006-01-02")] == 'T' {
		text = strings.Replace(text, "T", " ", 1)
	}
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, text, timeZone)
		if err == nil {
			return pythonTime(t.UTC().Truncate(time.Microsecond))
		}
	}
	return time.Time{}
}

// pythonTime returns zero for a year that Python does not know.
func pythonTime(t time.Time) time.Time {
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
