package sessiontest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jamsession/jamsession/session"
)

// errorCases try the errors of a store.
var errorCases = []contractCase{
	{
		"ContextDone",
		"Every method must give up when ctx is done, and then return an error that wraps ctx.Err; " +
			"\"could not ask\" and \"not there\" are different answers.",
		tryContextDone,
	},
	{
		"ErrorsShowNoSecret",
		"Errors must not contain the record's key or data.",
		tryErrorsShowNoSecret,
	},
}

// attempts calls each method that takes a key, and returns their errors.
func (x *trial) attempts(ctx context.Context, rec session.Record) map[string]error {
	_, loadErr := x.store.Load(ctx, rec.Key)
	_, clearErr := x.store.ClearExpired(ctx, time.Now())
	return map[string]error{
		"Load":         loadErr,
		"Create":       x.store.Create(ctx, moved(rec)),
		"Save":         x.store.Save(ctx, rec, with(rec, `{"changed":1}`)),
		"Move":         x.store.Save(ctx, rec, moved(rec)),
		"Delete":       x.store.Delete(ctx, rec.Key),
		"ClearExpired": clearErr,
	}
}

func tryContextDone(x *trial) {
	rec := x.created(`{"a":1}`)
	done, cancel := context.WithCancel(x.ctx)
	cancel()
	for method, err := range x.attempts(done, rec) {
		x.want(method+" with a done context", err, context.Canceled)
		if errors.Is(err, session.ErrNotFound) {
			x.failf("%s with a done context: the error says that the record does not exist", method)
		}
	}
	x.holds(rec)
}

func tryErrorsShowNoSecret(x *trial) {
	rec := x.created(`{"password":"hunter2"}`)
	done, cancel := context.WithCancel(x.ctx)
	cancel()
	taken := x.created(`{"b":2}`)
	errs := x.attempts(done, rec)
	errs["Create of taken"] = x.store.Create(x.ctx, rec)
	errs["Move to taken"] = x.store.Save(x.ctx, rec, with(taken, "{}"))
	errs["Save of changed"] = x.store.Save(x.ctx, with(rec, "{}"), rec)
	_, errs["Load of nothing"] = x.store.Load(x.ctx, newKey())
	for doing, err := range errs {
		if err == nil {
			x.failf("%s: no error", doing)
		}
		text := err.Error()
		if strings.Contains(text, rec.Key) || strings.Contains(text, taken.Key) {
			x.failf("%s: the error contains the key", doing)
		}
		if strings.Contains(text, "hunter2") {
			x.failf("%s: the error contains the data", doing)
		}
	}
}
