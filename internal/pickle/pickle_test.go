package pickle_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/pickle"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// python runs a script that reads standard input, and returns what it prints.
func python(t *testing.T, script, input string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), djangotest.Python(t), "-c", script)
	cmd.Stdin = strings.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return string(out)
}

// makeValues prints, for values of all kinds in each protocol and by both of
// Python's picklers, the pickle and what the value is in JSON as AppendJSON
// has it.
const makeValues = `
import base64, datetime, io, json, pickle, random, sys
rnd = random.Random(20261123)
utc = datetime.timezone.utc
def scalar():
    return rnd.choice([
        None, True, False, 0, 1, -1, 255, 256, 65535, 65536, 2**31-1, -2**31, 2**31, 2**63, -2**63, -2**63-1,
        10**400, -10**400, 1.0, -0.0, 0.1, 1e16, 1e-7, 5e-324, float("nan"), float("inf"), float("-inf"),
        "", "a", "J\u00f6rg", "\U0001f600", "\ud800", "x\udfffy", "\x00\x7f\u0080\u00ff", "line\n\\u0041\r", "y" * 300,
        b"", b"\x00\xff", bytes(range(256)), bytearray(b"ba"),
        datetime.datetime(2030, 1, 1, 12, 30, 15, 123456, tzinfo=utc), datetime.datetime(1, 1, 1),
        datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))),
        datetime.date(2030, 12, 31), datetime.time(1, 2, 3, 4), datetime.timedelta(days=-1, seconds=5, microseconds=7),
    ])
def value(depth):
    n = rnd.randrange(9) if depth else 0
    if n == 1: return [value(depth-1) for _ in range(rnd.randrange(5))]
    if n == 2: return tuple(value(depth-1) for _ in range(rnd.randrange(6)))
    if n == 3: return {rnd.choice(["a", "b", "\u00e9", "\ud800", str(i)]): value(depth-1) for i in range(rnd.randrange(5))}
    if n == 4: return {rnd.choice([1, 2.5, True, None, 10**30, "k"]): value(depth-1) for i in range(3)}
    if n == 5:
        shared = [value(depth-1)]
        return [shared, shared, {"again": shared}]
    if n == 6: return {rnd.randrange(10)}
    if n == 7: return frozenset([rnd.randrange(10)])
    return scalar()
def text(v):
    if isinstance(v, (bytes, bytearray)): return base64.b64encode(bytes(v)).decode()
    if isinstance(v, (datetime.datetime, datetime.date, datetime.time)): return v.isoformat()
    if isinstance(v, datetime.timedelta): return v / datetime.timedelta(seconds=1)
    if isinstance(v, (list, tuple, set, frozenset)): return [text(x) for x in v]
    if isinstance(v, dict): return {k: text(x) for k, x in v.items()}
    return v
sys.set_int_max_str_digits(0) if hasattr(sys, "set_int_max_str_digits") else None
for i in range(400):
    v = {"v": value(4)}
    for protocol in range(6):
        for dumps in (pickle.dumps, pickle._dumps):
            print(dumps(v, protocol).hex(), json.dumps(text(v), separators=(",", ":")))
`

// TestReadsWhatPythonWrites, and shows it as Python's json module does.
func TestReadsWhatPythonWrites(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(python(t, makeValues, "")), "\n")
	if len(lines) != 400*6*2 {
		t.Fatalf("Python made %d values", len(lines))
	}
	for _, line := range lines {
		pickled, want, _ := strings.Cut(line, " ")
		v, err := pickle.Loads(unhex(t, pickled))
		if err != nil {
			t.Fatalf("Loads: %v\n%s\n%s", err, pickled, want)
		}
		got, err := pickle.AppendJSON(nil, v)
		if err != nil || string(got) != want {
			t.Fatalf("AppendJSON: %v\ngot  %s\nwant %s\n%s", err, got, want, pickled)
		}
	}
}

