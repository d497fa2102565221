package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// Each benchmark of the store stands beside one of a bare prepared statement
// on the same kind of pool: for Load the same SELECT, for Save the UPDATE by key
// alone that Django makes, which compares nothing.

func benchRecord() session.Record {
	rec := record(1, time.Now().Add(time.Hour))
	rec.Data = bytes.Repeat([]byte("x"), 300)
	return rec
}

func benchContext(b *testing.B) context.Context {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // as a request's
	b.Cleanup(cancel)
	return ctx
}

func benchPrepare(b *testing.B, db *sql.DB, text string) *sql.Stmt {
	b.Helper()
	stmt, err := db.Prepare(text)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = stmt.Close() })
	return stmt
}

func BenchmarkLoad(b *testing.B) {
	store, _ := open(b, tempFile(b), sqlstore.Options{})
	rec, ctx := benchRecord(), benchContext(b)
	create(b, store, rec)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Load(ctx, rec.Key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadBare(b *testing.B) {
	path := tempFile(b)
	store, _ := open(b, path, sqlstore.Options{})
	rec, ctx := benchRecord(), benchContext(b)
	create(b, store, rec)
	stmt := benchPrepare(b, pool(b, path, readerDSN, 4), "SELECT session_key, session_data, CAST(expire_date AS BLOB)"+
		" FROM django_session WHERE session_key = ? AND expire_date > ?")
	b.ReportAllocs()
	for b.Loop() {
		var key string
		var data, expiry []byte
		if err := stmt.QueryRowContext(ctx, rec.Key, "2026-01-02 03:04:05.000000").Scan(&key, &data, &expiry); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSave(b *testing.B) {
	store, _ := open(b, tempFile(b), sqlstore.Options{})
	rec, ctx := benchRecord(), benchContext(b)
	create(b, store, rec)
	b.ReportAllocs()
	for b.Loop() {
		if err := store.Save(ctx, rec, rec); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSaveBare(b *testing.B) {
	store, db := open(b, tempFile(b), sqlstore.Options{})
	rec, ctx := benchRecord(), benchContext(b)
	create(b, store, rec)
	stmt := benchPrepare(b, db, "UPDATE django_session SET session_data = ?, expire_date = ? WHERE session_key = ?")
	data := string(rec.Data)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := stmt.ExecContext(ctx, data, "2230-01-02 03:04:05.000000", rec.Key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadUnprepared is BenchmarkLoadBare without the prepared statement.
func BenchmarkLoadUnprepared(b *testing.B) {
	path := tempFile(b)
	store, _ := open(b, path, sqlstore.Options{})
	rec, ctx := benchRecord(), benchContext(b)
	create(b, store, rec)
	db := pool(b, path, readerDSN, 4)
	b.ReportAllocs()
	for b.Loop() {
		var key string
		var data, expiry []byte
		row := db.QueryRowContext(ctx, "SELECT session_key, session_data, CAST(expire_date AS BLOB)"+
			" FROM django_session WHERE session_key = ? AND expire_date > ?", rec.Key, "2026-01-02 03:04:05.000000")
		if err := row.Scan(&key, &data, &expiry); err != nil {
			b.Fatal(err)
		}
	}
}
