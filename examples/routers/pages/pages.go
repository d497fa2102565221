package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

var homePage = page(`<p>Hello, {{.User}}. <a href="/private">More</a> <a href="/note">Note</a></p>
{{if .User.IsAuthenticated}}<form action="/logout" method="post">{{.Token}}
<button>Log out</button></form>{{end}}`)

// Home is for everybody.
func Home(w http.ResponseWriter, r *http.Request) { show(w, r, homePage, "") }

// About does not use the session, so that it is there while the database is down.
func About(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "A site with a router.") }

var privatePage = page(`<p>Only users see this, and you are {{.User}}.</p>`)

// Private is for users. It belongs behind RequireLogin.
func Private(w http.ResponseWriter, r *http.Request) { show(w, r, privatePage, "") }

// Style is what all pages look like.
func Style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = fmt.Fprintln(w, ":root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }")
}

var notePage = page(`<form method="post">{{.Token}}
<label>Note <input name="note" value="{{.Text}}"></label> <button>Keep</button></form>`)

// Note is what a visitor has noted.
const Note = session.Item[string]("note")

// ShowNote shows the note, in a form.
func ShowNote(w http.ResponseWriter, r *http.Request) {
	show(w, r, notePage, Note.Get(session.From(r), ""))
}

// KeepNote keeps what the form of ShowNote sends.
func KeepNote(w http.ResponseWriter, r *http.Request) {
	Note.Set(session.From(r), r.PostFormValue("note"))
	http.Redirect(w, r, "/note", http.StatusSeeOther)
}

// Streams is how many streams a visitor has opened.
const Streams = session.Item[int]("streams")

// Events streams events (SSE) until the visitor leaves. What it sets in the session
// before the first event is saved with it.
func Events(w http.ResponseWriter, r *http.Request) {
	n := Streams.Update(session.From(r), 0, func(n int) int { return n + 1 })
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // of nginx
	out := http.NewResponseController(w)
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second)) // each event has its own
		_, _ = fmt.Fprintf(w, "data: stream %d of this visitor\n\n", n)
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

// page returns a template for show.
func page(body string) *template.Template {
	return template.Must(template.New("").Parse("<!doctype html><html lang=en><title>Site</title>" +
		`<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css">` +
		`{{range call .Messages}}<p class="{{.Tags}}">{{.HTML}}</p>{{end}}` + body))
}

// show writes a page, with the messages that wait for the visitor.
func show(w http.ResponseWriter, r *http.Request, page *template.Template, text string) {
	var html bytes.Buffer
	err := page.Execute(&html, map[string]any{
		"User": auth.From(r), "Token": csrf.TemplateField(r), "Messages": messages.Func(r), "Text": text,
	})
	if err != nil {
		session.Abort(r, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = html.WriteTo(w)
}
