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
	open      func() sealer
}{
	{"issues every key", "IssuedIsByForm", func() sealer { return issuesAll{revoking()} }},
	{"loads forgeries", "ForgeriesAreNotFound", func() sealer { return newTrusting() }},
	{"makes the same key again", "SealedChangeLoads", func() sealer { return newTrusting() }},
	{"takes data away", "SealedDataIsKept", func() sealer { return takesAway{revoking()} }},
	{"knows no expiry", "SealedExpiryIsKept", func() sealer { return newTrusting() }},
	{"ignores contexts", "SealerGivesUp", func() sealer { return newTrusting() }},
	{"revokes nothing", "LogoutIsFinal", func() sealer { return unlisted() }},
	{"deletes nothing", "DeleteIsFinal", func() sealer { return unlisted() }},
	{"knows no fresh keys", "FreshKeyHasNothingInCommon", func() sealer { return neverFresh{revoking()} }},
	{"lets both win", "RaceOfLogoutAndRotation", func() sealer { return unlisted() }},
}

const secret = "a-secret-key-for-the-tests-only-0123456789-abcdef"

func unlisted() sealer { return noerror.In(cookiestore.New(secrettest.Keys(secret), nil)).(sealer) }

func revoking() sealer {
	return noerror.In(cookiestore.New(secrettest.Keys(secret), &cookiestore.Options{Revoked: memstore.New()})).(sealer)
}

type issuesAll struct{ sealer }

func (issuesAll) Issued(string) bool { return true }

type takesAway struct{ sealer }

func (s takesAway) Seal(old, next session.Record, fresh bool) (session.Record, error) {
	next.Data = bytes.Replace(next.Data, []byte(`"a":1,`), nil, 1)
	return s.sealer.Seal(old, next, fresh)
}

type neverFresh struct{ sealer }

func (s neverFresh) Seal(old, next session.Record, _ bool) (session.Record, error) {
	return s.sealer.Seal(old, next, false)
}

// trusting has one key for everything, and believes any key at all.
type trusting struct {
	sealer
	rec *session.Record
}

func newTrusting() sealer { return trusting{unlisted(), new(session.Record)} }

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
