package password

import "sync/atomic"

// Counted returns p with a counter of the iterations that it does.
func Counted(p PBKDF2SHA256, work *atomic.Int64) PBKDF2SHA256 {
	p.work = work
	return p
}

// EncodeWithSalt is Encode with a given salt.
func EncodeWithSalt(p PBKDF2SHA256, password, salt string) (string, error) {
	return p.encode(password, salt)
}
