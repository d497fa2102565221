package sessiontest

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestKitNoticesBrokenSealers is TestKitNoticesBrokenStores for sealers.
func TestKitNoticesBrokenSealers(t *testing.T) {
	cases := slices.Concat(sealerCases, revocationCases)
	for _, b := range brokenSealers {
		t.Run(b.name, func(t *testing.T) {
			i := slices.IndexFunc(cases, func(c sealerCase) bool { return c.name == b.noticedBy })
			if i < 0 {
				t.Fatalf("there is no case %s", b.noticedBy)
			}
			if checkSealer(t.Context(), cases[i], b.open()) == nil {
				t.Errorf("case %s did not notice", b.noticedBy)
			}
		})
	}
}

var brokenSealers = []struct {
	name      string
	noticedBy string
	open      func() session.Sealer
}{
	{"issues every key", "IssuedIsByForm", func() session.Sealer { return issuesAll{revoking()} }},
	{"loads forgeries", "ForgeriesAreNotFound", func() session.Sealer { return newTrusting() }},
	{"makes the same key again", "SealedChangeLoads", func() session.Sealer { return newTrusting() }},
	{"takes data away", "SealedDataIsKept", func() session.Sealer { return takesAway{revoking()} }},
	{"knows no expiry", "SealedExpiryIsKept", func() session.Sealer { return newTrusting() }},
	{"ignores contexts", "SealerGivesUp", func() session.Sealer { return newTrusting() }},
	{"revokes nothing", "LogoutIsFinal", func() session.Sealer { return unlisted() }},
	{"deletes nothing", "DeleteIsFinal", func() session.Sealer { return unlisted() }},
	{"knows no fresh keys", "FreshKeyHasNothingInCommon", func() session.Sealer { return neverFresh{revoking()} }},
	{"lets both win", "RaceOfLogoutAndRotation", func() session.Sealer { return unlisted() }},
}

const secret = "a-secret-key-for-the-tests-only-0123456789-abcdef"

func unlisted() session.Sealer { return noerror.In(cookiestore.New(secrettest.Keys(secret), nil)) }

func revoking() session.Sealer {
	return noerror.In(cookiestore.New(secrettest.Keys(secret), &cookiestore.Options{Revoked: new(memstore.Store)}))
}

type issuesAll struct{ session.Sealer }

func (issuesAll) Issued(string) bool { return true }

type takesAway struct{ session.Sealer }

func (s takesAway) Seal(old, next session.Record, fresh bool) (session.Record, error) {
	next.Data = bytes.Replace(next.Data, []byte(`"a":1,`), nil, 1)
	return s.Sealer.Seal(old, next, fresh)
}

type neverFresh struct{ session.Sealer }

func (s neverFresh) Seal(old, next session.Record, _ bool) (session.Record, error) {
	return s.Sealer.Seal(old, next, false)
}

// trusting has one key for everything, and believes any key at all.
type trusting struct {
	session.Sealer
	rec *session.Record
}

func newTrusting() session.Sealer { return trusting{unlisted(), new(session.Record)} }

func (s trusting) Seal(_, next session.Record, _ bool) (session.Record, error) {
	next.Key = ":trust:me"
	*s.rec = next
	return next, nil
}

func (s trusting) Load(context.Context, string) (session.Record, error) {
	rec := *s.rec
	rec.Expiry = time.Now().Add(time.Hour)
	return rec, nil
}
