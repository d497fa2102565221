package password_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/vectors"
)

func TestVectorsPasswordValidators(t *testing.T) {
	vectors.Run(t, "password_validators", func(t *testing.T, c vectors.Case) {
		var in struct {
			Password, Username, Email string
			FirstName                 string `json:"first_name"`
			LastName                  string `json:"last_name"`
		}
		var want struct {
			Codes []string `json:"error_codes"`
		}
		c.Decode(t, &in, &want)
		got := codes(password.Validate(in.Password, []password.Attribute{
			{Name: "username", Value: in.Username},
			{Name: "first name", Value: in.FirstName},
			{Name: "last name", Value: in.LastName},
			{Name: "email address", Value: in.Email},
		}, password.DefaultValidators()))
		if !slices.Equal(got, want.Codes) {
			t.Errorf("codes %q, want %q", got, want.Codes)
		}
	})
}

func codes(problems []*password.Problem) []string {
	list := []string{}
	for _, p := range problems {
		list = append(list, p.Code)
	}
	return list
}

func TestProblemsDoNotShowThePassword(t *testing.T) {
	about := []password.Attribute{{Name: "username", Value: "sentinel"}}
	for _, pw := range []string{"sentinel", "s", "12345678", strings.Repeat("sentinel", 1000)} {
		problems := password.Validate(pw, about, password.DefaultValidators())
		if len(problems) == 0 {
			t.Errorf("%.10q is good", pw)
		}
		for _, p := range problems {
			if strings.Contains(p.Error(), pw) && len(pw) > 1 || !strings.HasSuffix(p.Error(), ".") {
				t.Errorf("%q: %q is not a sentence, or shows the password", pw, p)
			}
		}
	}
	for _, v := range password.DefaultValidators() {
		if !strings.HasPrefix(v.Help(), "Your password") {
			t.Errorf("%T: help %q", v, v.Help())
		}
	}
}

// TestLongPasswordsAreNotCompared: no validator works on what is refused
// anyway (CVE-2021-45115).
func TestLongPasswordsAreNotCompared(t *testing.T) {
	long := strings.Repeat("x", 4096+1)
	got := codes(password.Validate(long, nil, []password.Validator{never{t}}))
	if !slices.Equal(got, []string{"password_too_long"}) {
		t.Errorf("codes %q", got)
	}
}

type never struct{ t *testing.T }

func (n never) Validate(string, []password.Attribute) *password.Problem {
	n.t.Error("a validator was asked")
	return nil
}

func (never) Help() string { return "" }

func TestNotSimilar(t *testing.T) {
	about := []password.Attribute{
		{Name: "username", Value: "Björn_Ünal"},
		{Name: "email address", Value: "x.y@ab-cdefgh.example"},
	}
	for pw, similar := range map[string]bool{
		"bjÖrn_ünal1":                     true,
		"hgfedcba":                        true,
		"cdefgh99":                        true,
		"unrelated words":                 false,
		"björn" + strings.Repeat("z", 60): false,
		"":                                false,
	} {
		if got := must(password.NotSimilar(0.7)).Validate(pw, about) != nil; got != similar {
			t.Errorf("%q is similar: %v, want %v", pw, got, similar)
		}
	}
	if must(password.NotSimilar(1)).Validate("cdefgh99", about) != nil {
		t.Error("0.86 is refused where only equal ones are")
	}
}

// TestSimilarityInLowerCaseOfPython: the "İ" has a dot above in lower case, and a sigma at the end of a
// word is another letter. So no password is refused that Django takes, and none is let through.
func TestSimilarityInLowerCaseOfPython(t *testing.T) {
	n := must(password.NotSimilar(1))
	for pw, name := range map[string]string{"i\u0307zmi\u0307r": "İZMİR", "ΟΔΟΣ": "οδος", "ΣΑΣ": "σας"} {
		for _, pair := range [][2]string{{pw, name}, {name, pw}} {
			if n.Validate(pair[0], []password.Attribute{{Name: "username", Value: pair[1]}}) == nil {
				t.Errorf("%q is not similar to %q", pair[0], pair[1])
			}
		}
	}
	for pw, name := range map[string]string{"izmir": "İZMİR", "οδοσ": "ΟΔΟΣ"} {
		if n.Validate(pw, []password.Attribute{{Name: "username", Value: name}}) != nil {
			t.Errorf("%q is the same as %q", pw, name)
		}
	}
}

