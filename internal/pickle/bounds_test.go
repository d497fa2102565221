package pickle_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/pickle"
)

// What Loads, AppendJSON and Writer together may allocate. It is more than
// what they may cost: their results grow by doubling, and texts as JSON become
// six times as long.
const (
	allocPerByte = 3 * pickle.CostPerByte
	allocFree    = 4 << 20
	allocMost    = 256 << 20
)

// checkBounds reads a pickle, writes it in both forms, and holds what that
// costs against the bounds: the work by what the machine counts, the memory by
// what Go counts.
func checkBounds(t *testing.T, data []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v, run, shown, err := pickle.LoadsAtCost(data)
	if err == nil {
		_, _ = pickle.AppendJSON(nil, v)
		_ = pickle.NewDict().Value(v)
	} else if !errors.Is(err, pickle.ErrMalformed) && !errors.Is(err, pickle.ErrLimit) {
		t.Errorf("error %v", err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > min(uint64(allocPerByte*len(data)+allocFree), allocMost) {
		t.Errorf("%d bytes were allocated for a pickle of %d", n, len(data))
	}
	if most := pickle.CostPerByte*len(data) + pickle.FreeCost; run > min(most, pickle.MaxCost) || shown > min(most, pickle.MaxSize) {
		t.Errorf("a pickle of %d bytes cost %d, and %d written out", len(data), run, shown)
	}
}

// le are the four bytes of a length or a number.
func le(n int) string { return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) }

func text(s string) string { return "X" + le(len(s)) + s }

// repeated makes a list of what n opcodes of one kind push.
func repeated(ops string, n int) string { return "(" + strings.Repeat(ops, n/len(ops)) + "l." }

// shared remembers a value, and then repeats opcodes that recall it by h\x00.
func shared(value, ops string, n int) string { return "(" + value + "q\x000" + repeated(ops, n)[1:] }

// laughs nests levels of a container that holds the one before ten times.
func laughs(open, closing string, n int) string {
	level := open + strings.Repeat("h\x00", 10) + closing + "q\x00"
	return "]q\x00" + strings.Repeat(level, min(n/len(level), 60)) + "."
}

// bombs are pickles of about n bytes that once did cost too much, or could.
var bombs = map[string]func(n int) string{
	"integer as a key":     func(n int) string { return shared("\x8b"+le(1700)+strings.Repeat("x", 1700), "}h\x00Ns", n) },
	"integers as keys":     func(n int) string { return shared("}", "h\x00\x8a\xff"+strings.Repeat("x", 255)+"Ns0", n) },
	"integer shown":        func(n int) string { return shared("\x8b"+le(1700)+strings.Repeat("x", 1700), "h\x00", n) },
	"integers":             func(n int) string { return repeated("\x8b"+le(1700)+strings.Repeat("x", 1700), n) },
	"integers in digits":   func(n int) string { return repeated("I"+strings.Repeat("9", 4300)+"\n", n) },
	"integer too long":     func(n int) string { return "L" + strings.Repeat("9", n) + "L\n." },
	"digits of a float":    func(n int) string { return repeated("F0."+strings.Repeat("9", 4000)+"\n", n) },
	"None":                 func(n int) string { return repeated("N", n) },
	"None on the stack":    func(n int) string { return strings.Repeat("N", n) + "." },
	"MARK":                 func(n int) string { return strings.Repeat("(", n) + "." },
	"MARK and POP":         func(n int) string { return strings.Repeat("(0", n/2) + "N." },
	"MARK and POP_MARK":    func(n int) string { return strings.Repeat("(N1", n/3) + "N." },
	"DUP":                  func(n int) string { return "N" + strings.Repeat("2", n) + "." },
	"lists":                func(n int) string { return repeated("]", n) },
	"dicts":                func(n int) string { return repeated("}", n) },
	"sets":                 func(n int) string { return repeated("\x8f", n) },
	"tuples":               func(n int) string { return repeated(")", n) },
	"tuples of one":        func(n int) string { return repeated("N\x85", n) },
	"tuples in each other": func(n int) string { return "N" + strings.Repeat("\x85", n) + "." },
	"tuples of three":      func(n int) string { return "N" + strings.Repeat("22\x87", n/3) + "." },
	"dicts of one":         func(n int) string { return repeated("}K\x00Ns", n) },
	"dicts of one text":    func(n int) string { return repeated("}\x8c\x00Ns", n) },
	"dicts of nine":        func(n int) string { return repeated("}("+numbered(9)+"u", n) },
	"frozensets":           func(n int) string { return repeated("(N\x91", n) },
	"texts of none":        func(n int) string { return repeated("\x8c\x00", n) },
	"text":                 func(n int) string { return text(strings.Repeat("x", n)) + "." },
	"text of controls":     func(n int) string { return text(strings.Repeat("\x01", n)) + "." },
	"text in Cyrillic":     func(n int) string { return text(strings.Repeat("я", n/2)) + "." },
	"line of escapes":      func(n int) string { return "V" + strings.Repeat("\\u0001", n/6) + "\n." },
	"line beyond ASCII":    func(n int) string { return "V" + strings.Repeat("\xff", n) + "\n." },
	"bytes":                func(n int) string { return "B" + le(n) + strings.Repeat("x", n) + "." },
	"text as a key":        func(n int) string { return shared(text(strings.Repeat("x", n/2)), "}h\x00Ns", n/2) },
	"text as a key again":  func(n int) string { return shared("}"+text(strings.Repeat("x", n/2)), "h\x00Ns", n/2) },
	"bytes as a key":       func(n int) string { return shared("B"+le(n/2)+strings.Repeat("x", n/2), "}h\x00Ns", n/2) },
	"text shown":           func(n int) string { return shared(text(strings.Repeat("x", n/2)), "h\x00", n/2) },
	"bytes shown":          func(n int) string { return shared("B"+le(n/2)+strings.Repeat("x", n/2), "h\x00", n/2) },
	"text as a name":       func(n int) string { return shared(text(strings.Repeat("x", n/2)), "h\x00h\x00\x93", n/2) },
	"name of a text":       func(n int) string { return shared(text(strings.Repeat("x", 490)), "h\x00h\x00\x93", n) },
	"names":                func(n int) string { return repeated("c"+strings.Repeat("m", 99)+"\nn\n", n) },
	"text encoded":         func(n int) string { return called("_codecs", "encode", "h\x00X"+le(6)+"latin1\x86R", n) },
	"text as bytearray":    func(n int) string { return called("builtins", "bytearray", "h\x00X"+le(6)+"latin1\x86R", n) },
	"set of a list": func(n int) string {
		return shared("]("+strings.Repeat("N", n/2)+"e", "c__builtin__\nset\nh\x00\x85R", n/2)
	},
	"laughing lists":          func(n int) string { return laughs("](", "e", n) },
	"laughing tuples":         func(n int) string { return laughs("(", "t", n) },
	"laughing sets":           func(n int) string { return laughs("\x8f(", "\x90", n) },
	"laughing frozensets":     func(n int) string { return laughs("(", "\x91", n) },
	"laughing dicts":          func(n int) string { return laughs("}(", "u", n) },
	"list of itself":          func(n int) string { return "]q\x00(" + strings.Repeat("h\x00", n/2) + "e." },
	"list in itself again":    func(n int) string { return "]q\x00" + strings.Repeat("h\x00a", n/3) + "." },
	"list that grows":         func(n int) string { return "]q\x00" + strings.Repeat("(NNNNNNNNeh\x000", n/13) + "." },
	"list that grows slowly":  func(n int) string { return "]" + strings.Repeat("Na", n/2) + "." },
	"set that grows":          func(n int) string { return "\x8f" + strings.Repeat("(N\x90", n/3) + "." },
	"memo":                    func(n int) string { return "N" + strings.Repeat("\x94", n) + "." },
	"memo of distant numbers": func(n int) string { return distant(n) },
	"memo by lines":           func(n int) string { return "N" + strings.Repeat("p"+strings.Repeat("0", 4000)+"1\n", n/4003) + "." },
	"calls":                   func(n int) string { return repeated("cdatetime\ndate\nC\x04abcd\x85R", n) },
	"calls of a known name":   func(n int) string { return shared("cdatetime\ndate\n", "h\x00C\x04abcd\x85R", n) },
	"objects with states":     func(n int) string { return "}" + strings.Repeat("}b", n/2) + "." },
	"extensions":              func(n int) string { return repeated("\x82x", n) },
	"buffers":                 func(n int) string { return repeated("\x97", n) },
	"persistent objects":      func(n int) string { return repeated("P\n", n) },
	"frames":                  func(n int) string { return strings.Repeat("\x95\xff\xff\xff\xff\xff\xff\xff\xff", n/9) + "N." },
	"instances":               func(n int) string { return repeated("(i\n\n", n) },
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "K%cN", rune(i))
	}
	return b.String()
}

