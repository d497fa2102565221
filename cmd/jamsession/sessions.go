package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

type sessionsCommands struct {
	List   listCommand   `cmd:"" help:"List the sessions that have not expired."`
	Show   showCommand   `cmd:"" help:"Show the items of a session."`
	Delete deleteCommand `cmd:"" help:"Delete sessions; their visitors are logged out."`
	End    endCommand    `cmd:"" help:"End all sessions of a user, or of everybody."`
}

// Help says more in --help.
func (*sessionsCommands) Help() string {
	return "A session is named by its fingerprint, or the beginning of it, or by its key. Keys " +
		"are never printed, since they open the session."
}

// minPrefix is how many characters of a fingerprint name a session.
const minPrefix = 4

// find returns the session that is meant. A key is found at once, and a
// fingerprint by looking at all.
func find(a *app, site *site.Site, name string) (session.Record, error) {
	rec, err := site.Store.Load(a.ctx, name)
	if err == nil || !errors.Is(err, session.ErrNotFound) {
		return rec, err
	}
	if len(name) < minPrefix {
		return rec, fmt.Errorf("%d characters of a fingerprint are needed: "+
			"see jamsession sessions list", minPrefix)
	}
	found := 0
	for candidate, err := range session.List(a.ctx, site.Store) {
		if err != nil {
			return session.Record{}, listError(site, err)
		}
		if strings.HasPrefix(session.Fingerprint(candidate.Key), strings.ToLower(name)) {
			rec = candidate
			found++
		}
	}
	switch found {
	case 1:
		return rec, nil
	case 0:
		return session.Record{}, errors.New("there is no such session: see jamsession sessions list")
	default:
		return session.Record{}, fmt.Errorf("%d sessions have a fingerprint like this: "+
			"give more of it", found)
	}
}

// listError says which engine cannot list its sessions.
func listError(site *site.Site, err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		engine := site.Settings.Get("SESSION_ENGINE")
		return fmt.Errorf("SESSION_ENGINE %s cannot list its sessions here", engine)
	}
	return err
}
