package redisstore

import (
	"fmt"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/session"
)

// told returns the error for the answer of a script. An answer that no script
// gives, though something between here and the server may, is an error and
// never a success.
func told(doing string, answer int64) error {
	switch answer {
	case 0:
		return nil
	case 1:
		return session.ErrNotFound
	case 2:
		return session.ErrConflict
	case 3:
		return session.ErrExists
	}
	return fmt.Errorf("redisstore: %s: the server gave an unknown answer: %d", doing, answer)
}

// layout returns the bytes around the data in a value, for saveScript; see
// package cachevalue.
func (s *store) layout() string {
	if s.opts.format().Django {
		return "django"
	}
	return "plain"
}

// scriptsRead reports whether the scripts can read the values that this store writes:
// its own, and pickles that are not compressed.
func (s *store) scriptsRead() bool {
	written, ok := s.opts.Codec.(interface{ Serializer() string })
	return s.opts.format().Compressor == nil && (!ok || written.Serializer() == "pickle")
}

// openValue is Open of package cachevalue in Lua, for what scripts can read. ARGV[4] is the layout.
const openValue = `
local function open(value) -- returns the data, and the expiry if the value says it
	local data, at = value, nil
	if ARGV[4] == 'plain' then
		if string.sub(value, 1, 2) == 'J1' and #value >= 10 then
			data, at = string.sub(value, 11), 3
		end
	elseif #value > 13 and string.byte(value, 1) == 128 and string.byte(value, 2) >= 2
		and string.sub(value, 3, 4) == '\138\8' and string.sub(value, 13, 13) == '0' then
		data, at = string.sub(value, 1, 2) .. string.sub(value, 14), 5
	end
	if not at then return data, nil end
	local expiry = 0
	for i = 7, 0, -1 do expiry = expiry * 256 + string.byte(value, at + i) end
	return data, expiry
end
`

// saveScript replaces the value under KEYS[1], or moves it to KEYS[2], if its
// data is ARGV[1] and it has not expired at ARGV[5]. The new value is ARGV[2],
// for ARGV[3] milliseconds; if that is not positive, the script deletes the old
// one.
var saveScript = rueidis.NewLuaScript(openValue + `
local stored = redis.call('GET', KEYS[1])
if not stored then return 1 end
local data, expiry = open(stored)
if expiry and expiry <= tonumber(ARGV[5]) then return 1 end
if data ~= ARGV[1] then return 2 end
local ttl = tonumber(ARGV[3])
if KEYS[2] then
	if redis.call('EXISTS', KEYS[2]) == 1 then return 3 end
	redis.call('DEL', KEYS[1])
	if ttl > 0 then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
	return 0
end
if ttl > 0 then
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
	redis.call('DEL', KEYS[1])
end
return 0
`)

// deleteScript deletes the value under KEYS[1]. A value that has expired at
// ARGV[5], but that the server still has for a moment, counts as deleted
// already.
var deleteScript = rueidis.NewLuaScript(openValue + `
local stored = redis.call('GET', KEYS[1])
if not stored then return 1 end
redis.call('DEL', KEYS[1])
local _, expiry = open(stored)
if expiry and expiry <= tonumber(ARGV[5]) then return 1 end
return 0
`)

// swapScript replaces the value under KEYS[1] by ARGV[2], for ARGV[3] milliseconds,
// or moves it to KEYS[2], if it is ARGV[1]. If the lifetime is not positive, it
// deletes the old one.
var swapScript = rueidis.NewLuaScript(`
local stored = redis.call('GET', KEYS[1])
if not stored then return 1 end
if stored ~= ARGV[1] then return 2 end
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 1 then return 3 end
local key = KEYS[2] or KEYS[1]
if KEYS[2] or tonumber(ARGV[3]) <= 0 then redis.call('DEL', KEYS[1]) end
if tonumber(ARGV[3]) > 0 then redis.call('SET', key, ARGV[2], 'PX', ARGV[3]) end
return 0
`)

// setScript puts ARGV[1] in the place of the value under KEYS[1].
var setScript = rueidis.NewLuaScript(`
redis.call('DEL', KEYS[1])
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
`)
