package csrf

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/jamsession/jamsession/internal/carrier"
	"github.com/jamsession/jamsession/internal/conceal"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/travel"
)

// A Protection refuses forged requests. Make one with [New]; it is safe for
// concurrent use.
type Protection struct {
	opts    Options
	trusted []origin
	hint    setcookie.Hint
}

// New returns a Protection. Options may be nil. The error says which of them is
// wrong: an entry of TrustedOrigins that is not an origin, for example, or a
// cookie that browsers would refuse.
func New(o *Options) (*Protection, error) {
	p := &Protection{opts: o.withDefaults()}
	if err := p.opts.check(); err != nil {
		return nil, err
	}
	var err error
	p.trusted, err = parseOrigins(p.opts.TrustedOrigins)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Handler lets those requests through to next that [Protection.Check] does
// not refuse, and serves [Token], [TemplateField] and [Rotate] on them. The
// others get the FailureHandler's answer. A malformed cookie is replaced.
//
// With Options.UseSessions a session store that fails stops requests that are
// to be checked, as session.From does.
//
// A second Handler of the same Protection on one request steps aside, and so
// does one on a request whose session's key is not ambient; see [Protection.Check].
func (p *Protection) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if carrier.Of[exchange](r.Context(), p) != nil {
			conceal.ServeHTTP(next, w, r)
			return
		}
		way := travel.Of(r.Context())
		way.Claim("csrf", p.opts.Cookie.Name) // which is empty with UseSessions
		if !way.Ambient {
			conceal.ServeHTTP(next, w, r) // nothing to check, and no cookie to send
			return
		}
		if session := conceal.Of(r.Context()); session != nil {
			session.SecretHeader(p.opts.HeaderName)
		}
		x := &exchange{p: p, header: w.Header()}
		x.Context = carrier.New(r.Context(), "csrf exchange", p, x, &x.writer)
		w = x.writer.Around(r.Context(), w)
		defer x.writer.End()
		x.req = r.WithContext(x)
		defer removeFiles(x.req)
		x.begin()
		if err := p.Check(x.req); err != nil {
			p.fail(w, x.req, err)
			return
		}
		x.writer.Serve(next, w, x.req)
	})
}

// removeFiles does for our copy of the request what net/http does for its own.
func removeFiles(r *http.Request) {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll()
	}
}

func (p *Protection) fail(w http.ResponseWriter, r *http.Request, err error) {
	attrs := []any{
		slog.String("method", short(r.Method)), slog.String("path", short(r.URL.Path)),
		slog.Any("reason", err),
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Advice != "" {
		attrs = append(attrs, slog.String("advice", e.Advice))
	}
	p.opts.Logger.WarnContext(r.Context(), "csrf: request refused", attrs...)
	httpcache.Require(r.Context(), w.Header(), httpcache.NoStore)
	p.opts.FailureHandler(w, r, err)
}

// short cuts a text of a request, which may be a megabyte, for a line of the log.
func short(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// An exchange is one request and the visitor's secret. It is also the
// request's context, which saves an allocation.
type exchange struct {
	carrier.Context[exchange]

	p      *Protection
	req    *http.Request
	header http.Header // of the response
	secret string      // of the cookie; "" for none
	sent   setcookie.Own

	writer httpcache.Writer // if no handler around this one meets what is wanted
}

func exchangeOf(ctx context.Context) *exchange { return carrier.From[exchange](ctx) }
