package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

const (
	processes = 3
	additions = 60 // by each process
)

// counter is the record that the processes add to.
func counter(n int) session.Record {
	return session.Record{
		Key:    strings.Repeat("c", 32),
		Data:   []byte(strconv.Itoa(n)),
		Expiry: time.Now().Add(time.Hour),
	}
}

// TestProcesses: several processes start on an empty file at once, migrate,
// and add to one record. No addition is lost.
func TestProcesses(t *testing.T) {
	if path := os.Getenv("SQLSTORE_TEST_FILE"); path != "" {
		addMany(t, path)
		return
	}
	path := tempFile(t)
	var children []*exec.Cmd
	for range processes {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcesses$")
		child.Env = append(os.Environ(), "SQLSTORE_TEST_FILE="+path)
		output := &strings.Builder{}
		child.Stdout, child.Stderr = output, output
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	for _, child := range children {
		if err := child.Wait(); err != nil {
			t.Errorf("child: %v\n%s", err, child.Stdout)
		}
	}
	store, _ := open(t, path, sqlstore.Options{})
	rec, err := store.Load(t.Context(), counter(0).Key)
	if want := fmt.Sprint(processes * additions); err != nil || string(rec.Data) != want {
		t.Errorf("the record holds %s, %v; want %s", rec.Data, err, want)
	}
}

// addMany is one of the processes.
func addMany(t *testing.T, path string) {
	store, _ := open(t, path, sqlstore.Options{})
	ctx := t.Context()
	if err := store.Create(ctx, counter(0)); err != nil && !errors.Is(err, session.ErrExists) {
		t.Fatal(err)
	}
	for done := 0; done < additions; {
		err := addOne(ctx, store)
		switch {
		case err == nil:
			done++
		case !errors.Is(err, session.ErrConflict):
			t.Fatal(err)
		}
	}
}

func addOne(ctx context.Context, store session.Store) error {
	old, err := store.Load(ctx, counter(0).Key)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(old.Data))
	if err != nil {
		return err
	}
	return store.Save(ctx, old, counter(n+1))
}
