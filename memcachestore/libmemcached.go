package memcachestore

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// modula chooses as libmemcached does, and so pylibmc: by the order of the servers.
func (s *selector) modula(key string) int {
	return int(oneAtATime(key) % uint32(len(s.names)))
}

// oneAtATime is the hash of that name by Jenkins.
func oneAtATime(key string) uint32 {
	var h uint32
	for i := range len(key) {
		h += uint32(key[i])
		h += h << 10
		h ^= h >> 6
	}
	h += h << 3
	h ^= h >> 11
	return h + h<<15
}

// A ring is libmemcached's distribution ketama, for servers of equal weight: each has
// points on a circle, and a key belongs to the server of the next point.
type ring struct {
	points []point // by their places
	hash   func(key string) uint32
}

type point struct {
	at     uint32
	server int
}

// newRing makes 100 points for each server.
func newRing(names []string) *ring {
	r := &ring{hash: oneAtATime}
	for server, name := range names {
		for i := range 100 {
			r.points = append(r.points, point{oneAtATime(pointName(name, i)), server})
		}
	}
	return r.sort()
}

// newWeightedRing makes 160 points for each server, four of each sum.
func newWeightedRing(names []string) *ring {
	r := &ring{hash: firstOfMD5}
	for server, name := range names {
		for i := range 40 {
			sum := md5.Sum([]byte(pointName(name, i)))
			for p := range 4 {
				r.points = append(r.points, point{binary.LittleEndian.Uint32(sum[4*p:]), server})
			}
		}
	}
	return r.sort()
}

func pointName(server string, i int) string {
	return strings.TrimSuffix(server, ":11211") + "-" + strconv.Itoa(i)
}

func firstOfMD5(key string) uint32 {
	sum := md5.Sum([]byte(key))
	return binary.LittleEndian.Uint32(sum[:])
}

func (r *ring) sort() *ring {
	slices.SortStableFunc(r.points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	return r
}

// server returns the number of the server that has a key.
func (r *ring) server(key string) int {
	i, _ := slices.BinarySearchFunc(r.points, r.hash(key), func(p point, at uint32) int {
		return cmp.Compare(p.at, at)
	})
	return r.points[i%len(r.points)].server
}
