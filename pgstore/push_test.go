package pgstore_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/pushtest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
)

func pushOn(t *testing.T, at servertest.Database, channel string) *pgstore.Push {
	t.Helper()
	p := noerror.In(pgstore.NewPush(noerror.In(pgx.ParseConfig(at.PostgresURL())), channel))
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestPush(t *testing.T) {
	at := servertest.Postgres(t)
	pushtest.Run(t, func(t *testing.T, channel string) pushtest.Push { return pushOn(t, at, channel) })
	t.Run("the server ends the connections", func(t *testing.T) {
		_, pool := open(t, at)
		pushtest.RunLoss(t, pushOn(t, at, "loss"), func() {
			if _, err := pool.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"+
				" WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
				t.Error(err)
			}
		})
	})
}

// TestPushThatIsClosed publishes nothing, and has no connection.
func TestPushThatIsClosed(t *testing.T) {
	at := servertest.Postgres(t)
	p := pushOn(t, at, "closed")
	if err := p.Publish(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := p.Publish(t.Context(), "x"); err == nil {
		t.Error("a closed Push publishes")
	}
}

// TestPushThatCannotBe names what is wrong.
func TestPushThatCannotBe(t *testing.T) {
	config := noerror.In(pgx.ParseConfig("postgres://user:SENTINEL@localhost/x"))
	for channel, config := range map[string]*pgx.ConnConfig{
		"no configuration": nil, "": config, strings.Repeat("x", 64): config,
	} {
		if _, err := pgstore.NewPush(config, channel); err == nil || strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%q: error %v", channel, err)
		}
	}
}
