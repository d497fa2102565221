package postgres

import (
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/pgstore"
)

func init() { siteparts.RegisterPush("postgres", openPush) }

func openPush(at siteparts.PushPlace) (siteparts.Push, error) {
	config, err := parse(at.Server)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.ConnectTimeout = timelimit.Default
	return pgstore.NewPush(config.ConnConfig, at.Channel)
}
