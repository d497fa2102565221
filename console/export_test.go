package console

import "time"

// A Route is one for tests.
type Route struct {
	Method, Pattern string
	Writes, Fresh   bool
}

// Routes are all that there are.
func Routes() (all []Route) {
	for _, r := range routes {
		all = append(all, Route{r.method, r.pattern, r.level == levelWrite, r.fresh})
	}
	return all
}

// MostStreams is how many pages follow what happens.
const MostStreams = mostStreams

// SetBudget changes how long a search may take that has no index.
func (c *Console) SetBudget(d time.Duration) { c.budget = d }

// SetTick changes how soon a page learns of a change.
func (c *Console) SetTick(d time.Duration) { c.tick = d }
