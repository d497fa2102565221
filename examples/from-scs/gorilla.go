package fromscs

import (
	"errors"
	"io/fs"
	"net/http"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

// Gorilla finds the sessions that a store of gorilla/sessions has under a name.
type Gorilla struct {
	Store sessions.Store
	Name  string
}

// Find implements [Old]. Names that are not text stay behind.
func (o Gorilla) Find(r *http.Request) (map[string]any, bool, error) {
	s, err := o.Store.Get(r, o.Name)
	var unreadable securecookie.Error
	switch {
	case errors.As(err, &unreadable) && unreadable.IsDecode(), errors.Is(err, fs.ErrNotExist):
		return nil, false, nil // forged, expired, of an older secret, or deleted
	case err != nil:
		return nil, false, err
	case s.IsNew:
		return nil, false, nil
	}
	items := make(map[string]any)
	for name, value := range s.Values {
		if text, ok := name.(string); ok {
			items[text] = value
		}
	}
	return items, true, nil
}

// End implements [Old].
func (o Gorilla) End(w http.ResponseWriter, r *http.Request) error {
	s, err := o.Store.Get(r, o.Name)
	if err != nil {
		return err
	}
	s.Options.MaxAge = -1
	return s.Save(r, w)
}