// TestPythonReadsWhatIsWritten: a value that was read and written again is
// equal to Python, in each part of the same type.
func TestPythonReadsWhatIsWritten(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(python(t, makeValues, "")), "\n")
	var input strings.Builder
	for i, line := range lines {
		if i%7 != 0 { // of each value some protocols
			continue
		}
		pickled, text, _ := strings.Cut(line, " ")
		v, err := pickle.Loads(unhex(t, pickled))
		if err != nil {
			t.Fatal(err)
		}
		w := pickle.NewDict()
		_ = w.Key("v")
		inner, _ := v.(*pickle.Dict).Get("v")
		if err := w.Value(inner); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		fromText := pickle.NewDict()
		_ = fromText.Key("v")
		if err := fromText.JSON([]byte(text)[len(`{"v":`) : len(text)-1]); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		input.WriteString(pickled + " " + hex.EncodeToString(w.Bytes()) + " " +
			hex.EncodeToString(fromText.Bytes()) + " " + text + "\n")
	}
	out := python(t, `
import json, pickle, sys
sys.set_int_max_str_digits(0) if hasattr(sys, "set_int_max_str_digits") else None
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or a != a and b != b
n = 0
for line in sys.stdin:
    theirs, ours, fromtext, text = line.rstrip("\n").split(" ", 3)
    a, b = pickle.loads(bytes.fromhex(theirs)), pickle.loads(bytes.fromhex(ours))
    assert same(a, b), (a, b)
    assert repr(a) == repr(b), (a, b)
    c, d = json.loads(text), pickle.loads(bytes.fromhex(fromtext))
    assert same(c, d) and repr(c) == repr(d), (c, d)
    n += 1
print(n)
`, input.String())
	if out == "0\n" {
		t.Error("Python compared nothing")
	}
}

// TestSharedListsKeepTheirContents: other readers lose them.
func TestSharedListsKeepTheirContents(t *testing.T) {
	out := python(t, `
import pickle
s = ["x", "y"]
for p in range(6): print(pickle.dumps({"a": s, "b": s}, p).hex())
`, "")
	for _, line := range strings.Fields(out) {
		v, err := pickle.Loads(unhex(t, line))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := pickle.AppendJSON(nil, v); string(got) != `{"a":["x","y"],"b":["x","y"]}` {
			t.Errorf("got %s", got)
		}
	}
}

// TestHostile: what a careless reader would follow.
func TestHostile(t *testing.T) {
	deep := strings.Repeat("]", 100) + strings.Repeat("a", 99) + "."
	laughs := "]q\x00" + strings.Repeat("](h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00eq\x00", 20) + "."
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"empty":             {"", pickle.ErrMalformed},
		"no end":            {"\x80\x04}", pickle.ErrMalformed},
		"2 GiB of text":     {"\x80\x04X\xff\xff\xff\x7fab.", pickle.ErrMalformed},
		"2^63 of text":      {"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fab.", pickle.ErrMalformed},
		"2^64 of bytes":     {"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffab.", pickle.ErrMalformed},
		"huge frame":        {"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff", pickle.ErrMalformed},
		"huge long":         {"\x80\x04\x8b\xff\xff\xff\x7f.", pickle.ErrMalformed},
		"long of 5000":      {"\x80\x04\x8b\x88\x13\x00\x00" + strings.Repeat("x", 5000) + ".", pickle.ErrLimit},
		"number of 1 MB":    {"I" + strings.Repeat("9", 1<<20) + "\n.", pickle.ErrLimit},
		"long of 1787":      {"\x8b\xfb\x06\x00\x00" + strings.Repeat("x", 1787) + ".", pickle.ErrLimit},
		"4301 digits":       {"I" + strings.Repeat("9", 4302) + "\n.", pickle.ErrLimit},
		"name of 1001":      {"c" + strings.Repeat("m", 1000) + "\nn\n.", pickle.ErrLimit},
		"66 levels":         {strings.Repeat("]", 66) + strings.Repeat("a", 65) + ".", pickle.ErrLimit},
		"unknown memo":      {"h\x05.", pickle.ErrMalformed},
		"memo of nothing":   {"q\x05.", pickle.ErrMalformed},
		"huge memo index":   {"Nr\xff\xff\xff\xff0j\xff\xff\xff\xff.", nil},
		"dict in itself":    {"}q\x00X\x02\x00\x00\x00meh\x00s.", pickle.ErrLimit},
		"list in itself":    {"]q\x00h\x00a.", pickle.ErrLimit},
		"list as its key":   {"}]h\x00s.", pickle.ErrMalformed},
		"deep":              {deep, pickle.ErrLimit},
		"billion laughs":    {laughs, pickle.ErrLimit},
		"mark alone":        {"(.", pickle.ErrMalformed},
		"tuple of a mark":   {"N(\x86.", pickle.ErrMalformed},
		"pop of nothing":    {"0.", pickle.ErrMalformed},
		"odd dict":          {"(Nd.", pickle.ErrMalformed},
		"append to None":    {"NNa.", pickle.ErrMalformed},
		"no UTF-8":          {"\x8c\x02\xff\xfe.", pickle.ErrMalformed},
		"protocol 6":        {"\x80\x06N.", pickle.ErrMalformed},
		"unknown opcode":    {"\x80\x04\xff.", pickle.ErrMalformed},
		"call of a number":  {"K\x01)R.", pickle.ErrMalformed},
		"name of a number":  {"K\x01K\x02\x93.", pickle.ErrMalformed},
		"line without end":  {"Iabc", pickle.ErrMalformed},
		"escape at the end": {"V\\u12\n.", pickle.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v, err := pickle.Loads([]byte(c.data))
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.want) {
				t.Errorf("Loads: %T, %v; want %v", v, err, c.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > uint64(4<<20+200*len(c.data)) {
				t.Errorf("%d bytes were allocated for %d", n, len(c.data))
			}
		})
	}
}

