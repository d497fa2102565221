package console

import (
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// The permissions of Django's model of sessions.
const (
	viewSession   = "sessions.view_session"
	deleteSession = "sessions.delete_session"
)

// A level is what somebody may do here.
type level int

const (
	levelNone level = iota
	levelRead
	levelWrite
)

// A viewer is who has sent a request.
type viewer struct {
	auth.User
	level level
	fresh bool // the login is recent
}

// MayAct reports whether forms of actions are shown.
func (v viewer) MayAct() bool { return v.level == levelWrite }

// Fresh reports whether actions are carried out.
func (v viewer) Fresh() bool { return v.fresh }

// viewerOf finds out who asks. If that cannot be found out, the request ends with 503.
func (c *Console) viewerOf(r *http.Request) viewer {
	user, err := auth.Load(r)
	if err != nil {
		session.Abort(r, err)
	}
	if !user.IsAuthenticated() {
		return viewer{}
	}
	may, err := auth.LoadPermissions(r)
	if err != nil {
		session.Abort(r, err)
	}
	v := viewer{User: user}
	switch {
	case !may.Has(viewSession):
		return viewer{}
	case may.Has(deleteSession) && !c.opts.ReadOnly:
		v.level = levelWrite
	default:
		v.level = levelRead
	}
	at, err := auth.LoginTime(r)
	if err != nil {
		session.Abort(r, err)
	}
	age := time.Since(at)
	v.fresh = !at.IsZero() && age <= c.opts.RecentLogin && age > -time.Minute
	return v
}
