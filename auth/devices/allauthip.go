package devices

import "github.com/jamsession/jamsession/internal/djangodb"

// noIP stands for an address that is not kept: the column takes no NULL.
const noIP = "0.0.0.0"

// ipOf returns an address as the column has it, which takes no network.
func ipOf(address string) string {
	if network, ok := parseNetwork(address); ok {
		return network.Addr().String()
	}
	return noIP
}

// shown returns what is shown of an address. Django has kept all of it.
func (a *allauthRows) shown(ip string) string {
	if ip == noIP {
		return ""
	}
	return a.address.cut(ip)
}

func (a *allauthRows) readIP() string {
	if a.db.Dialect == djangodb.PostgreSQL {
		return "host(ip)"
	}
	return "ip"
}

func (a *allauthRows) writeIP() string {
	if a.db.Dialect == djangodb.PostgreSQL {
		return "CAST(? AS inet)"
	}
	return "?"
}