// TestNothingIsCalled: what Python would call is skipped, and named.
func TestNothingIsCalled(t *testing.T) {
	out := python(t, `
import collections, decimal, pickle, uuid, fractions, enum, datetime, pathlib
class Evil:
    def __reduce__(self): return (eval, ("1/0",))
class State: pass
class Text(str): pass
class Many(list): pass
s = State(); s.x = 1
m = Many([1, 2])
for name, v in [("decimal.Decimal", decimal.Decimal("1.5")), ("uuid.UUID", uuid.UUID(int=5)), ("eval", Evil()),
          ("collections.OrderedDict", collections.OrderedDict(a=1)), ("object", s), ("fractions.Fraction", fractions.Fraction(1, 2)),
          ("__main__.Many", m), ("range", range(5)), ("eval", eval), ("collections.defaultdict", collections.defaultdict(list, a=[1])),
          ("tzinfo", datetime.tzinfo()), ("collections.deque", collections.deque([1]))]:
    for p in range(6):
        print(name, pickle.dumps({"k": [v]}, p).hex())
`, "")
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		name, pickled, _ := strings.Cut(line, " ")
		v, err := pickle.Loads(unhex(t, pickled))
		if err != nil {
			t.Errorf("%s: Loads: %v", name, err)
			continue
		}
		_, err = pickle.AppendJSON(nil, v)
		if err == nil || !strings.Contains(err.Error(), "is not readable") {
			t.Errorf("%s: AppendJSON: %v", name, err)
		}
		if werr := pickle.NewDict().Value(v); werr == nil {
			t.Errorf("%s can be written", name)
		}
	}
}

func FuzzLoads(f *testing.F) {
	for _, seed := range []string{
		"\x80\x04}q\x00X\x01\x00\x00\x00aK\x01s.", "(dp0\nVa\np1\nI1\ns.", "\x80\x05}\x94(\x8c\x01a\x94]\x94(K\x01\x88Ne\x8c\x01bh\x02u.",
		"\x80\x04\x8c\x08datetime\x8c\x08datetime\x93C\x0a\x07\xee\x01\x01\x00\x00\x00\x00\x00\x00\x85R.",
		"\x80\x04\x8f(K\x01K\x02\x90.", "c__builtin__\nset\n((lR.", "\x80\x05\x96\x01\x00\x00\x00\x00\x00\x00\x00x.",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := pickle.Loads(data)
		if err != nil {
			if !errors.Is(err, pickle.ErrMalformed) && !errors.Is(err, pickle.ErrLimit) {
				t.Errorf("error %v", err)
			}
			return
		}
		text, err := pickle.AppendJSON(nil, v)
		if err == nil && !json.Valid(replaceSpecial(text)) {
			t.Errorf("no JSON: %s", text)
		}
		w := pickle.NewDict()
		_ = w.Key("k")
		if w.Value(v) != nil {
			return
		}
		again, err := pickle.Loads(w.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		inner, _ := again.(*pickle.Dict).Get("k")
		if second, err := pickle.AppendJSON(nil, inner); text != nil && (err != nil || !bytes.Equal(text, second)) {
			t.Errorf("%s becomes %s, %v", text, second, err)
		}
	})
}

// replaceSpecial replaces what Python's json writes and JSON does not know.
func replaceSpecial(text []byte) []byte {
	return []byte(strings.NewReplacer("-Infinity", "0", "Infinity", "0", "NaN", "0").Replace(string(text)))
}

func BenchmarkLoads(b *testing.B) {
	data := unhex(b, "8005953f000000000000007d94288c0d5f617574685f757365725f6964948c0131948c0e5f617574685f757365725f6b657994"+
		"8c016b948c016e944b05752e")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pickle.Loads(data); err != nil {
			b.Fatal(err)
		}
	}
}
