package site_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/site"
)

// TestSiteOpensWithoutItsPush: a login is ended all the same, and the log says what is wrong, without
// the password.
func TestSiteOpensWithoutItsPush(t *testing.T) {
	for name, url := range map[string]string{
		"Redis": "redis://:SENTINEL@" + servertest.FreeAddr(t), "PostgreSQL": "postgres://u:SENTINEL@" + servertest.FreeAddr(t) + "/x",
	} {
		t.Run(name, func(t *testing.T) {
			s := settingsOf(t, tempFile(t), map[string]string{"DEVICE_PUSH_URL": url})
			if err := site.Migrate(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
			var log safeLog
			here, err := site.Open(t.Context(), s, &site.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			addUser(t, here)
			if _, err := here.Devices().EndAll(t.Context(), "1"); err != nil {
				t.Error(err)
			}
			began := time.Now()
			if err := here.Close(); err != nil || time.Since(began) > 10*time.Second {
				t.Errorf("Close: %v after %v", err, time.Since(began))
			}
			if text := log.String(); !strings.Contains(text, "other processes are not told") || strings.Contains(text, "SENTINEL") {
				t.Errorf("logged %s", text)
			}
		})
	}
}

// A safeLog may be written to by several goroutines.
type safeLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
