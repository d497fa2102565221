package load

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"slices"
	"time"
)

// Serve is the process of one contender: it serves the pages on the listener
// that it inherits as file 3, until the context ends. A program that calls
// [Run] calls Serve if its first argument is "serve", with the others.
func Serve(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	path := flags.String("contender", "", "who serves, as engine/name")
	address := flags.String("address", "", "where the engine is")
	profile := flags.String("cpuprofile", "", "write a profile to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	i := slices.IndexFunc(contenders, func(c contender) bool { return c.path() == *path && c.open != nil })
	if i < 0 {
		return fmt.Errorf("there is no contender %q", *path)
	}
	lib, err := contenders[i].open(ctx, *address)
	if err != nil {
		return err
	}
	stop, err := profileTo(*profile)
	if err != nil {
		return err
	}
	defer stop()
	return serve(ctx, site(lib))
}

// profileTo writes a CPU profile to a file until stop is called; to none if it
// is empty.
func profileTo(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

func serve(ctx context.Context, pages http.Handler) error {
	l, err := net.FileListener(os.NewFile(inherited, "listener"))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
