package console

import (
	"net/http"

	"github.com/jamsession/jamsession/internal/conf"
)

// A setting is as the page shows it.
type setting struct {
	Name, Value, From, Doc string
	Secret, Set            bool
}

func (c *Console) settings(w http.ResponseWriter, r *request) {
	changed := r.URL.Query().Get("all") == ""
	var list []setting
	for _, t := range conf.All() {
		s := setting{
			Name: t.Name, Value: c.conf.Get(t.Name), From: c.conf.From[t.Name], Doc: t.Doc, Secret: t.Secret,
		}
		s.Set = s.From != "default"
		if t.Secret {
			s.Value = c.conf.Hints[t.Name]
		}
		if s.Set || !changed {
			list = append(list, s)
		}
	}
	c.render(w, r, http.StatusOK, "settings", page{Title: "Settings", Section: "settings", Data: struct {
		Changed bool
		List    []setting
	}{changed, list}})
}
