package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/conf"
)

// An overviewPage is what the first page shows.
type overviewPage struct {
	Span     span
	Spans    []span
	Charts   []chart
	Started  time.Time
	Engine   engine
	Findings []conf.Finding
	Places   []place
}

// A place is a part of the site, and where it is.
type place struct{ Part, Where string }

func (c *Console) overview(w http.ResponseWriter, r *request) {
	of := spans[0]
	if i := slices.IndexFunc(spans, func(s span) bool { return s.Name == r.URL.Query().Get("span") }); i > 0 {
		of = spans[i]
	}
	c.render(w, r, http.StatusOK, "overview", page{Title: "Overview", Section: "overview", Data: overviewPage{
		Span: of, Spans: spans, Charts: c.charts(of), Started: c.started,
		Engine: c.engine(), Findings: c.conf.Check(true), Places: c.places(),
	}})
}

func (c *Console) places() []place {
	devices := "not kept"
	switch {
	case c.site.Devices() == nil:
	case c.conf.Devices == "allauth":
		devices = "usersessions_usersession"
	default:
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
