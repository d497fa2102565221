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