func called(module, name, ops string, n int) string {
	return text(strings.Repeat("x", n/2)) + "q\x000c" + module + "\n" + name + "\nq\x010" +
		repeated("h\x01"+ops, n/2)
}

func distant(n int) string {
	var b strings.Builder
	b.WriteByte('N')
	for i := range n / 5 {
		b.WriteString("r" + le((i+1)*2654435))
	}
	return b.String() + "."
}

// TestBombsCostInProportion: whatever a pickle says, reading it and writing it
// out costs work and memory in proportion to its bytes.
func TestBombsCostInProportion(t *testing.T) {
	for name, bomb := range bombs {
		for _, n := range []int{1 << 10, 64 << 10} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) { checkBounds(t, []byte(bomb(n))) })
		}
	}
}

// TestLargestBombsAreBounded: there is a bound for any size.
func TestLargestBombsAreBounded(t *testing.T) {
	for _, name := range []string{
		"integer as a key", "None", "MARK", "memo of distant numbers", "dicts of nine", "text of controls", "text encoded",
	} {
		t.Run(name, func(t *testing.T) { checkBounds(t, []byte(bombs[name](pickle.MaxSize-32<<10))) })
	}
}

// TestBombsAreRefused: for these there is no other way.
func TestBombsAreRefused(t *testing.T) {
	for _, name := range []string{
		"integer as a key", "integer too long", "None", "MARK", "DUP", "memo", "dicts of one", "text encoded", "bytes as a key",
		"text as a name", "text shown", "list of itself", "tuples in each other", "laughing lists", "laughing dicts",
	} {
		if _, err := pickle.Loads([]byte(bombs[name](6 << 20))); !errors.Is(err, pickle.ErrLimit) {
			t.Errorf("%s: error %v, want ErrLimit", name, err)
		}
	}
}

