package report

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// A Machine says where and with what something was measured.
type Machine struct {
	Date     string   `json:"date"`
	System   string   `json:"system"` // processor and operating system
	Go       string   `json:"go"`
	Versions []string `json:"versions"` // of libraries and servers
}

// ThisMachine describes the machine and the modules of this program, and adds
// what the caller knows about servers.
func ThisMachine(servers ...string) Machine {
	m := Machine{
		Date: time.Now().UTC().Format(time.DateOnly),
		System: fmt.Sprintf("%s, %d cores, %s/%s",
			processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		Go: runtime.Version(),
	}
	m.Versions = append(modules(), servers...)
	return m
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// told are the modules whose versions matter to anyone who compares.
var told = []string{
	"github.com/alexedwards/scs", "github.com/gorilla/sessions", "github.com/gin-contrib/sessions",
	"github.com/gofiber/fiber", "github.com/rbcervilla/redisstore", "github.com/redis/",
	"github.com/gomodule/redigo", "github.com/jackc/pgx", "github.com/go-sql-driver/mysql",
	"modernc.org/sqlite", "github.com/bradfitz/gomemcache",
}

func modules() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var versions []string
	for _, dep := range info.Deps {
		named := func(prefix string) bool { return strings.HasPrefix(dep.Path, prefix) }
		if slices.ContainsFunc(told, named) {
			versions = append(versions, dep.Path+" "+dep.Version)
		}
	}
	return versions
}

// String is one paragraph.
func (m Machine) String() string {
	measured := fmt.Sprintf("Measured on %s: %s, %s.", m.Date, m.System, m.Go)
	if len(m.Versions) == 0 {
		return measured
	}
	return measured + "\nVersions: " + strings.Join(m.Versions, "; ") + "."
}
