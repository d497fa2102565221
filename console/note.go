package console

import (
	"errors"
	"log/slog"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/administration"
	"github.com/jamsession/jamsession/messages"
)

// An action is what somebody does here.
type action struct {
	text  string    // what was done, in a sentence without a key
	about auth.User // whose; anonymous if nobody's
	name  string    // what it was about then
	ends  bool      // something of the user is gone
}

// kind is what the action is called among the events of the site.
func (a action) kind() auth.EventKind {
	switch {
	case a.ends:
		return auth.EventConsoleEnded
	case a.text == liftedText:
		return auth.EventConsoleLifted
	}
	return auth.EventConsoleLooked
}

// note writes an action down. Without a log of Django's admin it is a line of the program's, and an
// event of the site.
func (c *Console) note(r *request, a action) error {
	c.site.Auth.Report(r.Request, auth.Event{Kind: a.kind(), ActorID: r.viewer.ID, UserID: a.about.ID})
	c.opts.Logger.InfoContext(r.Context(), "console: "+a.text,
		slog.String("actor", r.viewer.ID), slog.String("user_id", a.about.ID))
	if c.office == nil {
		return nil
	}
	entry := administration.Entry{
		Actor: r.viewer.ID, About: a.about.ID, Name: a.about.Username, Deletion: a.ends, Message: a.text,
	}
	if !a.about.IsAuthenticated() {
		entry.Name = a.name
	}
	err := c.office.Write(r.Context(), entry)
	if errors.Is(err, administration.ErrNoLog) {
		return nil
	}
	if err != nil {
		c.opts.Logger.ErrorContext(r.Context(), "console: the action is not in django_admin_log",
			slog.Any("error", err))
	}
	return err
}

// done notes an action that was carried out, and tells the visitor.
func (c *Console) done(r *request, a action, told string) {
	c.streams.acts.Add(1)
	if err := c.note(r, a); err != nil {
		messages.Warning(r.Request, told+" It could not be written to the log of Django's admin.")
		return
	}
	messages.Success(r.Request, told)
}