// TestSessionsWithinTheLimitsAreRead: what a session may have, a pickle may
// have, too, even where it is dense and shares much.
func TestSessionsWithinTheLimitsAreRead(t *testing.T) {
	var items strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&items, "\x8c\x09item%05x\x94}\x94(h\x00K\x01h\x01Nh\x02\x88u", i)
	}
	names := "(\x8c\x04size\x94\x8c\x05color\x94\x8c\x05price\x941"
	for name, data := range map[string]string{
		"100 000 items that are dicts": "\x80\x04" + names + "}\x94(" + items.String() + "u.",
		"a text of nearly 16 MiB":      "\x80\x04}\x8c\x01t" + text(strings.Repeat("x", pickle.MaxSize-100)) + "s.",
		"a table of one row":           shared("]("+strings.Repeat("K\x00", 10)+"e", "h\x00", 20_000),
		"500 000 numbers":              repeated("K\x01", 1_000_000),
		"numbers of 4300 digits":       repeated("\x8b"+le(1786)+strings.Repeat("\x00", 1785)+"\x01", 100_000),
		"64 levels":                    strings.Repeat("]", 64) + strings.Repeat("a", 63) + ".",
		"2000 dicts with long names":   shared(text(strings.Repeat("n", 200)), "}h\x00Ns", 12_000),
	} {
		v, err := pickle.Loads([]byte(data))
		if err == nil {
			_, err = pickle.AppendJSON(nil, v)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if dict, ok := v.(*pickle.Dict); ok && strings.HasPrefix(name, "100 000") && len(dict.Pairs) != 100_000 {
			t.Errorf("%d items, want 100 000", len(dict.Pairs))
		}
	}
}

func FuzzLoadIsBounded(f *testing.F) {
	for _, bomb := range bombs {
		f.Add([]byte(bomb(200)))
		f.Add([]byte(bomb(4000)))
	}
	f.Fuzz(checkBounds)
}
