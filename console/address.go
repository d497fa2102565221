package console

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
)

// plainID matches the IDs of users that are fit for an address as they are.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// segment returns what stands for the ID of a user in an address. Keys can be any text, such as
// ".." or one with slashes.
func segment(id string) string {
	if plainID.MatchString(id) {
		return id
	}
	return "~" + base64.RawURLEncoding.EncodeToString([]byte(id))
}

// idOf is the way back.
func idOf(segment string) string {
	coded, ok := strings.CutPrefix(segment, "~")
	if !ok {
		return segment
	}
	id, err := base64.RawURLEncoding.DecodeString(coded)
	if err != nil {
		return ""
	}
	return string(id)
}

// ownPage returns an address below the console as it is to be sent, and "", which is the
// overview, if it is not one of a page.
func (c *Console) ownPage(address string) string {
	path, query, _ := strings.Cut(address, "?")
	if !c.isPage(path) || strings.HasPrefix(path, "again/") {
		return ""
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values) == 0 {
		return escaped(path)
	}
	return escaped(path) + "?" + values.Encode()
}

// escaped makes sure that a path that was matched has nothing in it but segments.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		text, _ := url.PathUnescape(part) // match has done it
		parts[i] = url.PathEscape(text)
	}
	return strings.Join(parts, "/")
}
