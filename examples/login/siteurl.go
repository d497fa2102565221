package main

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// siteURL returns what links in mails begin with. It is never taken from a
// request: a stranger could have a link to their own host mailed to others.
func siteURL(env func(string) (string, bool), listening net.Addr) (string, error) {
	text, _ := env("SITE_URL")
	if at, ok := listening.(*net.TCPAddr); text == "" && ok && (at.IP == nil || at.IP.IsUnspecified()) {
		return "", errors.New("ADDR has no host for the links in mails: set SITE_URL to what visitors " +
			"type, such as https://www.example.com")
	}
	if text == "" {
		return "http://" + listening.String(), nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
		strings.ContainsAny(text, "?#{}") {
		return "", errors.New("SITE_URL must be such as https://www.example.com")
	}
	return strings.TrimSuffix(text, "/"), nil
}
