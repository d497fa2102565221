package docstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

const rulesFile = "contrib/prometheus/jamsession.rules.yml"

// TestAlarmsAreDocumented: the table of docs/observability.md and the file for Prometheus have the same.
func TestAlarmsAreDocumented(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "docs/observability.md"), "### What to be alarmed by")
	section, _, _ = strings.Cut(section, "\n## ")
	var doc, rules []string
	for _, m := range regexp.MustCompile("(?m)^\\| (.*?) \\| `(.*?)`.*? \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		doc = append(doc, m[1]+": "+m[2]+": "+strings.ReplaceAll(m[3], "`", ""))
	}
	rule := regexp.MustCompile(`(?s)expr: ([^\n]*)\n.*?summary: ([^\n]*)\n *description: "([^\n]*)"\n`)
	for _, m := range rule.FindAllStringSubmatch(read(t, rulesFile), -1) {
		rules = append(rules, m[2]+": "+m[1]+": "+m[3])
	}
	if len(doc) < 10 || !slices.Equal(doc, rules) {
		t.Errorf("the document has\n%s\nthe rules are\n%s", strings.Join(doc, "\n"), strings.Join(rules, "\n"))
	}
}

// quiet is what is counted in each minute of a site where nothing is wrong.
var quiet = map[string]string{
	`jamsession_up{part="store"}`:                                    "1x90",
	`jamsession_store_errors_total{op="load"}`:                       "0x90",
	`jamsession_store_seconds_bucket{op="load",le="0.005"}`:          "0+60x90",
	`jamsession_store_seconds_bucket{op="load",le="+Inf"}`:           "0+60x90",
	`jamsession_hash_refused_total`:                                  "0x90",
	`jamsession_throttled_total{purpose="login",bucket="account"}`:   "0x90",
	`jamsession_logins_total{result="ok",method="password"}`:         "0+10x90",
	`jamsession_logins_total{result="failed",method="password"}`:     "0+10x90",
	`jamsession_sessions_total{event="missed"}`:                      "0+30x90",
	`jamsession_sessions_total{event="loaded"}`:                      "0+600x90",
	`jamsession_sessions_total{event="conflict"}`:                    "0+6x90",
	`jamsession_sessions_total{event="saved"}`:                       "0+600x90",
	`jamsession_csrf_failures_total{reason="token"}`:                 "0+1x90",
	`jamsession_store_seconds_bucket{op="load",le="0.25"}`:           "0+60x90",
	`jamsession_throttled_total{purpose="sign-up",bucket="account"}`: "0x90",
}

// alarming is what differs where an alarm is raised.
var alarming = map[string]map[string]string{
	"JamsessionPartDown":       {`jamsession_up{part="store"}`: "0x90"},
	"JamsessionStoreFails":     {`jamsession_store_errors_total{op="load"}`: "0+60x90"},
	"JamsessionStoreSlow":      {`jamsession_store_seconds_bucket{op="load",le="0.005"}`: "0+1x90"},
	"JamsessionHashesRefused":  {`jamsession_hash_refused_total`: "0+1x90"},
	"JamsessionAccountGuessed": {`jamsession_throttled_total{purpose="login",bucket="account"}`: "0+60x90"},
	"JamsessionAccountsGuessed": {
		`jamsession_logins_total{result="failed",method="password"}`: "0+120x90",
	},
	"JamsessionKeysInvented": {`jamsession_sessions_total{event="missed"}`: "0+9000x90"},
	"JamsessionConflicts":    {`jamsession_sessions_total{event="conflict"}`: "0+600x90"},
	"JamsessionFormsRefused": {`jamsession_csrf_failures_total{reason="token"}`: "0+120x90"},
	"JamsessionNobodyLogsIn": {
		`jamsession_logins_total{result="ok",method="password"}`:     "5x90",
		`jamsession_logins_total{result="failed",method="password"}`: "0x90",
	},
}

// TestAlarmsAreRaised by what they are about, and none on a quiet site: Prometheus itself judges.
func TestAlarmsAreRaised(t *testing.T) {
	rules, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(rulesFile)))
	if err != nil {
		t.Fatal(err)
	}
	text := "rule_files: [" + rules + "]\nevaluation_interval: 1m\ntests:\n" + ruleTest(quiet, "")
	named := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(read(t, rulesFile), -1)
	if len(named) != len(alarming) {
		t.Errorf("there are %d alarms, and %d are tried", len(named), len(alarming))
	}
	for _, m := range named {
		series := maps.Clone(quiet)
		maps.Copy(series, alarming[m[1]])
		text += ruleTest(series, m[1])
	}
	promtool(t, text, "test", "rules")
}

// ruleTest is a test in promtool's language: of these series only the one alarm is raised, or none.
func ruleTest(series map[string]string, alarm string) string {
	var b strings.Builder
	b.WriteString("  - interval: 1m\n    input_series:\n")
	for _, name := range slices.Sorted(maps.Keys(series)) {
		fmt.Fprintf(&b, "      - {series: '%s', values: '%s'}\n", name, series[name])
	}
	raised := ""
	if alarm != "" {
		raised = fmt.Sprintf(`{labels: '{alertname="%s"}', value: 1}`, alarm)
	}
	fmt.Fprintf(&b, "    promql_expr_test:\n      - expr: count by (alertname) (ALERTS{alertstate=\"firing\"})\n"+
		"        eval_time: 80m\n        exp_samples: [%s]\n", raised)
	return b.String()
}

// TestDashboardAsksInPromQL: Prometheus reads each question of the dashboard.
func TestDashboardAsksInPromQL(t *testing.T) {
	var dashboard struct {
		Panels []struct {
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "contrib/grafana/jamsession.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	text, n := "groups:\n  - name: dashboard\n    rules:\n", 0
	variables := strings.NewReplacer("$instance", ".*", "$__rate_interval", "5m", "'", "''")
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			text += fmt.Sprintf("      - {record: question:%d, expr: '%s'}\n", n, variables.Replace(target.Expr))
			n++
		}
	}
	if n < 10 || strings.Contains(text, "$") {
		t.Errorf("%d questions, or a variable that is not known:\n%s", n, text)
	}
	promtool(t, text, "check", "rules")
}

// promtool has Prometheus's tool read a text, and fails if it complains.
func promtool(t *testing.T, text string, command ...string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		servertest.Missing(t, "promtool")
	}
	name := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, append(command, name)...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(command, " "), err, out)
	}
}
