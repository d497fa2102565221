package devices_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/devices"
)

// TestBrowsersHaveNames, as they call themselves, and strangers are not quoted.
func TestBrowsersHaveNames(t *testing.T) {
	const webkit, gecko = "AppleWebKit/537.36 (KHTML, like Gecko) ", "Mozilla/5.0 "
	for agent, want := range map[string]string{
		firefox: "Firefox on Linux",
		gecko + "(Windows NT 10.0; Win64; x64) " + webkit + "Chrome/140.0.0.0 Safari/537.36":                                                     "Chrome on Windows",
		gecko + "(Windows NT 10.0; Win64; x64) " + webkit + "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":                                       "Edge on Windows",
		gecko + "(Windows NT 10.0; Win64; x64) " + webkit + "Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0":                                       "Opera on Windows",
		gecko + "(Linux; Android 10; K) " + webkit + "Chrome/140.0.0.0 Mobile Safari/537.36":                                                     "Chrome on Android",
		gecko + "(Linux; Android 14; SM-S911B) " + webkit + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":                          "Samsung Internet on Android",
		gecko + "(Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0":                                                                       "Firefox on Android",
		gecko + "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15":                      "Safari on Mac",
		gecko + "(iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1":    "Safari on iPhone",
		gecko + "(iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
		gecko + "(iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15":           "Firefox on iPad",
		gecko + "(X11; CrOS x86_64 14541.0.0) " + webkit + "Chrome/140.0.0.0 Safari/537.36":                                                      "Chrome on ChromeOS",
		"curl/8.14.1":         "curl",
		"Go-http-client/2.0":  "Go program",
		"":                    "Unknown browser",
		"<script>x</script>":  "Unknown browser",
		"Mine (Windows; 1.0)": "Browser on Windows",
	} {
		if got := devices.BrowserOf(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

func TestDeviceInOneLine(t *testing.T) {
	const browser = "Firefox on Linux"
	for age, want := range map[time.Duration]string{
		0: "active now", 5 * time.Minute: "active now", 7 * time.Minute: "active 7 minutes ago",
		61 * time.Minute: "active 1 hour ago", 26 * time.Hour: "active 1 day ago", 80 * time.Hour: "active 3 days ago",
	} {
		d := devices.Device{Browser: browser, Seen: time.Now().Add(-age)}
		if text := fmt.Sprint(d); text != browser+" · "+want {
			t.Errorf("after %v: %s", age, text)
		}
	}
	d := devices.Device{Name: "Kitchen", Browser: browser, Current: true}
	if text := fmt.Sprint(d); text != "Kitchen · Firefox on Linux · active now · this device" {
		t.Errorf("the visitor's own: %s", text)
	}
}

// TestAddressesAreShort, unless asked for.
func TestAddressesAreShort(t *testing.T) {
	for source, want := range map[string][2]string{
		"192.0.2.77:4711":        {"192.0.2.0/24", "192.0.2.77"},
		"192.0.2.77/32":          {"192.0.2.0/24", "192.0.2.77"},
		"[2001:db8:1:2::3]:4711": {"2001:db8:1::/48", "2001:db8:1:2::3"},
		"2001:db8:1:2::/64":      {"2001:db8:1::/48", "2001:db8:1:2::/64"},
		"::ffff:192.0.2.77":      {"192.0.2.0/24", "192.0.2.77"},
		"@":                      {"", ""},
		"invalid Prefix":         {"", ""},
	} {
		for i, kind := range []devices.AddressKind{devices.AddressShort, devices.AddressFull, devices.AddressNone} {
			if got := devices.AddressOf(source, kind); i < 2 && got != want[i] || i == 2 && got != "" {
				t.Errorf("%s, kind %d: %q, want %q", source, i, got, want[min(i, 1)])
			}
		}
	}
}
