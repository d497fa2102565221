package pickle

// The bounds that Loads promises.
const (
	CostPerByte = costPerByte
	FreeCost    = freeCost
	MaxCost     = maxCost
)

// LoadsAtCost also returns what the run has cost, and what it would cost to
// write the value out.
func LoadsAtCost(data []byte) (v Value, run, shown int, err error) {
	v, r, s, err := load(data)
	return v, r.spent, s.spent, err
}
