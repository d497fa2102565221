package timelimit

import (
	"fmt"
	"time"
)

// NotNegative returns an error that names the field if d is negative.
func NotNegative(field string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%s is negative: %v", field, d)
	}
	return nil
}

// AtLeastSecond returns an error that names the field if d is not zero, and less
// than a second: where lifetimes count in seconds that would be none at all.
func AtLeastSecond(field string, d time.Duration) error {
	if d != 0 && d < time.Second {
		return fmt.Errorf("%s is %v; want a second or more", field, d)
	}
	return nil
}