// TestNotSimilarBoundsItsWork (CVE-2021-45115): what a visitor gives for a name
// of any length costs what one of 4 KiB does, and words that are too short to be
// similar cost nothing.
func TestNotSimilarBoundsItsWork(t *testing.T) {
	const short = 4096
	long := strings.Repeat("x", 4096)
	words := strings.Repeat("ÄB ", 1<<14)
	distinct := make([]rune, 0, short)
	for c := rune('一'); len(distinct) < 1300; c++ {
		if distinct = append(distinct, c); len(distinct)%100 == 0 {
			distinct = append(distinct, ' ')
		}
	}
	n := must(password.NotSimilar(0.7))
	for about, c := range map[string]struct {
		password, value, least string // least costs as much, or more
	}{
		"short words":      {"öffnen99", words, words[:short]},
		"long password":    {long, words, words[:short]},
		"password as well": {words, words, words[:short]},
		"one word":         {long, strings.Repeat("yZ", 1<<15), strings.Repeat("yZ", short/2)},
		"dissimilar words": {long, string(distinct), "one word"},
	} {
		cost := func(value string) (allocs float64, size uint64) {
			attributes := []password.Attribute{{Name: "first name", Value: value}}
			validate := func() { n.Validate(c.password, attributes) }
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			validate()
			runtime.ReadMemStats(&after)
			return testing.AllocsPerRun(2, validate), after.TotalAlloc - before.TotalAlloc
		}
		got, size := cost(c.value)
		want, _ := cost(c.least)
		if got > want+20 || size > 1<<18 {
			t.Errorf("%s: %v allocations, %d bytes; want %v, at most 256 KiB", about, got, size, want)
		}
	}
}

// TestNotSimilarSkipsNothingSimilar: the bound by the lengths changes no answer.
func TestNotSimilarSkipsNothingSimilar(t *testing.T) {
	for _, most := range []float64{0.1, 0.35, 0.7, 1} {
		n := must(password.NotSimilar(most))
		for p := 1; p < 64; p++ {
			for v := 1; v < 64; v++ {
				about := []password.Attribute{{Name: "username", Value: strings.Repeat("a", v)}}
				want := 2*float64(min(p, v))/float64(p+v) >= most
				if got := n.Validate(strings.Repeat("a", p), about) != nil; got != want {
					t.Errorf("limit %v, %d and %d characters: similar is %v", most, p, v, got)
				}
			}
		}
	}
}

// TestTheListIsThatOfDjango52 and newer, which has 594 passwords that older ones lack, and lacks 681.
func TestTheListIsThatOfDjango52(t *testing.T) {
	n := must(password.NotCommon(nil))
	if got := password.CommonLen(n); got != 19_640 {
		t.Errorf("the list has %d passwords", got)
	}
	for pw, common := range map[string]bool{
		`"zxcvbnm,./"`: true, `"1,00001e+14"`: true, "ПАРОЛЬ": true, "\x1cqwerty\u3000": true,
		"011151zangetsu": false, "heartstracker": false,
	} {
		if got := n.Validate(pw, nil) != nil; got != common {
			t.Errorf("%q is common: %v, want %v", pw, got, common)
		}
	}
}

func TestCommonList(t *testing.T) {
	n, err := password.NotCommon(strings.NewReader("Hunter2\r\n\n  spaced out \nhunter2\n"))
	if err != nil || password.CommonLen(n) != 2 {
		t.Fatalf("%v, error %v; want 2 passwords", n, err)
	}
	for pw, common := range map[string]bool{
		"hunter2": true, "HUNTER2 ": true, "spaced out": true, "": false, "password": false,
	} {
		if got := n.Validate(pw, nil) != nil; got != common {
			t.Errorf("%q is common: %v, want %v", pw, got, common)
		}
	}
	if _, err := password.NotCommon(strings.NewReader(strings.Repeat("x", 1<<20))); err == nil {
		t.Error("a line of 1 MiB is read")
	}
}

func ExampleValidate() {
	about := []password.Attribute{{Name: "username", Value: "john_doe"}}
	for _, p := range password.Validate("johndoe1", about, password.DefaultValidators()) {
		fmt.Println(p.Code, p)
	}
	// Output: password_too_similar This password is too much like the username.
}

// TestImpossibleValidatorsAreAnError that names them.
func TestImpossibleValidatorsAreAnError(t *testing.T) {
	for _, n := range []int{-1, 0, 4096 + 1} {
		if v, err := password.MinLength(n); err == nil || v != nil || !strings.Contains(err.Error(), "MinLength") {
			t.Errorf("%d characters: %v, %v", n, v, err)
		}
	}
	for _, limit := range []float64{-0.1, 0, 0.09, 1.1, math.NaN()} {
		if v, err := password.NotSimilar(limit); err == nil || v != nil || !strings.Contains(err.Error(), "NotSimilar") {
			t.Errorf("the limit %v: %v, %v", limit, v, err)
		}
	}
}

// A list of your own, such as one of leaked passwords.
func ExampleNotCommon() {
	leaked, err := password.NotCommon(strings.NewReader("correct horse battery staple\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	validators := append(password.DefaultValidators(), leaked)
	for _, p := range password.Validate("Correct horse battery staple", nil, validators) {
		fmt.Println(p)
	}
	// Output: This password is too common.
}

func ExampleMinLength() {
	length, err := password.MinLength(15)
	check(err)
	fmt.Println(length.Help())
	// Output: Your password needs at least 15 characters.
}
