package servertest

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A Database is an empty database of a test's own.
type Database struct {
	Addr   string // host:port of the server
	Socket string // of the server: PostgreSQL's folder, MariaDB's file
	User   string // has no password
	Name   string
}

// Postgres returns a new database in the PostgreSQL that the tests share.
func Postgres(t testing.TB) Database {
	t.Helper()
	s, n := shared.get(t, postgres)
	return s.database(t, n)
}

// StartPostgres runs a PostgreSQL for one test, and returns a database in it.
func StartPostgres(t testing.TB) (*Server, Database) {
	t.Helper()
	s := start(t, postgres)
	return s, s.database(t, 1)
}

// MariaDB returns a new database in the MariaDB that the tests share.
func MariaDB(t testing.TB) Database {
	t.Helper()
	s, n := shared.get(t, mariadb)
	return s.database(t, n)
}

// StartMariaDB runs a MariaDB for one test, and returns a database in it.
func StartMariaDB(t testing.TB) (*Server, Database) {
	t.Helper()
	s := start(t, mariadb)
	return s, s.database(t, 1)
}

// Copy stops a database server, and runs it again beside a new one with the same
// data.
func (s *Server) Copy(t testing.TB) *Server {
	t.Helper()
	return s.copied(t, "true")
}

// Standby is [Server.Copy] for PostgreSQL; the new server follows the old one,
// and only reads, until it is told to end that by pg_promote.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	return s.copied(t, "touch data/standby.signal && echo \"primary_conninfo = 'host=127.0.0.1 port="+
		s.port()+" user=postgres'\" >> data/postgresql.auto.conf")
}

// copied runs a command beside the new data.
func (s *Server) copied(t testing.TB, command string) *Server {
	t.Helper()
	s.Stop()
	k := s.kind
	k.prepare = func(*Server, map[string]string) *exec.Cmd {
		return exec.Command("sh", "-c", "cp -a \"$1\" data && "+command, "sh", filepath.Join(s.dir, "data"))
	}
	other := start(t, k)
	s.Start(t)
	return other
}

// Of returns a database on another server that has it.
func (d Database) Of(s *Server) Database {
	d.Addr, d.Socket = s.Addr, s.Socket
	if s.kind.name == "PostgreSQL" {
		d.Socket = s.dir
	}
	return d
}

// Run runs a statement as the administrator of a database server.
func (s *Server) Run(t testing.TB, statement string) {
	t.Helper()
	client := mariadbClient
	if s.kind.name == "PostgreSQL" {
		client = psql
	}
	bin, err := s.kind.find()
	if err != nil {
		t.Fatal(err)
	}
	if err := run(client(s, bin, statement)); err != nil {
		t.Fatal(err)
	}
}

// PgBouncer runs a pooler in front of a PostgreSQL, in its transaction mode, and
// returns the database by way of it. It has few connections to the server, so
// that statements of one client meet several.
func PgBouncer(t testing.TB, d Database) Database {
	t.Helper()
	host, port, _ := net.SplitHostPort(d.Addr)
	k := pgBouncer
	k.prepare = func(s *Server, _ map[string]string) *exec.Cmd {
		return exec.Command("sh", "-c", "echo \"$1\" > pgbouncer.ini", "sh", "[databases]\n"+
			"* = host="+host+" port="+port+" user="+d.User+"\n"+
			"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = "+s.port()+"\nunix_socket_dir =\n"+
			"auth_type = any\nadmin_users = "+d.User+"\n"+
			"pool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 500\n")
	}
	d.Addr, d.Socket = start(t, k).Addr, ""
	return d
}

var pgBouncer = kind{
	name:     "PgBouncer",
	user:     "postgres",
	programs: []string{"pgbouncer"},
	globs:    []string{"/usr/sbin"},
	command: func(_ *Server, bin map[string]string) *exec.Cmd {
		return exec.Command(bin["pgbouncer"], "pgbouncer.ini")
	},
	stop:  syscall.SIGTERM,
	ready: dial,
}

