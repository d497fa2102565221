package memcachestore

import (
	"errors"
	"fmt"
	"math/bits"
	"net"
	"strconv"
	"strings"
)

// A selector distributes keys over servers.
type selector struct {
	names  []string
	addrs  []net.Addr
	choose func(key string) int // the number of its server
}

// newSelector accepts host:port, a host alone for the port 11211, and the path
// of a socket, with or without "unix:".
func newSelector(servers []string, hashing string) (*selector, error) {
	if len(servers) == 0 {
		return nil, errors.New(`memcachestore: no server; want host:port, such as "127.0.0.1:11211"`)
	}
	s := &selector{}
	for _, server := range servers {
		name, addr, err := parseServer(strings.TrimSpace(server))
		if err != nil {
			return nil, fmt.Errorf("memcachestore: server %q: %w", server, err)
		}
		s.names, s.addrs = append(s.names, name), append(s.addrs, addr)
	}
	switch hashing {
	case "", "rendezvous":
		s.choose = s.rendezvous
	case "modula":
		s.choose = s.modula
	case "ketama":
		s.choose = newRing(s.names).server
	case "ketama_weighted":
		s.choose = newWeightedRing(s.names).server
	default:
		return nil, fmt.Errorf("memcachestore: Options.Hashing %q is unknown; there are rendezvous, modula, "+
			"ketama and ketama_weighted", hashing)
	}
	return s, nil
}

// parseServer returns the name that pymemcache gives a server, and its address.
func parseServer(server string) (string, net.Addr, error) {
	if path := strings.TrimPrefix(server, "unix:"); strings.HasPrefix(path, "/") {
		return path, address{"unix", path}, nil
	}
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port = strings.Trim(server, "[]"), "11211"
	}
	_, portErr := strconv.ParseUint(port, 10, 16)
	if portErr != nil || host == "" || strings.ContainsAny(host, " /") {
		return "", nil, errors.New(`want host:port, such as "127.0.0.1:11211", or the path of a socket`)
	}
	return host + ":" + port, address{"tcp", net.JoinHostPort(host, port)}, nil
}

// An address is a name that is looked up for each connection, so that a server
// may move.
type address struct{ network, name string }

func (a address) Network() string { return a.network }
func (a address) String() string  { return a.name }

// PickServer returns the server that has the key.
func (s *selector) PickServer(key string) (net.Addr, error) { return s.addrs[s.choose(key)], nil }

// rendezvous chooses as pymemcache's HashClient does: a key belongs to the server with
// the highest hash of its name and the key.
func (s *selector) rendezvous(key string) int {
	winner, high := 0, int64(-1)
	for i, name := range s.names {
		score := int64(murmur3(name + "-" + key))
		if score > high || score == high && name > s.names[winner] {
			winner, high = i, score
		}
	}
	return winner
}

// Each calls f for each server until it fails.
func (s *selector) Each(f func(net.Addr) error) error {
	for _, addr := range s.addrs {
		if err := f(addr); err != nil {
			return err
		}
	}
	return nil
}

// murmur3 is MurmurHash3 of 32 bits with the seed 0.
func murmur3(data string) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	var h uint32
	n := len(data)
	for ; len(data) >= 4; data = data[4:] {
		k := uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
		h ^= bits.RotateLeft32(k*c1, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	var k uint32
	for i := len(data) - 1; i >= 0; i-- {
		k = k<<8 | uint32(data[i])
	}
	h ^= bits.RotateLeft32(k*c1, 15) * c2
	h ^= uint32(n)
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
