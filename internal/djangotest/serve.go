package djangotest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
)

// Write stores a file of the project, such as a module that a setting names.
func (p *Project) Write(name, text string) {
	p.t.Helper()
	p.write(name, text)
}

// Serve starts the project's server on a free port of this machine, with this
// text as the module of its URLs, and returns its address. It ends with the
// test.
func (p *Project) Serve(urls string) string {
	p.t.Helper()
	p.write("site_urls.py", urls)
	p.write("serve.py", serve)
	cmd := exec.Command(p.python, "serve.py")
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = stdin.Close()
		_ = cmd.Wait()
		p.t.Fatalf("the server of Django did not start: %v\n%s", err, &stderr)
	}
	return "http://" + strings.TrimSpace(address)
}

// serve ends with its standard input, so that it outlives no test.
const serve = `
import os, sys, threading
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from django.core.wsgi import get_wsgi_application

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass

server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("127.0.0.1:%d" % server.server_port, flush=True)
sys.stdin.read()
os._exit(0)
`
