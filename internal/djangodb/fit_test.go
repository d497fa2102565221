package djangodb_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
)

// A uuid is a type of somebody's UUIDs.
type uuid struct{}

func (*uuid) MarshalText() ([]byte, error) {
	return []byte("2f79de82-d9ee-44f3-80dd-708eb1530da0"), nil
}

type (
	name  string
	count uint16
)

// TestFit: what a column can hold is bound, and nothing else.
func TestFit(t *testing.T) {
	db := open(t, tempFile(t))
	exec(t, db, "CREATE TABLE crew (whole integer, small bool, words varchar(3), long text, id char(32),"+
		" at datetime, address char(39), score real, picture blob)")
	fields, err := db.Fields(t.Context(), noerror.In(djangodb.ParseTableName("crew")))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]djangodb.Field{}
	for _, f := range fields {
		byName[f.Name] = f
	}
	const none = "-"
	number := func(n any) json.Number { return json.Number(fmt.Sprint(n)) }
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	three, hex := 3, "2f79de82d9ee44f380dd708eb1530da0"
	for _, c := range []struct {
		column string
		value  any
		want   string
	}{
		{"whole", number(17), "17"},
		{"whole", "17", "17"},
		{"whole", 17, "17"},
		{"whole", count(17), "17"},
		{"whole", &three, "3"},
		{"whole", (*int)(nil), none},
		{"whole", int64(math.MinInt64), "-9223372036854775808"},
		{"whole", uint64(math.MaxUint64), none},
		{"whole", number("1.0"), none},
		{"whole", number("1e3"), none},
		{"whole", " 17", none},
		{"whole", "", none},
		{"whole", true, none},
		{"whole", nil, none},
		{"whole", []int{1}, none},
		{"small", true, "true"},
		{"small", number(0), "false"},
		{"small", number(1), "true"},
		{"small", number(2), none},
		{"small", "true", none},
		{"words", "äöü", "äöü"},
		{"words", "äöüx", none},
		{"words", "", ""},
		{"words", number(123), "123"},
		{"words", number(1234), none},
		{"words", "a\x00", none},
		{"words", "\xff", none},
		{"words", true, none},
		{"words", name("abc"), "abc"},
		{"long", strings.Repeat("x", 1000), strings.Repeat("x", 1000)},
		{"id", &uuid{}, hex},
		{"id", (*uuid)(nil), none},
		{"id", strings.ToUpper(hex), hex},
		{"id", hex[1:], none},
		{"id", "2f79de82-d9ee-44f3-80dd-708eb1530dag", none},
		{"id", "2f79de82d9ee-44f3-80dd-708eb-1530da0", none},
		{"id", "{" + hex + "}", none},
		{"id", 1, none},
		{"at", at, "2026-02-03 03:05:06"},
		{"at", "2026-02-03T04:05:06+01:00", "2026-02-03 03:05:06"},
		{"at", "2026-02-03 03:05:06.5", "2026-02-03 03:05:06.500000"},
		{"at", "soon", none},
		{"at", number(1), none},
		{"at", time.Time{}, none},
		{"address", "192.0.2.1", "192.0.2.1"},
		{"address", "FE80::1%eth0", "fe80::1"},
		{"address", "localhost", none},
		{"address", "192.0.2.1:80", none},
		{"score", 1.5, "1.5"},
		{"score", float32(1.5), "1.5"},
		{"score", number(2), "2"},
		{"score", "NaN", none},
		{"score", number("Infinity"), none},
		{"score", "1e999", none},
		{"picture", "x", none},
	} {
		bound, fits := byName[c.column].Fit(db, c.value)
		got := none
		if fits {
			got = fmt.Sprint(bound)
		}
		if got != c.want {
			t.Errorf("%s of %#v: %s, want %s", c.column, c.value, got, c.want)
		}
	}
	if byName["picture"].Known() || !byName["whole"].Known() {
		t.Error("a blob is known, or an integer is not")
	}
}
