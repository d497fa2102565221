package console

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/devicekeeper"
)

// A span is a time that charts are about.
type span struct {
	Name    string // of the address
	Title   string
	Words   string // within a sentence
	minutes int    // of a bar
	bars    int
}

var spans = []span{{"", "Last hour", "the last hour", 1, 60}, {"day", "Last day", "the last day", 30, 48}}

// A chart is a number, and how it came about.
type chart struct {
	Label, Number, Text string // the text is for those who do not see the bars
	Bad                 bool   // more is worse
	Bars                []bar
	Width               int
}

// A bar is one of a chart, in units of its picture.
type bar struct{ X, Y, Height int }

const (
	barWidth    = 4
	chartHeight = 40
)

// newChart draws the values of a span. The number is what is said of all of them together.
func newChart(label, number string, of span, values []int) chart {
	c := chart{Label: label, Number: number, Width: barWidth * len(values)}
	most := slices.Max(append([]int{1}, values...))
	for i, v := range values {
		if v <= 0 {
			continue
		}
		height := max(1, v*chartHeight/most)
		c.Bars = append(c.Bars, bar{i * barWidth, chartHeight - height, height})
	}
	c.Text = fmt.Sprintf("%s in %s: %s", label, of.Words, number)
	if most > 1 {
		c.Text += ", at most " + strconv.Itoa(most) + " in " + minutesInWords(of.minutes)
	}
	return c
}

func minutesInWords(n int) string {
	if n == 1 {
		return "a minute"
	}
	return strconv.Itoa(n) + " minutes"
}

// charts are those of the overview.
func (c *Console) charts(of span) []chart {
	events := func(label string, kind auth.EventKind, bad bool) chart {
		values := c.site.Metrics.History(kind, of.minutes, of.bars)
		drawn := newChart(label, strconv.Itoa(sum(values)), of, values)
		drawn.Bad = bad
		return drawn
	}
	each, all := c.samples.spans(c.sampleNow(), of.minutes, of.bars)
	var conflicts, latency []int
	for _, s := range each {
		conflicts = append(conflicts, int(s.conflicts))
		latency = append(latency, int(s.quantile(.99)/time.Microsecond))
	}
	list := []chart{
		events("Logins", auth.EventLogin, false),
		events("Failed logins", auth.EventLoginFailed, true),
		events("Refused by limits", auth.EventLimited, true),
		newChart("Conflicts of saves", strconv.Itoa(int(all.conflicts)), of, conflicts),
		latencyChart(of, all, latency),
	}
	if in, ok := c.inUse(of); ok {
		list = append(list, in)
	}
	return list
}

func sum(values []int) (n int) {
	for _, v := range values {
		n += v
	}
	return n
}

// latencyChart has the 99th percentile of each bar.
func latencyChart(of span, all sample, values []int) chart {
	number := "–"
	if p99 := all.quantile(.99); p99 > 0 {
		number = milliseconds(all.quantile(.5)) + " · " + milliseconds(p99) + " ms"
	}
	c := newChart("Store, p50 · p99", number, of, values)
	c.Text = "How long it takes to load a session, median and 99th percentile, in " + of.Words + ": " + number
	return c
}

// milliseconds writes a time with two digits.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms >= 10 {
		return strconv.Itoa(int(ms + .5))
	}
	return strconv.FormatFloat(ms, 'g', 2, 64)
}

// inUse has the devices in use, each once in a bar and in the number.
func (c *Console) inUse(of span) (chart, bool) {
	d := c.site.Devices()
	if d == nil {
		return chart{}, false
	}
	p, ok := d.Keeper().(devicekeeper.Presence)
	if !ok {
		return chart{}, false
	}
	all := of.minutes * of.bars / spanMinutes
	each := max(1, of.minutes/spanMinutes)
	n := p.InUse(all, 1)[0]
	drawn := newChart("Devices in use", strconv.Itoa(n), of, p.InUse(each, all/each))
	drawn.Text = fmt.Sprintf("Devices in use in %s: %d", of.Words, n)
	return drawn, true
}

const spanMinutes = int(devicekeeper.WriteEvery / time.Minute)
