package matrix

import (
	"github.com/alexedwards/scs/v2/memstore"
	ginmemstore "github.com/gin-contrib/sessions/memstore"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	jammemstore "github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

const secret = "a secret of fifty characters and some, for benchmarks only"

func djangoCodec() session.Codec { return noerror.In(django.Signed(secrettest.Keys(secret))) }

var memory = engine{
	name: "memory",
	cases: []Case{
		NoCookie, UntouchedCase, ReadCase, ReadWriteCase, CreateCase, ReadLarge, RotateCase, LogoutCase,
		ClearCase,
	},
	open: func(bed *contest.Bed) []entrant {
		store := jammemstore.New()
		own := func() Site { return jamsession(jammemstore.New(), nil) }
		ownDjango := func() Site { return jamsession(jammemstore.New(), djangoCodec()) }
		peer := func() Site { return scsSite(memstore.NewWithCleanupInterval(0)) }
		return []entrant{
			{name: floorName, site: byHandSite(), fresh: byHandSite, floor: map[Case]func(int) func(){
				NoCookie: bareHandler, UntouchedCase: bareHandler,
			}},
			clearing(entrant{name: ours, site: jamsession(store, nil), fresh: own}, store, func() {
				for i := range expiredSessions {
					rec := session.Record{Key: expiredKey(i), Data: payload, Expiry: longAgo()}
					mustNot(store.Create(context(), rec))
				}
			}),
			{name: oursDjango, site: ownDjango(), fresh: ownDjango},
			{name: oursMeasured, site: measured(jammemstore.New())},
			{name: "scs", site: peer(), fresh: peer},
			{name: "gin", site: ginSite(ginmemstore.NewStore([]byte(secret)))},
			{name: "fiber", site: fiberSite(), fresh: fiberSite},
		}
	},
}

// bareHandler is a request to a page without any middleware.
func bareHandler(int) func() {
	visit := netSite{Untouched: noMiddleware}.visit(Untouched)
	return func() { visit("") }
}
