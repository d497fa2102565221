package auth

import (
	"context"
	"log/slog"
)

// AuditLog returns a function for Options.OnEvent that writes a line for each event, with the
// message "security event" and the attributes that docs/observability.md lists (ASVS
// 16.3). What was refused is a warning, and everything else information. Give it a logger of
// its own if the lines are to be kept longer than others.
func AuditLog(logger *slog.Logger) func(ctx context.Context, e Event) {
	return func(ctx context.Context, e Event) {
		level := slog.LevelInfo
		if e.Kind.isRefusal() {
			level = slog.LevelWarn
		}
		logger.LogAttrs(ctx, level, "security event", e.attributes()...)
	}
}

func (k EventKind) isRefusal() bool {
	switch k {
	case EventLoginFailed, EventLoginUnavailable, EventLimited, EventPasswordWrong, EventDenied,
		EventCSRFFailed, EventDeviceLimited:
		return true
	}
	return false
}

// attributes returns those that say something.
func (e Event) attributes() []slog.Attr {
	all := []slog.Attr{slog.String("event", string(e.Kind))}
	for _, a := range [...]slog.Attr{
		slog.String("actor", e.ActorID),
		slog.String("user_id", e.UserID),
		slog.String("device", e.DeviceID),
		slog.String("login_method", e.Method),
		slog.String("source", e.Source),
		slog.String("purpose", e.Purpose),
		slog.String("bucket", e.Bucket),
		slog.String("reason", e.Reason),
	} {
		if a.Value.String() != "" {
			all = append(all, a)
		}
	}
	if e.Wait > 0 {
		all = append(all, slog.Duration("retry_after", e.Wait))
	}
	if e.Kind == EventEnded {
		all = append(all, slog.Int("records", e.Records))
	}
	return all
}
