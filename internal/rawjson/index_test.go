package rawjson

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestManyItemsAreFoundByAnIndex instead of by comparing each with each.
func TestManyItemsAreFoundByAnIndex(t *testing.T) {
	const many = 20_000
	touch := map[string]func(o *Object, name string){
		"Put": func(o *Object, name string) {
			m, err := NewMember(name, 2)
			if err != nil {
				t.Fatal(err)
			}
			o.Put(m)
		},
		"Set":    func(o *Object, name string) { o.Set(name, []byte("2")) },
		"Get":    func(o *Object, name string) { o.Get(name) },
		"Delete": func(o *Object, name string) { o.Delete(name) },
	}
	for what, do := range touch {
		for _, parsed := range []bool{false, true} {
			var o Object
			for i := range many {
				o.Set(fmt.Sprint(i), []byte("1"))
			}
			if parsed {
				var err error
				if o, err = Parse(o.AppendTo(nil)); err != nil {
					t.Fatal(err)
				}
			}
			for i := range many {
				do(&o, fmt.Sprint(i))
			}
			if o.searches > indexAfter || o.index == nil {
				t.Errorf("%s, parsed %t: %d members were looked through %d times", what, parsed, many, o.searches)
			}
		}
	}
}

// TestIndexChangesNothing compares with a list, through all operations, on both
// sides of the size at which there is an index.
func TestIndexChangesNothing(t *testing.T) {
	type member struct{ name, value string }
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		var o Object
		var want []member
		find := func(name string) int {
			return slices.IndexFunc(want, func(m member) bool { return m.name == name })
		}
		for step := range 2000 {
			name, value := fmt.Sprintf("ä%d", random.IntN(4*scanned)), fmt.Sprint(step)
			i := find(name)
			switch random.IntN(8) {
			case 0, 1:
				o.Set(name, []byte(value))
			case 2, 3:
				m, err := NewMember(name, step)
				if err != nil {
					t.Fatal(err)
				}
				o.Put(m)
			case 4, 5:
				if o.Delete(name) != (i >= 0) {
					t.Fatalf("seed %d: Delete of %q", seed, name)
				}
				if i >= 0 {
					want = slices.Delete(want, i, i+1)
				}
				continue
			case 6:
				if got, ok := o.Get(name); ok != (i >= 0) || ok && string(got) != want[i].value {
					t.Fatalf("seed %d: %q is %s", seed, name, got)
				}
				continue
			case 7:
				if random.IntN(20) == 0 {
					parsed, err := Parse(o.AppendTo(nil))
					if err != nil {
						t.Fatal(err)
					}
					o = parsed
				}
				continue
			}
			if i >= 0 {
				want[i].value = value
			} else {
				want = append(want, member{name, value})
			}
		}
		if o.Len() != len(want) {
			t.Fatalf("seed %d: %d members, want %d", seed, o.Len(), len(want))
		}
		clone := o.Clone()
		for _, o := range []*Object{&o, &clone} {
			var got []member
			for name, value := range o.All() {
				got = append(got, member{name, string(value)})
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d:\n%v\n%v", seed, got, want)
			}
		}
	}
}
