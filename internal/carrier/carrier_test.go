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
	p.Context = carrier.New(parent, "a parcel", nil, p, nil)
	return p
}

type outer struct{}

func TestEachTypeIsFoundForItself(t *testing.T) {
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), outer{}, "outside"))
	p := wrap(ctx, "one")
	o := &other{}
	o.Context = carrier.New[other](p, "another", nil, o, nil)
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

// TestOwnersFindTheirOwn, also through the handlers of others.
func TestOwnersFindTheirOwn(t *testing.T) {
	one, two := new(int), new(int)
	inside := func(parent context.Context, owner any) *parcel {
		p := &parcel{}
		p.Context = carrier.New(parent, "a parcel", owner, p, nil)
		return p
	}
	outer := inside(t.Context(), one)
	inner := inside(outer, two)
	if carrier.Of[parcel](inner, one) != outer || carrier.Of[parcel](inner, two) != inner {
		t.Error("an owner does not find what it carries")
	}
	if carrier.Of[parcel](inner, new(int)) != nil || carrier.Of[other](inner, one) != nil {
		t.Error("something is found that is not carried")
	}
}

// TestOwnValuesBeforeTheParents: values given beside the parent are found first.
func TestOwnValuesBeforeTheParents(t *testing.T) {
	p := &parcel{}
	p.Context = carrier.New(t.Context(), "a parcel", nil, p,
		context.WithValue(context.Background(), outer{}, "beside"))
	if p.Value(outer{}) != "beside" || p.Err() != nil {
		t.Errorf("found %v", p.Value(outer{}))
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

type part struct {
	carrier.Context[part]

	_ [20]uintptr // the size of an exchange, roughly
}

type partKey struct{}

// BenchmarkContext compares a value that is its own context with one in a
// context of package context.
func BenchmarkContext(b *testing.B) {
	parent, owner := b.Context(), new(int)
	var kept context.Context
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p := &part{}
			p.Context = carrier.New(parent, "part", owner, p, nil)
			kept = p
		}
	})
	b.Run("WithValue", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			kept = context.WithValue(parent, partKey{}, &part{})
		}
	})
	_ = kept
}
