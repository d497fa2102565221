package pickle_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/pickle"
)

// TestOnlyHarmlessCallsAreKept: a call that is written back is made by Python
// when it reads the session again.
func TestOnlyHarmlessCallsAreKept(t *testing.T) {
	for name, kept := range map[string]bool{
		"datetime date": true, "zoneinfo ZoneInfo._unpickle": true,
		"os system": false, "posix system": false, "nt system": false, "subprocess Popen": false,
		"builtins eval": false, "builtins exec": false, "builtins getattr": false, "builtins open": false,
		"__builtin__ eval": false, "importlib import_module": false, "codecs encode": false,
		"operator attrgetter": false, "functools partial": false, "pickle loads": false,
		"datetime sys.modules": false, "datetime datetime.now": false, "pytz _q": false,
	} {
		module, function, _ := strings.Cut(name, " ")
		v, err := pickle.Loads([]byte("\x80\x04c" + module + "\n" + function + "\n\x8c\x01x\x85R."))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, isCall := v.(pickle.Call); isCall != kept {
			t.Errorf("%s: a %T", name, v)
		}
		dict, err := pickle.Loads([]byte("\x80\x04}\x8c\x01kc" + module + "\n" + function + "\n\x8c\x01x\x85Rs."))
		if err != nil {
			t.Fatal(err)
		}
		w := pickle.NewDict()
		w.Key("k")
		err = w.Value(dict.(*pickle.Dict).Pairs[0].Value)
		if (err == nil) != kept {
			t.Errorf("%s: written back: %v", name, err)
		}
	}
}

// TestLargePickleIsNotExamined: its length is judged before its contents.
func TestLargePickleIsNotExamined(t *testing.T) {
	large := make([]byte, pickle.MaxSize+1)
	large[0] = '.' // the end
	if _, err := pickle.Loads(large); !errors.Is(err, pickle.ErrLimit) {
		t.Errorf("%d bytes: %v", len(large), err)
	}
	if _, err := pickle.Loads(append([]byte("N."), large[:pickle.MaxSize-2]...)); err != nil {
		t.Errorf("%d bytes: %v", pickle.MaxSize, err)
	}
}
