package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestSilentServerIsNamed: an error for want of an answer says so, on one line.
func TestSilentServerIsNamed(t *testing.T) {
	var out strings.Builder
	status := report(&out, fmt.Errorf("sqlstore: clear expired: %w", context.DeadlineExceeded))
	const want = "jamsession: the database or the cache did not answer in time: " +
		"sqlstore: clear expired: context deadline exceeded\n"
	if status != 1 || out.String() != want {
		t.Errorf("status %d, printed %q", status, out.String())
	}
}
