package devices

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// A Push carries word between the processes of a site: a login that ended in one of them ends
// at once what [Devices.Watch] watches in the others, which otherwise notice within a second.
// pgstore.NewPush and redisstore.NewPush make one. It must be safe for concurrent use.
//
// A message only has others look at the table: somebody who can send some ends
// nothing. It names the user, by the ID.
type Push interface {
	// Publish sends a message of at most 300 bytes to every process that receives.
	Publish(ctx context.Context, message string) error

	// Receive calls connected once, when messages arrive from now on, and got for each, until
	// ctx ends or the connection is lost. It returns why. Neither function blocks.
	Receive(ctx context.Context, connected func(), got func(message string)) error
}

// news goes to the other processes of the site, and comes from them; nil without a Push.
type news struct {
	out *publisher
	in  *receiver
}

// newNews has wake called for users of whom other processes have news, once it was started.
func newNews(push Push, logger *slog.Logger, wake func(user string)) *news {
	if push == nil {
		return nil
	}
	sender := rand.Text()
	return &news{
		newPublisher(push, sender, logger),
		&receiver{push: push, sender: sender, logger: logger, wake: wake},
	}
}

// start has the news of others heard from now on.
func (n *news) start() {
	if n != nil {
		n.in.start()
	}
}

// tell tells the others of a user, and never waits.
func (n *news) tell(user string) {
	if n != nil {
		n.out.tell(user)
	}
}

// close tells what is to be told yet.
func (n *news) close() {
	if n != nil {
		n.in.close()
		n.out.close()
	}
}

// maxNews is how long news can be, in bytes.
const maxNews = 300

// A message has a letter for what it is, the process that sends it, and a user. Of two
// versions of this package one may not know what the other says, and then looks every second.
const (
	newsOfUser = "u"
	newsOfAll  = "a"
	echo       = "e" // a process finds out whether its own messages arrive
)

// newsOf is the message that something has changed for a user.
func newsOf(sender, user string) string {
	message := newsOfUser + sender + " " + user
	isText := utf8.ValidString(user) && !strings.Contains(user, "\x00")
	if user == "" || user == everybody || len(message) > maxNews || !isText {
		return newsOfAll + sender
	}
	return message
}

// readNews returns whom a message concerns; nobody if it is not news.
func readNews(message string) (sender, user string, isNews bool) {
	if message == "" || len(message) > maxNews {
		return "", "", false
	}
	sender, user, _ = strings.Cut(message[1:], " ")
	switch message[:1] {
	case newsOfUser:
		return sender, user, user != ""
	case newsOfAll:
		return sender, everybody, true
	}
	return sender, "", false
}
