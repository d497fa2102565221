package conf

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

// limit takes a number of attempts, and the seconds until one comes back, such
// as "10/300".
func limit(field func(*Settings) *throttle.Limit) func(*Settings, value) error {
	return into(field, parseLimit)
}

// optionalLimit takes "none", too.
func optionalLimit(field func(*Settings) *throttle.Limit) func(*Settings, value) error {
	return into(field, func(v value) (throttle.Limit, error) {
		if text, err := v.text(); err == nil && text == "none" {
			return throttle.Limit{}, nil
		}
		return parseLimit(v)
	})
}

func parseLimit(v value) (throttle.Limit, error) {
	text, err := v.text()
	if err != nil {
		return throttle.Limit{}, err
	}
	burst, every, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(burst)
	seconds, err2 := strconv.Atoi(every)
	if err != nil || err2 != nil || n < 1 || n > 1_000_000 || seconds < 1 || seconds > 366*24*3600/n {
		return throttle.Limit{}, errors.New(`want attempts/seconds, such as "10/300": ` +
			"ten, and one more each 300 seconds; together a year at most")
	}
	return throttle.Limit{Burst: n, Every: time.Duration(seconds) * time.Second}, nil
}

func setTrustedProxies(s *Settings, v value) error {
	items, err := v.list()
	if err != nil {
		return err
	}
	s.TrustedProxies = nil
	for _, item := range items {
		network, err := netip.ParsePrefix(item)
		if addr, addrErr := netip.ParseAddr(item); addrErr == nil && addr.Zone() == "" {
			network, err = addr.Prefix(addr.BitLen())
		}
		if err != nil || network.Bits() == 0 || network.Addr().Is4In6() {
			return errors.New(`want addresses or networks of your own proxies, such as "10.0.0.0/8" or "::1"`)
		}
		s.TrustedProxies = append(s.TrustedProxies, network)
	}
	return nil
}

const defaultProxyHeader = "X-Forwarded-For"

// setTrustedProxyHeader takes the name of a header, as it is sent or as Django
// sees it.
func setTrustedProxyHeader(s *Settings, v value) error {
	name, err := v.text()
	if err != nil {
		return err
	}
	if django, err := headerName(name); err == nil {
		name = django
	}
	if !httpcookie.IsToken(name) {
		return errors.New(`want the name of a header, such as "X-Forwarded-For" or "Forwarded"`)
	}
	s.TrustedProxyHeader = http.CanonicalHeaderKey(name)
	return nil
}
