// Package otel gives OpenTelemetry the spans and metrics of a site. It is a module of its own, so
// that programs without OpenTelemetry do not carry it, and depends on its API only: the program
// chooses the SDK and the exporters.
//
//	import jotel "github.com/jamsession/jamsession/otel"
//
//	telemetry, err := jotel.New(nil) // the global providers
//	...
//	s, err := site.Open(ctx, conf, &site.Options{Probe: telemetry, OnEvent: telemetry.Event})
//	...
//	err = telemetry.Observe(s.Health, s.Devices().Watching)
//
// Without package site, give it to session.Options.Probe, auth.Options.Probe and OnEvent, and
// password.Options.Probe.
//
// # Spans
//
//	session.load, session.create, session.save, session.delete, session.clear
//	auth.login       with auth.limit, password.wait and password.hash in it
//
// They belong to the span of the request, if the program has one (such as that of otelhttp), and
// spans of a database driver belong to them. The attribute jamsession.result has what came of the
// work, in the words of the metrics: "loaded", "missed", "conflict", "failed", and so on. The
// status is an error if something could not be done, not if a password was wrong.
//
// # Metrics
//
// The instruments have the names, units and labels of package metrics, which docs/observability.md
// explains. Use one of the two.
//
// # Semantic conventions
//
// error.type is set where the status is an error. Others are left out on purpose. session.id
// stands for a visitor's session in the client and would be the key of the session or as good as
// one: nobody must read a key in a trace. enduser.id and user.id tell whoever reads the traces what
// each user does; the program can set them on the span of its request. The attributes of db belong
// to the driver of the database, whose spans are within these.
package otel
