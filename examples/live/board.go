package live

import (
	"context"
	"sync"
)

// most is how many lines a board keeps.
const most = 100

// A board has lines, which are numbered from 1.
type board struct {
	mu      sync.Mutex
	lines   []string
	gone    int           // lines that were dropped
	changed chan struct{} // closed by the next line
}

func (b *board) write(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
	if len(b.lines) > most {
		b.lines = b.lines[1:]
		b.gone++
	}
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// after returns the line after the n-th, and its number. It waits until there is one, and ok is
// false if ctx ends before.
func (b *board) after(ctx context.Context, n int) (line string, number int, ok bool) {
	for ctx.Err() == nil {
		line, number, changed := b.look(n)
		if changed == nil {
			return line, number, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return "", n, false
}

// look returns what after returns, or what is closed when there is more to see.
func (b *board) look(n int) (line string, number int, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < 0 || n > b.gone+len(b.lines) { // of a board before the server was started anew
		n = 0
	}
	if i := max(n-b.gone, 0); i < len(b.lines) {
		return b.lines[i], b.gone + i + 1, nil
	}
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return "", n, b.changed
}
