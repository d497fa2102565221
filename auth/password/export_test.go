package password

import "sync/atomic"

// Counted returns p with a counter of the iterations that it does.
func Counted(p PBKDF2SHA256, work *atomic.Int64) PBKDF2SHA256 {
	p.work = work
	return p
}

// EncodeWithSalt is Encode with a given salt.
func EncodeWithSalt(h Hasher, password, salt string) (string, error) {
	switch h := h.(type) {
	case PBKDF2SHA256:
		return h.variant().encode(password, salt)
	case PBKDF2SHA1:
		return h.variant().encode(password, salt)
	case Argon2:
		return h.encode(password, salt)
	case Scrypt:
		return h.encode(password, salt)
	case MD5:
		return "md5$" + salt + "$" + md5Hex(salt+password), nil
	case SHA1:
		return "sha1$" + salt + "$" + sha1Hex(salt+password), nil
	case UnsaltedMD5:
		return md5Hex(password), nil
	case UnsaltedSHA1:
		return "sha1$$" + sha1Hex(password), nil
	}
	return "", ErrReadOnly
}

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
