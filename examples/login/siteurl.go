package main

import (
	"net"
	"strings"
)

// siteURL returns what links in mails begin with. It is never taken from a
// request: a stranger could have a link to his own host mailed to others.
func siteURL(env func(string) (string, bool), listening net.Addr) string {
	if url, _ := env("SITE_URL"); url != "" {
		return strings.TrimSuffix(url, "/")
	}
	return "http://" + listening.String()
}
