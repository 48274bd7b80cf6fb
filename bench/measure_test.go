package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// way is one way to do a job. run does it once and returns how long that took, so that what belongs
// around the job (sessions, clearing up) is not counted.
type way struct {
	name string
	run  func() time.Duration
}

// series is what a way took, one sample for each round.
type series struct {
	name string
	took []float64 // seconds
}

// alternate runs every way once in each round, forwards and backwards in turn, so that what the
// machine does beside us hits all of them. One round before the first is not counted.
func alternate(rounds int, ways ...way) []series {
	out := make([]series, len(ways))
	for i, w := range ways {
		out[i].name = w.name
		w.run()
	}
	order := make([]int, len(ways))
	for i := range order {
		order[i] = i
	}
	for range rounds {
		for _, i := range order {
			out[i].took = append(out[i].took, ways[i].run().Seconds())
		}
		slices.Reverse(order)
	}
	return out
}

// timed measures one call.
func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// quantile returns the value below which the share q of the samples lies.
func quantile(samples []float64, q float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(samples))
	at := q * float64(len(s)-1)
	low := int(at)
	if low+1 >= len(s) {
		return s[low]
	}
	return s[low] + (at-float64(low))*(s[low+1]-s[low])
}

func median(samples []float64) float64 { return quantile(samples, 0.5) }

// over returns the ratio of s to a baseline, round by round.
func (s series) over(base series) []float64 {
	out := make([]float64, 0, len(s.took))
	for i, v := range s.took {
		out = append(out, v/base.took[i])
	}
	return out
}

// less returns what s took more than a baseline, round by round.
func (s series) less(base series) []float64 {
	out := make([]float64, 0, len(s.took))
	for i, v := range s.took {
		out = append(out, v-base.took[i])
	}
	return out
}

// ms prints seconds as milliseconds: the median and the middle half.
func ms(samples []float64) string {
	return fmt.Sprintf("%s (%s–%s)", digits(1e3*median(samples)), digits(1e3*quantile(samples, 0.25)), digits(1e3*quantile(samples, 0.75)))
}

// times prints ratios: the median and the middle half.
func times(ratios []float64) string {
	return fmt.Sprintf("**%.2f×** (%.2f–%.2f)", median(ratios), quantile(ratios, 0.25), quantile(ratios, 0.75))
}

// digits prints three of them.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// table is a Markdown table.
type table struct {
	title, about string
	head         []string
	rows         [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// String prints the table.
func (t *table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", t.title, t.about)
	line := func(cells []string) { fmt.Fprintf(&b, "|%s|\n", strings.Join(cells, "|")) }
	line(t.head)
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "-"
		if i > 0 {
			rule[i] = "-:"
		}
	}
	line(rule)
	for _, r := range t.rows {
		line(r)
	}
	return b.String()
}

func TestTheMedianAndTheMiddleHalfAreThoseOfTheSamples(t *testing.T) {
	t.Parallel()
	s := []float64{5, 1, 4, 2, 3}
	if median(s) != 3 || quantile(s, 0.25) != 2 || quantile(s, 0.75) != 4 || quantile(s, 1) != 5 {
		t.Errorf("got %v, %v, %v, %v", median(s), quantile(s, 0.25), quantile(s, 0.75), quantile(s, 1))
	}
	if median([]float64{1, 2}) != 1.5 || !math.IsNaN(median(nil)) {
		t.Error("an even or an empty series")
	}
}

func TestEveryRoundRunsEveryWayOnceAndTurnsTheOrder(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	step := func(name string) way {
		return way{name, func() time.Duration { order.WriteString(name); return time.Second }}
	}
	got := alternate(2, step("a"), step("b"))
	if order.String() != "ab"+"ab"+"ba" || len(got[1].took) != 2 || got[1].over(got[0])[0] != 1 || got[1].less(got[0])[1] != 0 {
		t.Errorf("order %s, %v", order.String(), got)
	}
}
