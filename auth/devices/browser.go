package devices

import "strings"

// browserOf says in words which browser has sent a User-Agent: "Firefox on Linux". What
// people see must not be what a stranger writes, so that an agent that is not in the tables
// is not quoted.
func browserOf(agent string) string {
	browser, system := wordFor(agent, browsers), wordFor(agent, systems)
	switch {
	case browser == "" && system == "":
		return "Unknown browser"
	case browser == "":
		return "Browser on " + system
	case system == "":
		return browser
	default:
		return browser + " on " + system
	}
}

// A word stands for agents that contain a mark.
type word struct{ mark, text string }

// browsers and systems are in the order in which they are looked for: most agents contain
// the marks of those that they want to be taken for.
var (
	browsers = []word{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"OPR/", "Opera"},
		{"OPT/", "Opera"},
		{"Vivaldi/", "Vivaldi"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"DuckDuckGo/", "DuckDuckGo"},
		{"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Chrome/", "Chrome"},
		{"Version/", "Safari"},
		{"Trident/", "Internet Explorer"},
		{"MSIE ", "Internet Explorer"},
		{"okhttp/", "App"},
		{"CFNetwork/", "App"},
		{"Dart/", "App"},
		{"curl/", "curl"},
		{"Wget/", "Wget"},
		{"python-requests/", "Python program"},
		{"Go-http-client/", "Go program"},
	}
	systems = []word{
		{"Windows", "Windows"},
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Macintosh", "Mac"},
		{"Darwin/", "Apple device"},
		{"FreeBSD", "FreeBSD"},
		{"OpenBSD", "OpenBSD"},
		{"Linux", "Linux"},
	}
)

func wordFor(agent string, words []word) string {
	for _, w := range words {
		if strings.Contains(agent, w.mark) {
			return w.text
		}
	}
	return ""
}
