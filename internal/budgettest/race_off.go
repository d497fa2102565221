//go:build !race

package budgettest

const raceEnabled = false
