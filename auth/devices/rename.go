package devices

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/secret"
)

// ErrName says that a name is longer than 60 characters, or has some that cannot be printed.
var ErrName = errors.New("devices: a name has at most 60 characters, all of which can be printed")

const maxName = 60

// Rename gives one of the visitor's devices a name, without the spaces around it; the empty
// one takes it away. The error is [ErrName], or [ErrNoDevice] if the visitor does not have
// such a device.
func (d *Devices) Rename(r *http.Request, id, name string) error {
	v, err := devicekeeper.Visitor(r, &d.keeper)
	if err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	if len(name) > maxName*utf8.UTFMax || utf8.RuneCountInString(name) > maxName || !isPrintable(name) {
		return ErrName
	}
	ctx, cancel := d.limit(r.Context())
	defer cancel()
	_, ok, err := d.rows.find(ctx, v.UserID, id, secret.Text{})
	if err == nil && (!ok || v.UserID == "") {
		return ErrNoDevice
	}
	if err == nil {
		err = d.db.Transact(ctx, func(tx *sql.Conn) error {
			return d.rows.rename(ctx, tx, v.UserID, id, name)
		})
	}
	return wrap(ctx, "rename", err)
}

func isPrintable(text string) bool {
	return utf8.ValidString(text) &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