// database makes an empty database.
func (s *Server) database(t testing.TB, n int) Database {
	t.Helper()
	d := Database{Addr: s.Addr, Socket: s.Socket, User: "root", Name: fmt.Sprintf("test%d", n)}
	if s.kind.name == "PostgreSQL" {
		d.Socket, d.User = s.dir, "postgres"
	}
	s.Run(t, "CREATE DATABASE "+d.Name)
	return d
}

// run runs one statement by a database's own client.
func run(client *exec.Cmd) error {
	if out, err := client.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func psql(s *Server, bin map[string]string, statement string) *exec.Cmd {
	return exec.Command(bin["psql"], "-X", "-q", "-h", s.dir, "-p", s.port(),
		"-U", "postgres", "-d", "postgres", "-c", statement)
}

func mariadbClient(s *Server, bin map[string]string, statement string) *exec.Cmd {
	return exec.Command(bin["mariadb"], "--no-defaults", "--socket="+s.Socket,
		"--user=root", "--execute="+statement)
}

var postgres = kind{
	name:     "PostgreSQL",
	user:     "postgres",
	programs: []string{"initdb", "postgres", "psql"},
	globs:    []string{"/usr/lib/postgresql/*/bin"},
	prepare: func(s *Server, bin map[string]string) *exec.Cmd {
		return exec.Command(bin["initdb"], "-D", filepath.Join(s.dir, "data"),
			"-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
	},
	command: func(s *Server, bin map[string]string) *exec.Cmd {
		// What a killed server has acknowledged is kept: the operating system
		// lives on, so fsync may be left out, but synchronous_commit may not.
		return exec.Command(bin["postgres"], "-D", filepath.Join(s.dir, "data"),
			"-k", s.dir, "-p", s.port(), "-c", "listen_addresses=127.0.0.1",
			"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	},
	stop:  syscall.SIGINT,
	ready: func(s *Server, bin map[string]string) error { return run(psql(s, bin, "SELECT 1")) },
}

// noAIO: the kernel has few contexts for it, and several packages test at once.
const noAIO = "--innodb-use-native-aio=0"

var mariadb = kind{
	name:     "MariaDB",
	user:     "mysql",
	programs: []string{"mariadb-install-db", "mariadbd", "mariadb"},
	globs:    []string{"/usr/sbin"},
	prepare: func(s *Server, bin map[string]string) *exec.Cmd {
		return exec.Command(bin["mariadb-install-db"], "--no-defaults",
			"--datadir="+filepath.Join(s.dir, "data"),
			"--auth-root-authentication-method=normal", "--skip-test-db", noAIO,
			"--tmpdir="+s.dir)
	},
	command: func(s *Server, bin map[string]string) *exec.Cmd {
		return exec.Command(bin["mariadbd"], "--no-defaults",
			"--datadir="+filepath.Join(s.dir, "data"), "--socket="+s.Socket,
			"--bind-address=127.0.0.1", "--port="+s.port(), "--skip-name-resolve",
			"--pid-file="+filepath.Join(s.dir, "pid"), "--max-connections=200",
			noAIO, "--tmpdir="+s.dir, "--innodb-buffer-pool-size=32M",
			// As with PostgreSQL: the operating system has what was acknowledged.
			"--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--sync-frm=0",
			"--character-set-server=utf8mb4")
	},
	stop:  syscall.SIGTERM,
	ready: func(s *Server, bin map[string]string) error { return run(mariadbClient(s, bin, "SELECT 1")) },
}

// PostgresURL is what opens the database with the driver pgx.
func (d Database) PostgresURL() string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", d.User, d.Addr, d.Name)
}

// MySQLName is what opens the database with the driver mysql.
func (d Database) MySQLName() string {
	return fmt.Sprintf("%s@tcp(%s)/%s?clientFoundRows=true", d.User, d.Addr, d.Name)
}

// Django is the line of a Django settings module that opens the database.
func (d Database) Django(engine string) string {
	host, port, _ := net.SplitHostPort(d.Addr)
	return fmt.Sprintf("DATABASES = {'default': {'ENGINE': 'django.db.backends.%s',"+
		" 'NAME': %q, 'USER': %q, 'HOST': %q, 'PORT': %q}}", engine, d.Name, d.User, host, port)
}
