package report

import (
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartWidth = 760
	labelWidth = 150
	barHeight  = 16
	barGap     = 4
	groupGap   = 26
	endWidth   = 90 // for the figure behind a bar
)

// WriteChart draws the bars of all sections, or of some groups only: a bar as
// long as the logarithm of how many times jamsession's time something takes.
func WriteChart(path string, sections []Section, groups ...string) error {
	var bars []Bar
	for _, s := range sections {
		for _, b := range s.Bars {
			if len(groups) == 0 || slices.Contains(groups, b.Group) {
				bars = append(bars, b)
			}
		}
	}
	return os.WriteFile(path, []byte(chart(bars)), 0o644)
}

func chart(bars []Bar) string {
	longest := 10.0
	for _, b := range bars {
		longest = max(longest, b.Times)
	}
	var body strings.Builder
	y, group := 34, ""
	for _, b := range bars {
		if b.Group != group {
			group = b.Group
			y += groupGap
			text(&body, 0, y-8, "group", group)
		}
		width := max(2, math.Log(max(1, b.Times))/math.Log(longest)*(chartWidth-labelWidth-endWidth))
		text(&body, 12, y+12, "label", b.Name)
		fmt.Fprintf(&body, `<rect class="%s" x="%d" y="%d" width="%.0f" height="%d" rx="2"/>`+"\n",
			kind(b), labelWidth, y, width, barHeight)
		text(&body, labelWidth+int(width)+6, y+12, "figure", Number(b.Times)+" ×")
		y += barHeight + barGap
	}
	return fmt.Sprintf(head, chartWidth, y+12, chartWidth, y+12) + body.String() + "</svg>\n"
}

// kind is the class of a bar: what is below all libraries has another colour.
func kind(b Bar) string {
	if b.Name == "floor" {
		return "floor"
	}
	return "peer"
}

func text(b *strings.Builder, x, y int, class, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, html.EscapeString(s))
}

const head = `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">
<title>Time of a request, as a multiple of jamsession's</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.group { font-weight: 600; }
.figure { fill: #59636e; }
.peer { fill: #b35900; }
.floor { fill: #57606a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .figure { fill: #9198a1; }
  .peer { fill: #e0823d; }
  .floor { fill: #8b949e; }
}
</style>
<text class="title" x="0" y="18">How many times as long as jamsession a request takes (logarithmic)</text>
`
