package sharing

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/tomltext"
	"github.com/jamsession/jamsession/internal/conf"
)

// A line is a setting of this program that shares what Django does: a line of
// jamsession.toml. No text of Django's is in it unquoted.
type line struct{ name, value string }

// quoted is the line of a text.
func quoted(name, text string) line { return line{name, tomltext.Quote(text)} }

// listed is the line of a list of texts.
func listed(name string, texts []string) line { return line{name, tomltext.List(texts)} }

//go:embed reasons.toml
var reasonsFile string

// reasons are read when a line is written: few commands do.
var reasons = sync.OnceValue(func() (byName map[string]string) {
	if _, err := toml.Decode(reasonsFile, &byName); err != nil {
		panic("reasons.toml: " + err.Error()) // it is a part of the program
	}
	return byName
})

// why is the comment above the line. It has no text of Django's.
func (l line) why() string {
	if root, _, ok := strings.Cut(l.name, "."); ok {
		return reasons()[root+l.name[strings.LastIndexByte(l.name, '.'):]]
	}
	return reasons()[l.name]
}

// String returns the line as the file has it.
func (l line) String() string { return l.name + " = " + l.value }

// isDefault reports whether the line says what holds without it.
func (l line) isDefault() bool {
	var values map[string]any
	if _, err := toml.Decode(l.String(), &values); err != nil {
		return false
	}
	written := tomltext.Written(values[l.name])
	return slices.ContainsFunc(conf.All(), func(s conf.Setting) bool {
		return s.Name == l.name && s.Default == written
	})
}

// allLines are all lines that are known. Those of a setting that Django does not
// say, or not as a plain value, are left out.
func (s site) allLines() []line {
	var lines []line
	for _, part := range []func() []line{
		s.databaseLine, s.userLines, s.backendLines, s.passwordLines, s.engineLines,
		s.deviceLines,
		s.copiedLines, s.requestLines, s.cacheLines,
	} {
		lines = append(lines, part()...)
	}
	return lines
}

// linesFor returns those of the lines that have one of these names, or begin
// with it and a dot.
func (s site) linesFor(names ...string) []line {
	var lines []line
	for _, l := range s.lines {
		if slices.ContainsFunc(names, func(name string) bool {
			return l.name == name || strings.HasPrefix(l.name, name+".")
		}) {
			lines = append(lines, l)
		}
	}
	return lines
}

// copied are settings that have the same form on both sides.
var copied = strings.Fields(`
	SESSION_FILE_PATH
	SESSION_COOKIE_NAME SESSION_COOKIE_DOMAIN SESSION_COOKIE_PATH
	SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE
	SESSION_COOKIE_AGE SESSION_EXPIRE_AT_BROWSER_CLOSE SESSION_SAVE_EVERY_REQUEST
	CSRF_USE_SESSIONS CSRF_COOKIE_NAME CSRF_COOKIE_AGE CSRF_COOKIE_DOMAIN CSRF_COOKIE_PATH
	CSRF_COOKIE_HTTPONLY CSRF_COOKIE_SAMESITE CSRF_HEADER_NAME
	USE_TZ TIME_ZONE PASSWORD_RESET_TIMEOUT DEFAULT_FROM_EMAIL
	SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS SECURE_HSTS_INCLUDE_SUBDOMAINS SECURE_HSTS_PRELOAD
	USE_X_FORWARDED_HOST SECURE_PROXY_SSL_HEADER
`)

func (s site) copiedLines() []line {
	var lines []line
	for _, name := range copied {
		v, ok := s.django[name]
		if !ok {
			continue
		}
		if value, ok := valueOf(name, v); ok {
			lines = append(lines, line{name, value})
		}
	}
	return lines
}

// valueOf returns a plain value of Python in TOML.
func valueOf(name string, v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		switch {
		case name == "CSRF_COOKIE_AGE":
			return "0", true
		case strings.HasSuffix(name, "_SAMESITE"):
			return "false", true
		case name == "SECURE_PROXY_SSL_HEADER":
			return "[]", true
		}
		return `""`, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		if v == float64(int64(v)) {
			return strconv.FormatInt(int64(v), 10), true
		}
	case string:
		return tomltext.Quote(v), true
	case []any:
		list, ok := asTexts(v)
		return tomltext.List(list), ok
	case diffsettings.Call:
		path, ok := pathText(v)
		return tomltext.Quote(path), ok
	}
	return "", false
}

// requestLines are settings of requests that have another form here.
func (s site) requestLines() []line {
	var lines []line
	hosts, ok := asTexts(s.django["ALLOWED_HOSTS"])
	if ok && len(hosts) > 0 && !slices.Contains(hosts, "*") {
		lines = append(lines, listed("ALLOWED_HOSTS", hosts))
	}
	if there, ok := asTexts(s.django["CSRF_TRUSTED_ORIGINS"]); ok {
		var origins []string
		for _, origin := range there {
			origins = append(origins, asOrigin(origin))
		}
		lines = append(lines, listed("CSRF_TRUSTED_ORIGINS", origins))
	}
	path, _ := s.django["MESSAGE_STORAGE"].(string)
	if name, ok := messageStorages[path]; ok {
		lines = append(lines, quoted("MESSAGE_STORAGE", name))
	}
	for _, name := range []string{"LOGIN_URL", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL"} {
		// Without a slash it is the name of a pattern.
		if url, _ := s.django[name].(string); strings.HasPrefix(url, "/") {
			lines = append(lines, quoted(name, url))
		}
	}
	return lines
}

// asOrigin returns an origin. Django 3.2 has hosts.
func asOrigin(text string) string {
	if strings.Contains(text, "://") {
		return text
	}
	if strings.HasPrefix(text, ".") {
		text = "*" + text
	}
	return "https://" + text
}

var messageStorages = map[string]string{
	"django.contrib.messages.storage.fallback.FallbackStorage": "fallback",
	"django.contrib.messages.storage.cookie.CookieStorage":     "cookie",
	"django.contrib.messages.storage.session.SessionStorage":   "session",
}

// passwordLines name Django's hashers if one that this program would not read
// is among them, or the first is another.
func (s site) passwordLines() []line {
	var lines []line
	there, _ := s.djangoAlgorithms()
	var readable []string
	for _, algorithm := range there {
		if slices.Contains(readableAlgorithms, algorithm) {
			readable = append(readable, algorithm)
		}
	}
	if len(there) > 0 && slices.Contains(readable, there[0]) {
		value := "[]"
		if there[0] != standardAlgorithms[0] || !within(readable, standardAlgorithms) {
			value = tomltext.List(readable)
		}
		lines = append(lines, line{"PASSWORD_HASHERS", value})
	}
	if n := s.wantedIterations(); n > 0 {
		lines = append(lines, line{"PBKDF2_ITERATIONS", strconv.Itoa(n)})
	}
	return lines
}

// readableAlgorithms are those that PASSWORD_HASHERS can name here.
var readableAlgorithms = append(slices.Clone(standardAlgorithms), "bcrypt")

func within(list, all []string) bool {
	return !slices.ContainsFunc(list, func(x string) bool { return !slices.Contains(all, x) })
}

// wantedIterations is the number that Django uses, 0 if it is not known.
func (s site) wantedIterations() int {
	there, _ := s.djangoAlgorithms()
	if len(there) == 0 || there[0] != "pbkdf2_sha256" {
		return 0
	}
	numbers, _, _ := s.djangoIterations(true)
	if len(numbers) == 0 {
		return 0
	}
	return numbers[len(numbers)-1]
}
