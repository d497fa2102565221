// Package lzma lets a program share a cache of django-redis with the COMPRESSOR lzma.
// Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/lzma"
package lzma

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/jamsession/jamsession/internal/cachevalue"
)

func init() {
	cachevalue.Register(cachevalue.Compressor{
		Name: "lzma", MinLength: 100, Compress: compress, Decompress: decompress,
	})
}

const minDict = 1 << 12

func compress(value []byte) ([]byte, error) {
	return cachevalue.Written(func(w io.Writer) (io.WriteCloser, error) {
		return xz.WriterConfig{DictCap: max(minDict, len(value)), CheckSum: xz.CRC64}.NewWriter(w)
	}, value)
}

var errForm = errors.New("lzma: not one block of LZMA2 in the format xz")

// decompress reads what lzma.compress of Python writes: one stream of one block, with
// the filter LZMA2. Package xz would make a dictionary as large as the value says, up
// to 4 GiB; so the header is read here, and the lengths of the parts are added up before
// anything is decompressed.
func decompress(value []byte, most int) ([]byte, error) {
	check, body, err := block(value)
	if err != nil {
		return nil, err
	}
	size, length, err := measure(body, most)
	if err != nil {
		return nil, err
	}
	r, err := lzma.Reader2Config{DictCap: max(minDict, size)}.NewReader2(bytes.NewReader(body[:length]))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	if err != nil {
		return nil, err
	}
	return data, verify(check, data, body[length:])
}

// block returns the kind of check at the end of a stream, and the LZMA2 data of its first
// block with what follows.
func block(value []byte) (check byte, body []byte, err error) {
	const (
		streamHeader = 12
		filterAt     = 2 // in the header of a block: its size, and flags
	)
	if len(value) < streamHeader+8 {
		return 0, nil, errForm
	}
	header := value[streamHeader:]
	size := (int(header[0]) + 1) * 4
	// One filter, no sizes; the filter is LZMA2, with one byte for its dictionary.
	if header[0] == 0 || len(header) < size || header[1] != 0 ||
		header[filterAt] != 0x21 || header[filterAt+1] != 1 {
		return 0, nil, errForm
	}
	sum := binary.LittleEndian.Uint32(header[size-4:])
	if crc32.ChecksumIEEE(header[:size-4]) != sum {
		return 0, nil, errForm
	}
	return value[7], header[size:], nil
}

// measure returns how long LZMA2 data is, and how much it becomes.
func measure(body []byte, most int) (size, length int, err error) {
	for length < len(body) {
		if size > most {
			return 0, 0, cachevalue.ErrTooLarge
		}
		control, rest := body[length], body[length:]
		var head, packed int
		switch {
		case control == 0:
			return size, length + 1, nil
		case control >= 0x80 && len(rest) >= 6:
			size += int(control&0x1f)<<16 + int(binary.BigEndian.Uint16(rest[1:])) + 1
			head, packed = 5, int(binary.BigEndian.Uint16(rest[3:]))+1
			if control >= 0xc0 {
				head++ // new properties
			}
		case control <= 2 && len(rest) >= 3:
			packed = int(binary.BigEndian.Uint16(rest[1:])) + 1
			size += packed
			head = 3
		default:
			return 0, 0, errForm
		}
		length += head + packed
	}
	return 0, 0, errForm
}

// verify compares the data with the check behind its block, behind which there must be
// no other block.
func verify(check byte, data, rest []byte) error {
	const none, sum32, sum64 = 0, 1, 4
	length := map[byte]int{none: 0, sum32: 4, sum64: 8}
	n, known := length[check]
	padding := len(rest) % 4 // what follows the padding is a multiple of four long
	if !known || len(rest) < padding+n+1 {
		return errForm
	}
	sum := rest[padding:]
	switch {
	case check == sum32 && crc32.ChecksumIEEE(data) != binary.LittleEndian.Uint32(sum),
		check == sum64 && crc64.Checksum(data, ecma) != binary.LittleEndian.Uint64(sum),
		sum[n] != 0: // the index
		return errForm
	}
	return nil
}

var ecma = crc64.MakeTable(crc64.ECMA)
