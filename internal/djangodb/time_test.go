package djangodb_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
)

func scan(t *testing.T, text string, loc *time.Location) time.Time {
	t.Helper()
	got := djangodb.Time{TimeZone: loc}
	if err := got.Scan([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return got.At
}

func TestTimeText(t *testing.T) {
	paris := time.FixedZone("Paris", 3600)
	for _, c := range []struct {
		at   time.Time
		loc  *time.Location
		want string
	}{
		{time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), nil, "2030-01-02 03:04:05"},
		{time.Date(2030, 1, 2, 3, 4, 5, 999, time.UTC), nil, "2030-01-02 03:04:05"},
		{time.Date(2030, 1, 2, 3, 4, 5, 678_000, time.UTC), nil, "2030-01-02 03:04:05.000678"},
		{time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), paris, "2030-01-02 04:04:05"},
		{time.Date(2030, 1, 2, 3, 4, 5, 0, paris), nil, "2030-01-02 02:04:05"},
		{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), nil, "0001-01-01 00:00:00"},
		{time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC), nil, "9999-12-31 23:59:59.999999"},
	} {
		if got := djangodb.SQLite.EncodeTime(c.at, c.loc); got != c.want {
			t.Errorf("%v: %q, want %q", c.at, got, c.want)
		}
	}
	text, _ := djangodb.SQLite.EncodeTime(time.Date(2030, 7, 1, 12, 0, 0, 1000, time.UTC), paris).(string)
	if got := scan(t, text, paris); !got.Equal(time.Date(2030, 7, 1, 12, 0, 0, 1000, time.UTC)) {
		t.Errorf("%q reads back as %v", text, got)
	}
}

func TestTimeForms(t *testing.T) {
	want := time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	for _, text := range []string{
		"2030-01-02 03:04:05.678", "2030-01-02T03:04:05.678000", "2030-01-02 03:04:05.678+00:00",
		"2030-01-02T05:04:05.678+0200", "2030-01-02 02:04:05,678-01", "2030-01-02T03:04:05.678Z",
		"2030-01-02 03:04:05.6780009",
	} {
		if got := scan(t, text, nil); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{
		"", "1893553445", "2030-01-02 03:04:05 +0000 UTC", "2030-13-02 03:04:05", "never",
		"0000-01-01", "0001-01-01 00:00:00+01:00",
	} {
		if got := scan(t, text, nil); !got.IsZero() {
			t.Errorf("%q: %v, want zero", text, got)
		}
	}
}

func TestTimeScan(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	var got djangodb.Time
	if err := got.Scan(at); err != nil || !got.At.Equal(at) || got.At.Location() != time.UTC {
		t.Errorf("a time.Time: %v, %v", got, err)
	}
	if err := got.Scan(nil); err != nil || !got.At.IsZero() {
		t.Errorf("NULL: %v, %v", got, err)
	}
	if err := got.Scan("2030-01-02 02:04:05"); err != nil || !got.At.Equal(at) {
		t.Errorf("a string: %v, %v", got, err)
	}
	if err := got.Scan(int64(7)); err == nil || !strings.Contains(err.Error(), "int64") {
		t.Errorf("an integer: %v, %v", got, err)
	}
}

// FuzzTime: what is read is written so that it reads the same, and compares
// as text as the instants do.
func FuzzTime(f *testing.F) {
	f.Add("2030-01-02 03:04:05", "2030-01-02T03:04:05.678+02:00")
	f.Add("0001-01-01", "9999-12-31 23:59:59.999999-23:59")
	f.Add("1893553445", "2030-01-02 03:04:05 +0000 UTC")
	f.Fuzz(func(t *testing.T, a, b string) {
		ta, tb := scan(t, a, nil), scan(t, b, nil)
		ca, _ := djangodb.SQLite.EncodeTime(ta, nil).(string)
		cb, _ := djangodb.SQLite.EncodeTime(tb, nil).(string)
		for text, at := range map[string]time.Time{ca: ta, cb: tb} {
			if got := scan(t, text, nil); !got.Equal(at) {
				t.Fatalf("%v is written as %q, which reads as %v", at, text, got)
			}
		}
		if want := ta.Compare(tb); strings.Compare(ca, cb) != want {
			t.Fatalf("%q and %q do not compare as %v and %v", ca, cb, ta, tb)
		}
	})
}
