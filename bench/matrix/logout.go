package matrix

import "github.com/jamsession/jamsession/bench/contest"

// bareRecords makes and deletes records without any library.
type bareRecords struct{ create, remove func(key string) }

// A life is the begin of a session, and its end, which gets what the begin has returned.
type life struct {
	begin func(n int) string
	end   func(id string)
}

// logout ends sessions that were made before the turn.
func (e entrant) logout() (contest.Contender, bool) {
	newLife := e.lives()
	if newLife == nil {
		return contest.Contender{}, false
	}
	var lives []life
	var stocks [][]string
	return contest.Contender{
		Name: e.name,
		Prepare: func(calls int) {
			for i := range stocks {
				for n := range calls {
					stocks[i] = append(stocks[i], lives[i].begin(n))
				}
			}
		},
		Ops: func(goroutines int) []func() {
			lives, stocks = make([]life, goroutines), make([][]string, goroutines)
			ops := make([]func(), goroutines)
			for i := range ops {
				lives[i] = newLife(i)
				ops[i] = func() {
					last := len(stocks[i]) - 1
					id := stocks[i][last]
					stocks[i] = stocks[i][:last]
					lives[i].end(id)
				}
			}
			return ops
		},
	}, true
}

// lives returns what makes the lives of sessions for a goroutine, or nil if the entrant knows no
// logout.
func (e entrant) lives() func(goroutine int) life {
	switch {
	case e.records != nil:
		return func(goroutine int) life {
			return life{func(n int) string {
				key := easyKey("bareout", goroutine<<22+n)
				e.records.create(key)
				return key
			}, e.records.remove}
		}
	case e.site == nil || e.site.visit(Logout) == nil:
		return nil
	}
	return func(int) life {
		create, leave := e.site.visit(Create), e.site.visit(Logout)
		return life{
			func(int) string { return create("") },
			func(cookie string) { must(leave(cookie) != "", "a logout left the cookie") },
		}
	}
}
