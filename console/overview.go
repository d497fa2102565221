package console

import (
	"net/http"

	"github.com/jamsession/jamsession/internal/conf"
)

// An overviewPage is what the first page shows.
type overviewPage struct {
	Engine   engine
	Findings []conf.Finding
	Places   []place
}

// A place is a part of the site, and where it is.
type place struct{ Part, Where string }

func (c *Console) overview(w http.ResponseWriter, r *request) {
	c.render(w, r, http.StatusOK, "overview", page{Title: "Overview", Section: "overview", Data: overviewPage{
		Engine: c.engine(), Findings: c.conf.Check(true), Places: c.places(),
	}})
}

func (c *Console) places() []place {
	devices := "not kept"
	if c.site.Devices() != nil {
		devices = "jamsession_device"
	}
	users := "the program's own"
	if c.office != nil {
		users = c.conf.AuthUserModel
	}
	return []place{
		{"Users", users},
		{"Devices", devices},
		{"Limits", c.conf.LoginLimitStore},
		{"Database", c.database()},
	}
}

// database says which one it is, without where.
func (c *Console) database() string {
	if c.site.Database.DB == nil {
		return "none"
	}
	return c.site.Database.Dialect.String()
}
