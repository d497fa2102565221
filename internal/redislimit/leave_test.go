package redislimit_test

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/redislimit"
)

// A replies server gives one answer to each GET, and notes who connects.
type replies struct {
	addr      string
	answer    string
	connected atomic.Int64
}

func newReplies(t *testing.T, answer string) *replies {
	t.Helper()
	listener := noerror.In(net.Listen("tcp", "127.0.0.1:0"))
	t.Cleanup(func() { _ = listener.Close() })
	r := &replies{addr: listener.Addr().String(), answer: answer}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.connected.Add(1)
			go r.serve(conn)
		}
	}()
	return r
}

// serve reads commands, each an array of texts.
func (r *replies) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	line := func() string {
		text, _ := in.ReadString('\n')
		return strings.TrimSpace(text)
	}
	for {
		n, err := strconv.Atoi(strings.TrimPrefix(line(), "*"))
		if err != nil {
			return
		}
		var words []string
		for range n {
			line() // the length
			words = append(words, line())
		}
		answer := "+OK"
		if words[0] == "GET" {
			answer = r.answer
		}
		if _, err := fmt.Fprintf(conn, "%s\r\n", answer); err != nil || words[0] == "QUIT" {
			return
		}
	}
}

// TestWrongServersAreLeft, whoever has dialed them, and others are not: a command
// that a server refuses says nothing about the connection.
func TestWrongServersAreLeft(t *testing.T) {
	for answer, leaves := range map[string]bool{
		"-READONLY You can't write against a read only replica.":            true,
		"-ERR Error running script: @user_script: 14: -READONLY You can't.": true,
		"-LOADING Redis is loading the dataset in memory":                   true,
		"-MASTERDOWN Link with MASTER is down":                              true,
		"-CLUSTERDOWN The cluster is down":                                  true,
		"-NOREPLICAS Not enough good replicas to write.":                    true,
		"-NOAUTH Authentication required.":                                  true,
		"-OOM command not allowed when used memory > 'maxmemory'.":          false,
		"-WRONGTYPE Operation against a key holding the wrong kind":         false,
		"-ERR unknown command 'READONLY '":                                  false,
		"+OK":                                                               false,
	} {
		for _, given := range []bool{true, false} {
			t.Run(fmt.Sprint(answer, " given=", given), func(t *testing.T) {
				t.Parallel()
				server := newReplies(t, answer)
				inner := noerror.In(rueidis.NewClient(rueidis.ClientOption{
					InitAddress: []string{server.addr}, AlwaysRESP2: true, DisableCache: true,
					ForceSingleClient: true, DisableRetry: true, PipelineMultiplex: -1,
				}))
				t.Cleanup(inner.Close)
				var cuts atomic.Int64
				c := redislimit.New(inner)
				if !given {
					c = redislimit.Dialed(inner, func() { cuts.Add(1) })
				}
				before := server.connected.Load()
				get := func() { c.Do(t.Context(), c.B().Get().Key("k").Build()) }
				get()
				get() // soon after the first one
				left := cuts.Load()
				if given {
					left = server.connected.Load() - before
				}
				if leaves && left == 0 || !leaves && left > 0 || !given && left > 1 {
					t.Errorf("left %d times", left)
				}
			})
		}
	}
}
