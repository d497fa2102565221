package carrier_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/carrier"
)

type parcel struct {
	carrier.Context[parcel]
	secret string
}

// other is alike, and is not found in its place.
type other struct {
	carrier.Context[other]
}

func wrap(parent context.Context, secret string) *parcel {
	p := &parcel{secret: secret}
	p.Context = carrier.New(parent, "a parcel", p)
	return p
}

type outer struct{}

func TestEachTypeIsFoundForItself(t *testing.T) {
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), outer{}, "outside"))
	p := wrap(ctx, "one")
	o := &other{}
	o.Context = carrier.New[other](p, "another", o)
	if carrier.From[parcel](o) != p || carrier.From[other](o) != o {
		t.Error("what is carried is not found through another carrier")
	}
	if carrier.From[other](p) != nil || carrier.From[parcel](ctx) != nil {
		t.Error("something is found that is not carried")
	}
	if inner := wrap(o, "two"); carrier.From[parcel](inner) != inner {
		t.Error("the inner one does not count")
	}
	if o.Value(outer{}) != "outside" {
		t.Error("the parent's values are gone")
	}
	cancel()
	if o.Err() == nil {
		t.Error("the parent's end is not seen")
	}
}

func TestContextPrintsAsItsName(t *testing.T) {
	p := wrap(t.Context(), "SENTINEL")
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "ctx", p)
	text := fmt.Sprintf("%v %+v %#v %s", p, p, p, p)
	if text != "a parcel a parcel a parcel a parcel" || !strings.Contains(log.String(), `ctx="a parcel"`) {
		t.Errorf("printed is %s, logged %s", text, &log)
	}
}

func TestOneAllocation(t *testing.T) {
	parent := t.Context()
	if n := testing.AllocsPerRun(100, func() { _ = carrier.From[parcel](wrap(parent, "")) }); n > 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}
