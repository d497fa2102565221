package main

import (
	"cmp"
	"context"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/site"
)

// ownID is the length of an id of a device in jamsession_device. Those of allauth are numbers.
const ownID = 26

// most is how many devices of a user are listed.
const most = 1000

// devicenames finds what people call the devices that sessions name.
type devicenames struct {
	devices *devices.Devices             // nil: out of reach
	known   map[string]map[string]string // by user and id
	allauth bool                         // the devices are in allauth's table
}

func devicesOf(site *site.Site) *devicenames {
	if values(site.Settings).Devices == "none" {
		return new(devicenames)
	}
	return &devicenames{
		devices: site.Devices(), known: make(map[string]map[string]string),
		allauth: values(site.Settings).Devices == "allauth",
	}
}

// of returns what a user calls the device, or its browser in words. It is "ended" for a
// session whose login has ended, and empty if nothing is known.
func (n *devicenames) of(ctx context.Context, user, id string) (string, error) {
	if n.devices == nil || user == "" || id == "" || n.allauth == (len(id) == ownID) {
		return "", nil
	}
	names, ok := n.known[user]
	if !ok {
		list, err := n.devices.ListUser(ctx, user)
		if err != nil {
			return "", err
		}
		names = make(map[string]string, len(list))
		for _, d := range list {
			names[d.ID] = cmp.Or(d.Name, d.Browser)
		}
		n.known[user] = names
	}
	if len(names) >= most || n.allauth { // a session that Django has moved may have an older id
		return names[id], nil
	}
	return cmp.Or(names[id], "ended"), nil
}
