package load

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// HostileOptions say how a site is attacked, and for how long.
type HostileOptions struct {
	Connections int           // of the attacker, from one address
	Every       time.Duration // between two honest logins, each from an address of its own
	Quiet       time.Duration // how long honest users are alone first
	Attack      time.Duration // how long they are not

	// Profiles is a folder for a CPU profile of each site. Empty means none.
	Profiles string

	// Log is told what goes on. Nil tells nobody.
	Log func(format string, args ...any)
}

// RunHostile measures honest logins at a site, on each database: first alone,
// and then while somebody sends sign-ups and logins without pause. It returns
// the section "hostile". What is not installed is left out, unless
// JAMSESSION_REQUIRE_SERVICES is 1: then it is an error.
func RunHostile(ctx context.Context, o HostileOptions) (report.Section, error) {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	var all []siege
	var versions []string
	for _, on := range []struct {
		name string
		open func(t testing.TB) (url, version string)
	}{
		{onSQLite, func(t testing.TB) (string, string) {
			return "sqlite:///" + filepath.Join(t.TempDir(), "site.db"), ""
		}},
		{onPostgres, func(t testing.TB) (string, string) {
			on := startPostgres(t)
			return on.address, on.version
		}},
	} {
		b := contest.NewBed()
		var s siege
		var err error
		fault := b.Try(func() {
			url, version := on.open(b)
			if version != "" {
				versions = append(versions, version)
			}
			s, err = o.attack(ctx, b, on.name, url)
		})
		b.Close()
		switch {
		case err != nil:
			return report.Section{}, fmt.Errorf("%s: %w", on.name, err)
		case fault != nil && os.Getenv("JAMSESSION_REQUIRE_SERVICES") == "1":
			return report.Section{}, fault
		case fault != nil:
			o.Log("%s is left out: %v", on.name, fault)
		default:
			all = append(all, s)
		}
	}
	return o.section(all, versions), nil
}

// attack measures on one database.
func (o HostileOptions) attack(ctx context.Context, b *contest.Bed, name, url string) (siege, error) {
	users := int((o.Quiet+o.Attack)/o.Every) + 2
	if err := enroll(ctx, url, users); err != nil {
		return siege{}, err
	}
	var p *process
	together, err := contest.Apart(func() { p = start(b, o.serve(b, name, url)) })
	if err != nil {
		return siege{}, err
	}
	defer together()
	s := siege{engine: name}
	s.quiet, err = o.honest(ctx, p.addr, o.Quiet, 0)
	if err != nil {
		return siege{}, err
	}
	o.Log("%s: %d honest logins alone", name, len(s.quiet))
	attacker, err := o.begin(ctx, p.addr)
	if err != nil {
		return siege{}, err
	}
	before := p.usage()
	s.attacked, err = o.honest(ctx, p.addr, o.Attack, len(s.quiet))
	s.cpu = p.usage().cpu - before.cpu
	s.hostile = attacker.end()
	o.Log("%s: %d honest logins under attack; the attacker got %v", name, len(s.attacked), s.hostile)
	for i, l := range s.attacked {
		if l.took > wantTimes*s.usual() || l.status != 303 {
			o.Log("%s: %v after the beginning: status %d in %v",
				name, time.Duration(i)*o.Every, l.status, l.took)
		}
	}
	return s, err
}

func (o HostileOptions) serve(t testing.TB, name, url string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"serve-logins", "-database", url}
	if o.Profiles != "" {
		args = append(args, "-cpuprofile", filepath.Join(o.Profiles, "hostile-"+name+".pprof"))
	}
	return exec.Command(self, args...)
}

const honestPassword = "a plain staple"

// honestName is the user who logs in as the i-th. None logs in twice.
func honestName(i int) string { return fmt.Sprintf("honest%d", i) }

// enroll makes the honest users. They have one hash, which takes one hash to
// make.
func enroll(ctx context.Context, url string, n int) error {
	site, err := openLogins(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = site.Close() }()
	hash, err := site.Hashers.Hash(ctx, honestPassword)
	if err != nil {
		return err
	}
	for i := range n {
		_, err := site.Users().Create(ctx, auth.User{Username: honestName(i), Password: hash, IsActive: true})
		if err != nil {
			return err
		}
	}
	return nil
}
