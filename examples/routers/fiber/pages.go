package main

import (
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/examples/routers/pages"
)

// The pages that routes.go names. A site that has them in files of its own, as in
// docs/login.md, has the same routes.go.
var home, private, style = pages.Home, pages.Private, pages.Style

type login struct{ auth *auth.Manager }

func (l *login) form(w http.ResponseWriter, r *http.Request) { pages.Login{Auth: l.auth}.Form(w, r) }
func (l *login) in(w http.ResponseWriter, r *http.Request)   { pages.Login{Auth: l.auth}.In(w, r) }
func (l *login) out(w http.ResponseWriter, r *http.Request)  { pages.Login{Auth: l.auth}.Out(w, r) }
