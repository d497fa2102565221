package live

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// writeTime is how long a visitor may take to read a line.
const writeTime = 10 * time.Second

// socket sends each line in a message. When the login ends, the page gets the code 1008, by which
// it knows that it need not come back.
func (p *pages) socket(login context.Context, w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer func() { _ = conn.CloseNow() }()
	// A context that ends closes the connection without a code, so that login must not be the one
	// that reads or writes.
	gone := conn.CloseRead(context.WithoutCancel(login)) // done when the visitor is gone
	both, cancel := context.WithCancel(login)
	defer cancel()
	stop := context.AfterFunc(gone, cancel)
	defer stop()
	for n := 0; ; {
		line, number, ok := p.board.after(both, n)
		if !ok {
			break
		}
		if send(gone, conn, line) != nil {
			return
		}
		n = number
	}
	code, reason := websocket.StatusGoingAway, "come back later"
	if hasEnded(login) {
		code, reason = websocket.StatusPolicyViolation, "you are logged out"
	}
	_ = conn.Close(code, reason)
}

func send(ctx context.Context, conn *websocket.Conn, line string) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, []byte(line))
}
