package fromscs

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// SCS finds the sessions of scs.
type SCS struct{ *scs.SessionManager }

// FromSCS needs the manager as it was, with its store and its cookie, but not its
// LoadAndSave.
func FromSCS(m *scs.SessionManager) SCS {
	m.Codec = tolerant{m.Codec}
	return SCS{m}
}

// A tolerant codec takes what it cannot decode for an empty session. To scs it is an
// error, as a store that is down is one, but it would last.
type tolerant struct{ scs.Codec }

func (c tolerant) Decode(text []byte) (time.Time, map[string]any, error) {
	deadline, values, err := c.Codec.Decode(text)
	if err != nil {
		return time.Time{}, map[string]any{}, nil
	}
	return deadline, values, nil
}

// Find implements [Old].
func (o SCS) Find(r *http.Request) (map[string]any, bool, error) {
	cookie, err := r.Cookie(o.Cookie.Name)
	if err != nil {
		return nil, false, nil
	}
	ctx, err := o.Load(r.Context(), cookie.Value)
	if err != nil {
		return nil, false, err
	}
	items := make(map[string]any)
	for _, name := range o.Keys(ctx) {
		items[name] = o.Get(ctx, name)
	}
	return items, len(items) > 0, nil
}

// End implements [Old].
func (o SCS) End(w http.ResponseWriter, r *http.Request) error {
	cookie, err := r.Cookie(o.Cookie.Name)
	if err != nil {
		return nil
	}
	ctx, err := o.Load(r.Context(), cookie.Value)
	if err == nil {
		err = o.Destroy(ctx)
	}
	http.SetCookie(w, &http.Cookie{
		Name: o.Cookie.Name, Path: o.Cookie.Path, Domain: o.Cookie.Domain, MaxAge: -1,
	})
	return err
}
