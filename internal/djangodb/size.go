package djangodb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
)

// CheckCutting returns an error if a table of sessions would keep the beginning
// of a long session and say that all is well: MySQL and MariaDB do so with a
// column that is shorter than Django's, unless they are strict.
func (db DB) CheckCutting(ctx context.Context, t TableName) error {
	query := dialects[db.Dialect].cutting
	if query == "" {
		return nil
	}
	found, err := column(ctx, db, query, dialects[db.Dialect].tableArgs(t)...)
	if err != nil || len(found) == 0 {
		return err
	}
	return fmt.Errorf("the server cuts off, without an error, what is too long for %s (%s):"+
		" make session_data longtext and session_key varchar(40), as Django does,"+
		" or add STRICT_TRANS_TABLES to sql_mode", t, strings.Join(found, ", "))
}

// A Packet knows how many bytes the server takes of one statement, and of one
// value, if there is such a limit.
type Packet struct {
	db    DB
	bytes atomic.Int64 // 0: there is none
}

// NewPacket asks the server for its limit.
func (db DB) NewPacket(ctx context.Context) (*Packet, error) {
	p := &Packet{db: db}
	return p, p.ask(ctx)
}

func (p *Packet) ask(ctx context.Context) error {
	query := dialects[p.db.Dialect].packet
	if query == "" {
		return nil
	}
	found, err := column(ctx, p.db, query)
	if err != nil || len(found) == 0 {
		return err
	}
	n, err := strconv.ParseInt(found[0], 10, 64)
	p.bytes.Store(n)
	return err
}

// Takes reports whether the server can take a value of so many bytes. Before it
// says no it asks again: somebody may have raised the limit.
//
// A driver may send a value in parts. One that is too large would make the
// server refuse all that comes after it by the same prepared statement.
func (p *Packet) Takes(ctx context.Context, bytes int) bool {
	if limit := p.bytes.Load(); limit == 0 || int64(bytes) <= limit {
		return true
	}
	return p.ask(ctx) == nil && int64(bytes) <= p.bytes.Load()
}

// besides is more than a statement on one session has besides its data.
const besides = 1024

// Explains reports whether a statement with so many bytes of data is the reason
// why its connection was closed: often that arrives before the answer does.
func (p *Packet) Explains(ctx context.Context, err error, bytes int) bool {
	limit := p.bytes.Load()
	return err != nil && limit > 0 && ctx.Err() == nil && int64(bytes)+besides > limit && mysqlCode(err) == 0
}
