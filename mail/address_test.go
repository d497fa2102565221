package mail_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/jamsession/jamsession/mail"
)

// TestAddresses that Django's table may have, as a server gets them.
func TestAddresses(t *testing.T) {
	long := strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 91) + "example" // 254 bytes
	for written, want := range map[string]string{
		"john@example.com":                "john@example.com",
		"John.Doe+tag@Example.COM":        "John.Doe+tag@Example.COM",
		"john@[192.0.2.1]":                "john@[192.0.2.1]",
		"webmaster@localhost":             "webmaster@localhost",
		"john@my_host.example":            "john@my_host.example",
		`"john doe"@example.com`:          "john doe@example.com",
		`"john\ doe"@example.com`:         "john doe@example.com",
		`"a@b"@example.com`:               "a@b@example.com",
		`"a\"b"@example.com`:              `a"b@example.com`,
		`"@"@bücher.example`:              "@@xn--bcher-kva.example",
		"user@bücher.example":             "user@xn--bcher-kva.example",
		"user@BÜCHER.example":             "user@xn--bcher-kva.example",
		"user@bücher.example.中国":          "user@xn--bcher-kva.example.xn--fiqs8s",
		"user@straße.example":             "user@xn--strae-oqa.example",
		"jürgen@bücher.example":           "jürgen@xn--bcher-kva.example",
		long:                              long,
		"a" + long:                        "",
		"":                                "",
		"john":                            "",
		"@example.com":                    "",
		`""@example.com`:                  "",
		"john@":                           "",
		"john@@example.com":               "",
		"john..doe@example.com":           "",
		"john doe@example.com":            "",
		"john@example.com, eve@x.com":     "",
		"John <john@example.com>":         "",
		"<john@example.com>":              "",
		" john@example.com":               "",
		"john@example.com ":               "",
		"john @example.com":               "",
		`"john" @example.com`:             "",
		`"john"doe@example.com`:           "",
		"john@example.com (John)":         "",
		"(John) john@example.com":         "",
		"john@example.com>":               "",
		"john@example.com\r\nBcc: a@b":    "",
		"\"john\tdoe\"@example.com":       "",
		"john@exa\u202emple.com":          "",
		"john@bü cher.example":            "",
		"john@-bücher.example":            "",
		"john@bücher.example/x":           "",
		"john@" + strings.Repeat("ü", 99): "",
		"\xff@example.com":                "",
		"john@\xff.example":               "",
	} {
		if got, ok := mail.Parse(written); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", written, got, ok, want)
		}
	}
}

// FuzzAddress: what can be read is one line, is short, and has a domain in ASCII.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{`"john doe"@example.com`, "user@bücher.example", `"a\"@b"@[::1]`, "a@b (c)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, written string) {
		got, ok := mail.Parse(written)
		at := strings.LastIndexByte(got, '@')
		if ok && (len(got) > 254 || at < 1 || strings.ContainsFunc(got, unicode.IsControl) ||
			strings.ContainsFunc(got[at:], func(r rune) bool { return r > unicode.MaxASCII })) {
			t.Errorf("%q: %q", written, got)
		}
	})
}

// TestLongTextsAreNotRead: an address of 8 MB took seconds before its length was looked at.
// What is not read is not copied either.
func TestLongTextsAreNotRead(t *testing.T) {
	const size = 8 << 20
	for _, text := range []string{
		strings.Repeat("a.", size/2) + "a@example.com",
		strings.Repeat("(", size) + "@example.com",
		strings.Repeat("a ", size/2) + "<a@example.com>",
		strings.Repeat(`"a" `, size/4) + "<a@example.com>",
		`"` + strings.Repeat("ü", size/2) + `"@example.com`,
		"john@" + strings.Repeat("bücher.", size/8) + "example",
	} {
		if n := allocated(func() {
			if err := (mail.Message{To: text}).Check(); !errors.Is(err, mail.ErrInvalid) {
				t.Errorf("%.20s…: error %v", text, err)
			}
		}); n > size/100 {
			t.Errorf("%.20s…: %d bytes are copied", text, n)
		}
		if n := allocated(func() {
			if _, err := mail.NewSMTP("smtp://localhost", text); err == nil || len(err.Error()) > 1000 {
				t.Errorf("sender %.20s…: accepted, or an error of the same length", text)
			}
		}); n > size/100 {
			t.Errorf("sender %.20s…: %d bytes are copied", text, n)
		}
	}
	subject := mail.Message{To: "john@example.com", Subject: strings.Repeat("Hello ", size/6)}
	if err := subject.Check(); !errors.Is(err, mail.ErrInvalid) {
		t.Errorf("subject: error %v", err)
	}
}

// allocated returns how many bytes a function asks for.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestLanguages: domains in punycode are for every server, and mails to other names are for
// those that offer SMTPUTF8. One address of that kind does not keep the others from their mails.
func TestLanguages(t *testing.T) {
	const sender = "Bücher <noreply@bücher.example>"
	for _, c := range []struct {
		from, to, offer string
		said, header    string // empty: refused
	}{
		{sender, "user@bücher.example", "", "RCPT TO:<user@xn--bcher-kva.example>\n", "To: <user@xn--bcher-kva.example>"},
		{sender, "john@example.com", "", "MAIL FROM:<noreply@xn--bcher-kva.example>\n", "From: =?utf-8?q?B=C3=BCcher?= <noreply@xn--bcher-kva.example>"},
		{sender, "john@example.com", "SMTPUTF8", "MAIL FROM:<noreply@xn--bcher-kva.example>\n", "To: <john@example.com>"},
		{sender, "jürgen@example.com", "", "", ""},
		{sender, "jürgen@bücher.example", "SMTPUTF8", "RCPT TO:<jürgen@xn--bcher-kva.example>\n", "To: <jürgen@xn--bcher-kva.example>"},
		{"größe@example.com", "john@example.com", "", "", ""},
		{"größe@example.com", "john@example.com", "SMTPUTF8", "MAIL FROM:<größe@example.com> SMTPUTF8\n", "From: <größe@example.com>"},
		{sender, `"john doe"@example.com`, "", "RCPT TO:<\"john doe\"@example.com>\n", `To: <"john doe"@example.com>`},
	} {
		server := server{offers: strings.Fields(c.offer)}
		server.listen(t)
		s, err := mail.NewSMTP("smtp://"+server.addr, c.from)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Send(t.Context(), mail.Message{To: c.to, Subject: "Hello", Text: "Hello\n"})
		if c.said == "" {
			if err == nil || !strings.Contains(err.Error(), "SMTPUTF8") || errors.Is(err, mail.ErrTemporary) ||
				strings.Contains(err.Error(), "jürgen") {
				t.Errorf("%s to %s: error %v", c.from, c.to, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
			continue
		}
		if got := <-server.mails; !strings.Contains(got, c.said) || !strings.Contains(got, "\n"+c.header+"\n") {
			t.Errorf("%s to %s: %q and %q are not in\n%s", c.from, c.to, c.said, c.header, got)
		}
	}
}

// TestHostInOtherLetters is looked up in punycode.
func TestHostInOtherLetters(t *testing.T) {
	s, err := mail.NewSMTP("smtps://mail.bücher.example", "noreply@example.com")
	if err != nil || s.(interface{ String() string }).String() != "mail.Sender(mail.xn--bcher-kva.example)" {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := mail.NewSMTP("smtp://b%C3%BC%20cher.example", "noreply@example.com"); err == nil {
		t.Error("a host with a space")
	}
}
