package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// more adds the pages of the later steps.
func more(mux *http.ServeMux, site *site.Site) {
	mux.HandleFunc("POST /signup", signUp(site.Auth))
	mux.Handle("POST /password", site.Auth.RequireLogin(changePassword(site.Auth)))
	devicePages(mux, site)
	staffOnly(mux, site)
	mux.HandleFunc("GET /token", token)
	mux.Handle("POST /api/cart", addToCart())
	if err := resetPages(mux, site); err != nil {
		log.Fatal(err)
	}
	if err := permissions(context.Background(), site.Users()); err != nil {
		log.Fatal(err)
	}
}

func signUp(logins *auth.Manager) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, err := logins.SignUp(r, auth.User{
			Username: r.PostFormValue("username"), Email: r.PostFormValue("email"), IsActive: true,
		}, r.PostFormValue("password"))
		var weak *auth.PasswordError
		switch {
		case errors.As(err, &weak):
			http.Error(w, weak.Problems[0].Message, http.StatusBadRequest)
			return
		case errors.Is(err, auth.ErrUserExists), errors.Is(err, auth.ErrInvalidUser):
			http.Error(w, "Choose another username, or check the email address.", http.StatusBadRequest)
			return
		case err == nil:
			err = logins.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err) // too many: 429; the database is down, or too much to do: 503
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func changePassword(logins *auth.Manager) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := logins.ChangePassword(r, r.PostFormValue("old"), r.PostFormValue("new"))
		var weak *auth.PasswordError
		switch {
		case errors.Is(err, auth.ErrNoMatch):
			http.Error(w, "Your current password is wrong.", http.StatusBadRequest)
		case errors.As(err, &weak):
			http.Error(w, weak.Problems[0].Message, http.StatusBadRequest)
		case err != nil:
			session.Abort(r, err)
		default:
			messages.Success(r, "Your password has been changed. You are logged out everywhere else.")
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	})
}

var devicesPage = page("devices")

func devicePages(mux *http.ServeMux, site *site.Site) {
	users := func(h http.HandlerFunc) http.Handler { return site.Auth.RequireLogin(h) }
	mux.Handle("GET /devices", users(func(w http.ResponseWriter, r *http.Request) {
		list, err := site.Devices().List(r)
		if err != nil {
			session.Abort(r, err)
		}
		show(w, r, http.StatusOK, devicesPage, list)
	}))
	mux.Handle("POST /devices", users(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if id := r.PostFormValue("device"); id != "" {
			err = site.Devices().End(r, id)
		} else {
			_, err = site.Devices().EndOthers(r)
		}
		if err != nil && !errors.Is(err, devices.ErrNoDevice) { // which has ended already
			session.Abort(r, err)
		}
		http.Redirect(w, r, "/devices", http.StatusSeeOther)
	}))
	mux.Handle("GET /live", users(live(site)))
	mux.HandleFunc("GET /live.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/live.js")
	})
}

// live is a stream of events for a page that is open: "ended", when its login has ended.
func live(site *site.Site) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		login, stop, err := site.Devices().Watch(r)
		if err != nil {
			session.Abort(r, err)
		}
		defer stop()
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-login.Done():
		case <-time.After(50 * time.Second): // before WriteTimeout; the browser comes back
		}
		if errors.Is(context.Cause(login), devices.ErrEnded) {
			fmt.Fprint(w, "event: ended\ndata:\n\n")
		}
	}
}

func staffOnly(mux *http.ServeMux, site *site.Site) {
	page := http.HandlerFunc(private)
	mux.Handle("GET /staff", site.Auth.Require(func(u auth.User) bool { return u.IsStaff }, page))
	mux.Handle("GET /orders", site.Auth.RequirePerm("shop.view_order", page))
	mux.Handle("GET /danger", site.Auth.RequireFresh(10*time.Minute, page))
}

func permissions(ctx context.Context, users *sqlusers.Users) error {
	if _, err := users.RegisterModel(ctx, "shop", "order", "order"); err != nil {
		return err
	}
	sellers, err := users.CreateGroup(ctx, "sellers")
	if errors.Is(err, sqlusers.ErrGroupExists) {
		sellers, err = users.GroupByName(ctx, "sellers")
	}
	if err != nil {
		return err
	}
	return users.GrantToGroup(ctx, sellers.ID, "shop.view_order")
}

func token(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, `<meta name="csrf-token" content="%s">`, csrf.Token(r))
}

const cart = session.Item[[]string]("cart")

func addToCart() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var item struct{ Name string }
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&item); err != nil {
			http.Error(w, "want JSON", http.StatusBadRequest)
			return
		}
		names := cart.Update(session.From(r), nil, func(names []string) []string {
			return append(names, item.Name)
		})
		_ = json.NewEncoder(w).Encode(names)
	})
}

var newPasswordPage = page("newpassword")

func resetPages(mux *http.ServeMux, site *site.Site) error {
	resets, err := reset.New(site.Auth, site.Users(), site.Tokens, site.Mail, &reset.Options{
		URL:     "http://" + site.Settings.Get("ADDR") + "/reset/{id}/{token}/", // https://www.example.com/…
		Limiter: site.ResetLimiter,
	})
	if err != nil {
		return err
	}
	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, r *http.Request) {
		if err := resets.Request(r, r.PostFormValue("username")); err != nil {
			session.Abort(r, err) // too many: 429, or 503 if too many wait
		}
		fmt.Fprintln(w, "If there is an account, we will send a link to its email address.")
	})
	mux.HandleFunc("GET /reset/{id}/{token}/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "same-origin")
		w.Header().Set("Cache-Control", "private, no-store")
		_, moved, err := resets.Open(r, r.PathValue("id"), r.PathValue("token"))
		switch {
		case moved: // the token is in the session now
			reset.Redirect(w, r, "../"+reset.KeptToken+"/")
		case errors.Is(err, reset.ErrBadLink):
			http.Error(w, "This link has already been used or has expired.", http.StatusNotFound)
		case err != nil:
			session.Abort(r, err)
		default:
			show(w, r, http.StatusOK, newPasswordPage, nil)
		}
	})
	mux.HandleFunc("POST /reset/{id}/{token}/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, no-store")
		_, err := resets.Finish(r, r.PathValue("id"), r.PostFormValue("password"))
		var weak *auth.PasswordError
		switch {
		case errors.As(err, &weak):
			http.Error(w, weak.Problems[0].Message, http.StatusBadRequest)
		case errors.Is(err, reset.ErrBadLink):
			http.Error(w, "This link has already been used or has expired.", http.StatusNotFound)
		case err != nil:
			session.Abort(r, err)
		default:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		}
	})
	return nil
}
