package devices

import "log/slog"

// News is news between processes.
type News struct{ n *news }

// NewNews is newNews.
func NewNews(push Push, logger *slog.Logger, wake func(user string)) News {
	return News{newNews(push, logger, wake)}
}

// Start is start.
func (n News) Start() { n.n.start() }

// Tell is tell.
func (n News) Tell(user string) { n.n.tell(user) }

// Close is close.
func (n News) Close() { n.n.close() }

// NewsOf is newsOf of some sender.
func NewsOf(user string) string { return newsOf("SENDER", user) }

// ReadNews is readNews.
func ReadNews(message string) (user string, ok bool) {
	_, user, ok = readNews(message)
	return user, ok
}

// MaxNewsWaiting is maxNewsWaiting.
const MaxNewsWaiting = maxNewsWaiting
