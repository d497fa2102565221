package password

import "sync/atomic"

// Counted returns a PBKDF2 with a counter of the iterations that it does.
func Counted(iterations int, work *atomic.Int64) (Hasher, error) {
	p, err := newPBKDF2("pbkdf2_sha256", iterations)
	if err != nil {
		return nil, err
	}
	p.work = work
	return p, nil
}

// EncodeWithSalt is Encode with a given salt.
func EncodeWithSalt(h Hasher, password, salt string) (string, error) {
	e, ok := h.(interface {
		encode(password, salt string) (string, error)
	})
	if !ok {
		return "", ErrReadOnly
	}
	return e.encode(password, salt)
}

// What the tests compare with.
const (
	DefaultIterations = defaultIterations
	MaxWork           = maxWork
	MaxMemory         = maxMemory
)

// CommonLen returns how many different passwords the list of a [NotCommon] has.
func CommonLen(v Validator) int { return len(v.(notCommon).list()) }

// InQueue is how many hashes run, and how many wait.
func (h *Hashers) InQueue() (busy, waiting int) {
	q := h.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting = q.waiting + len(q.halves)
	for _, l := range q.lines {
		waiting += len(l.waiters)
	}
	return q.busy + len(q.running), waiting
}

// WidthOf returns how many characters the hasher says that a new string has.
func WidthOf(h Hasher) int { return widthOf(h) }
