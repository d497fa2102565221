package siteparts

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// silentServer accepts connections and says nothing.
func silentServer(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func dialWire(t *testing.T, w *Wires, limit time.Duration) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	conn, err := w.Dial(ctx, "tcp", silentServer(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestFarewellsEnd: neither the connection on which pgx asks to cancel a
// statement, which has more time than any other dial, nor one that pgx gives
// up, waits for a server that says nothing.
func TestFarewellsEnd(t *testing.T) {
	w := NewWires(time.Minute)
	cancels := dialWire(t, w, time.Hour)
	if _, err := cancels.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("where pgx cancels: %v, want the end of a deadline", err)
	}
	givenUp := dialWire(t, w, time.Second)
	if err := givenUp.SetDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := givenUp.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("what was given up: %v, want the end of a deadline", err)
	}
}

// TestCutEndsAllConnections, and lets nobody open another.
func TestCutEndsAllConnections(t *testing.T) {
	w := NewWires(time.Minute)
	open, closed := dialWire(t, w, time.Second), dialWire(t, w, time.Second)
	if err := closed.Close(); err != nil || len(w.open) != 1 {
		t.Errorf("%d are open, %v, want 1", len(w.open), err)
	}
	done := make(chan error)
	go func() {
		_, err := open.Read(make([]byte, 1))
		done <- err
	}()
	w.Cut()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("who waited: %v, want net.ErrClosed", err)
	}
	if _, err := w.Dial(t.Context(), "tcp", silentServer(t)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial: %v, want net.ErrClosed", err)
	}
}

// TestRenewedConnectionsBeginNothingNew, and those that are opened afterwards do.
func TestRenewedConnectionsBeginNothingNew(t *testing.T) {
	w := NewWires(time.Minute)
	old := dialWire(t, w, time.Second)
	if _, err := old.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	w.Renew()
	if n, err := old.Write([]byte("x")); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write on an old one: %d, %v", n, err)
	}
	if _, err := dialWire(t, w, time.Second).Write([]byte("x")); err != nil {
		t.Errorf("Write on a new one: %v", err)
	}
}

// TestDriverCanLookAtTheSocket, or MySQL's does not see that the server has
// closed an idle connection.
func TestDriverCanLookAtTheSocket(t *testing.T) {
	conn := dialWire(t, NewWires(time.Minute), time.Second)
	raw, err := conn.(*wire).SyscallConn()
	if err == nil {
		err = raw.Control(func(uintptr) {})
	}
	if err != nil {
		t.Error(err)
	}
}
