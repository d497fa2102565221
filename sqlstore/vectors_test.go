package sqlstore_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// vectorsTime is when the vectors were made.
var vectorsTime = time.Unix(1700000000, 0)

func TestVectorsSQLiteDatetime(t *testing.T) {
	store, db := open(t, tempFile(t), sqlstore.Options{})
	vectors.Run(t, "sqlite_datetime", func(t *testing.T, c vectors.Case) {
		var in struct {
			Datetime time.Time
			UseTZ    bool `json:"USE_TZ"`
		}
		var want struct {
			ColumnText string `json:"column_text"`
		}
		c.Decode(t, &in, &want)
		if !in.UseTZ {
			t.Fatal("this test has UTC only")
		}
		rec := session.Record{Key: strings.Repeat("k", 32), Data: []byte("{}"), Expiry: in.Datetime}
		create(t, store, rec)
		var text string
		if err := db.QueryRow("SELECT expire_date || '' FROM django_session").Scan(&text); err != nil {
			t.Fatal(err)
		}
		if text != want.ColumnText {
			t.Errorf("the column holds %q, want %q", text, want.ColumnText)
		}
		if err := store.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
	})
}

// TestVectorsSQLiteDatetimeRead loads rows whose expire_date Django did not
// write. One answer of Django 3.2 is different: it cannot parse a date without
// a time, which 5.2 can.
func TestVectorsSQLiteDatetimeRead(t *testing.T) {
	vectors.Run(t, "sqlite_datetime_read", func(t *testing.T, c vectors.Case) {
		var in struct {
			Text string `json:"expire_date_column_text"`
		}
		var want struct {
			Loads  string          `json:"session_loads"`
			Parsed json.RawMessage `json:"parsed"` // a text, or {"error": ...}
		}
		c.Decode(t, &in, &want)
		var expiry time.Time // zero: Django cannot read it
		if len(want.Parsed) > 0 && want.Parsed[0] == '"' {
			if err := json.Unmarshal(want.Parsed, &expiry); err != nil {
				t.Fatal(err)
			}
		}
		if c.Version == "3.2" && in.Text == "2030-01-02" {
			expiry = time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)
		}
		path := tempFile(t)
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(vectorsTime))
			checkRead(t, path, in.Text, want.Loads != "{}", expiry)
		})
	})
}

// checkRead loads a row with this text of expire_date.
func checkRead(t *testing.T, path, text string, loads bool, expiry time.Time) {
	t.Helper()
	store, db := open(t, path, sqlstore.Options{})
	key := strings.Repeat("k", 32)
	if _, err := db.Exec("INSERT INTO django_session VALUES (?, '{}', ?)", key, text); err != nil {
		t.Fatal(err)
	}
	rec, err := store.Load(t.Context(), key)
	if (err == nil) != loads {
		t.Fatalf("Load: error %v, Django loads it: %v", err, loads)
	}
	if err == nil && !rec.Expiry.Equal(expiry) {
		t.Errorf("Load: expiry %v, want %v", rec.Expiry, expiry)
	}
}
