package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/term"
)

// openTerminal returns the two ends of a pseudo-terminal.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("not run: no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	var number, unlocked int32
	ioctl(t, keyboard, syscall.TIOCSPTLCK, &unlocked)
	ioctl(t, keyboard, syscall.TIOCGPTN, &number)
	name := fmt.Sprintf("/dev/pts/%d", number)
	terminal, err = os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return keyboard, terminal
}

func ioctl(t *testing.T, f *os.File, request uintptr, arg *int32) {
	t.Helper()
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(arg)))
	if errno != 0 {
		t.Fatal(errno)
	}
}

// A tripwire is a writer that calls do when text was written to it.
type tripwire struct {
	mu   sync.Mutex
	seen bytes.Buffer
	text string
	do   func()
}

func (w *tripwire) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Write(text)
	if w.do != nil && strings.Contains(w.seen.String(), w.text) {
		w.do()
		w.do = nil
	}
	return len(text), nil
}

func stateOf(t *testing.T, terminal *os.File) *term.State {
	t.Helper()
	state, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		t.Error(err)
	}
	return state
}

// afterHiding calls do as soon as the terminal no longer shows what is typed.
func afterHiding(t *testing.T, terminal *os.File, shown *term.State, do func()) {
	t.Helper()
	for reflect.DeepEqual(shown, stateOf(t, terminal)) {
		runtime.Gosched()
	}
	do()
}

// TestPromptsStopAndLeaveTheTerminalAsItWas, even at the question where it
// shows nothing.
func TestPromptsStopAndLeaveTheTerminalAsItWas(t *testing.T) {
	std := migrated(t)
	_, terminal := openTerminal(t)
	std.in = terminal
	before := stateOf(t, terminal)
	for _, c := range []struct {
		question, args string
		hidden         bool
	}{
		{"Username", "createsuperuser", false},
		{"Password: ", "createsuperuser --username ann --email ann@example.com", true},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		errs := &tripwire{text: c.question, do: cancel}
		if c.hidden {
			errs.do = func() { go afterHiding(t, terminal, before, cancel) }
		}
		std.err = errs
		if status := run(ctx, strings.Fields(c.args), std); status != 1 {
			t.Errorf("%s: status %d", c.question, status)
		}
		if got := errs.seen.String(); !strings.HasSuffix(got, "\njamsession: stopped\n") {
			t.Errorf("%s: printed %q", c.question, got)
		}
		if !reflect.DeepEqual(before, stateOf(t, terminal)) {
			t.Errorf("%s: the terminal is not as it was", c.question)
		}
	}
}

// TestCtrlDStopsAPrompt: the end of the answers is not an empty answer.
func TestCtrlDStopsAPrompt(t *testing.T) {
	std := migrated(t)
	keyboard, terminal := openTerminal(t)
	std.in = terminal
	errs := &tripwire{text: "Email", do: func() { _, _ = keyboard.WriteString("\x04") }}
	std.err = errs
	args := []string{"createsuperuser", "--username", "ann"}
	if status := run(t.Context(), args, std); status != 1 {
		t.Errorf("status %d", status)
	}
	if got := errs.seen.String(); !strings.HasSuffix(got, "\njamsession: stopped\n") {
		t.Errorf("printed %q", got)
	}
}

// TestPasswordsAreNotShown: what is typed at the hidden questions does not
// come back from the terminal.
func TestPasswordsAreNotShown(t *testing.T) {
	std := migrated(t)
	keyboard, terminal := openTerminal(t)
	std.in = terminal
	shown := stateOf(t, terminal)
	answer := func() {
		go afterHiding(t, terminal, shown, func() { _, _ = keyboard.WriteString("correct horse\n") })
	}
	errs := &tripwire{text: "Password: ", do: answer}
	again := &tripwire{text: "Password (again): ", do: answer}
	std.err = io.MultiWriter(errs, again)
	args := []string{"createsuperuser", "--username", "ann", "--email", "ann@example.com"}
	if status := run(t.Context(), args, std); status != 0 {
		t.Fatalf("status %d: %s", status, &errs.seen)
	}
	const end = "END"
	if _, err := terminal.WriteString(end); err != nil {
		t.Fatal(err)
	}
	var echoed []byte
	for part := make([]byte, 100); !bytes.Contains(echoed, []byte(end)); {
		n, err := keyboard.Read(part)
		if err != nil {
			t.Fatal(err)
		}
		echoed = append(echoed, part[:n]...)
	}
	if bytes.Contains(echoed, []byte("horse")) {
		t.Errorf("the terminal shows %q", echoed)
	}
}

// TestTheAccountsNameIsTheDefault in createsuperuser, while it is free.
func TestTheAccountsNameIsTheDefault(t *testing.T) {
	std := migrated(t)
	_, std.in = openTerminal(t)
	name := accountName()
	offer := fmt.Sprintf("(leave blank to use %q)", name)
	asked := func() string {
		ctx, cancel := context.WithCancel(t.Context())
		errs := &tripwire{text: ": ", do: cancel}
		run(ctx, []string{"createsuperuser"}, stdio{std.in, std.out, errs})
		return errs.seen.String()
	}
	if !isUsername(name) || name != strings.ToLower(name) {
		t.Skipf("not run: the account's name %q would not do", name)
	}
	if got := asked(); !strings.Contains(got, offer) {
		t.Errorf("while it is free: %q", got)
	}
	jamsession(t, "correct horse", "createsuperuser", "--noinput", "--username", name)
	if got := asked(); strings.Contains(got, "leave blank") {
		t.Errorf("when it is taken: %q", got)
	}
	got := jamsession(t, "battery staple", "changepassword", "--noinput")
	if !strings.HasPrefix(got, "Password of "+name+" changed.") {
		t.Errorf("changepassword: %q", got)
	}
}
