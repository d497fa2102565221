package reset

import (
	"context"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/mail"
)

// limitedUsers ends each question, so that a silent user store holds neither a
// request nor a worker.
type limitedUsers struct{ users Users }

func (l limitedUsers) ByID(ctx context.Context, id string) (auth.User, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Default)
	defer cancel()
	return l.users.ByID(ctx, id)
}

func (l limitedUsers) ByUsername(ctx context.Context, name string) (auth.User, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Default)
	defer cancel()
	return l.users.ByUsername(ctx, name)
}

func (l limitedUsers) ByEmail(ctx context.Context, email string) ([]auth.User, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Default)
	defer cancel()
	return l.users.ByEmail(ctx, email)
}

// limitedSender gives up each mail after a minute, whatever the sender's
// own limits are: others wait for it.
type limitedSender struct{ sender mail.Sender }

func (l limitedSender) Send(ctx context.Context, m mail.Message) error {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	return l.sender.Send(ctx, m)
}
