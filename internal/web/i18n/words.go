package i18n

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// words writes times, sizes and sentences of one language.
type words struct {
	*Catalog
	now func() time.Time
}

// Funcs are the template functions of the catalogue's language; now is the time they count from.
// Times come as elements that the browser turns into the viewer's zone.
func (c *Catalog) Funcs(now func() time.Time) template.FuncMap {
	w := words{Catalog: c, now: now}
	return template.FuncMap{
		"t": w.Text, "th": w.html, "tor": w.or, "moment": w.moment, "second": w.second, "left": w.left, "dated": w.dated,
		"bytes": w.bytes, "due": w.due, "within": w.within,
	}
}

// html is Text for arguments that are markup of our own; everything else is escaped.
func (w words) html(key string, pairs ...any) (template.HTML, error) {
	safe := make([]any, len(pairs))
	for i, p := range pairs {
		if markup, ok := p.(template.HTML); ok {
			safe[i] = string(markup)
		} else {
			safe[i] = template.HTMLEscapeString(fmt.Sprint(p))
		}
	}
	s, err := w.Text(key, safe...)
	return template.HTML(s), err
}

// or is Text for a key that is made of data; unknown data shows as it is.
func (w words) or(prefix, value string) string {
	if s, err := w.Text(prefix + value); err == nil {
		return s
	}
	return strings.ReplaceAll(value, "_", " ")
}

// stamp writes a time element that the browser turns into the viewer's zone.
func stamp(t time.Time, form, text string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `" data-form="` + form + `">` +
		template.HTMLEscapeString(text) + `</time>`)
}

func (w words) moment(at any) template.HTML {
	t, ok := timeOf(at)
	if !ok {
		return "–"
	}
	return stamp(t, "moment", w.date(t)+" "+t.Format("15:04")+" UTC")
}

func (w words) second(at any) template.HTML {
	t, ok := timeOf(at)
	if !ok {
		return "–"
	}
	return stamp(t, "second", t.Format("15:04:05"))
}

// date leaves the year out while it is this year.
func (w words) date(t time.Time) string {
	zh, now := w.Lang() == "zh-Hans", t.Year() == w.now().UTC().Year()
	switch {
	case zh && now:
		return t.Format("1 月 2 日")
	case zh:
		return t.Format("2006 年 1 月 2 日")
	case now:
		return t.Format("2 Jan,")
	}
	return t.Format("2 Jan 2006,")
}

// dated is a text of the API in which the date is a time element, so that the browser shows it in the
// viewer's zone like every other.
func (w words) dated(text, written string, at any) template.HTML {
	before, after, found := strings.Cut(text, written)
	if t, ok := timeOf(at); ok && found && written != "" {
		return template.HTML(template.HTMLEscapeString(before)) + w.moment(t) + template.HTML(template.HTMLEscapeString(after))
	}
	return template.HTML(template.HTMLEscapeString(text))
}

// left is the time until at: "6 d 23 h". The browser keeps it up to date.
func (w words) left(at any) template.HTML {
	t, ok := timeOf(at)
	if !ok {
		return ""
	}
	return stamp(t, "left", w.span(t.Sub(w.now())))
}

func (w words) span(d time.Duration) string {
	key, pairs := "unit.soon", []any{}
	switch days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60; {
	case days > 0:
		key, pairs = "unit.days", []any{"d", days, "h", hours}
	case hours > 0:
		key, pairs = "unit.hours", []any{"h", hours, "m", minutes}
	case minutes > 0:
		key, pairs = "unit.minutes", []any{"m", minutes}
	}
	s, err := w.Text("js."+key, pairs...)
	if err != nil {
		return d.String()
	}
	return s
}

// due tells how urgent a deadline looks: never red before the last hour.
func (w words) due(at any) string {
	t, ok := timeOf(at)
	switch {
	case !ok:
		return "i"
	case t.Sub(w.now()) < time.Hour:
		return "bad"
	case t.Sub(w.now()) < 24*time.Hour:
		return "warn"
	}
	return "i"
}

// within says how soon something is done, from a duration such as "P7D working". What it cannot read it
// shows as it is.
func (w words) within(limit string) string {
	amount, working := strings.CutSuffix(limit, " working")
	if amount == "immediate" {
		amount = "P0N"
	}
	amount, hours := strings.CutPrefix(amount, "PT")
	amount = strings.TrimPrefix(amount, "P")
	if amount == "" {
		return limit
	}
	n, err := strconv.Atoi(amount[:len(amount)-1])
	unit := map[byte]string{'N': "now", 'D': "days", 'W': "weeks", 'M': "months", 'Y': "years"}[amount[len(amount)-1]]
	switch {
	case hours:
		unit = map[byte]string{'H': "hours"}[amount[len(amount)-1]]
	case working:
		unit = "working"
	}
	if s, textErr := w.Text("within."+unit, "n", n); err == nil && textErr == nil {
		return s
	}
	return limit
}

func (w words) bytes(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + "\u00a0B"
	case n < 1000*1000:
		return strconv.FormatInt((n+500)/1000, 10) + "\u00a0kB"
	case n < 10*1000*1000:
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + "\u00a0MB"
	}
	return strconv.FormatInt((n+500000)/1000000, 10) + "\u00a0MB"
}

func timeOf(at any) (time.Time, bool) {
	switch t := at.(type) {
	case time.Time:
		return t.UTC(), !t.IsZero()
	case *time.Time:
		if t != nil {
			return t.UTC(), !t.IsZero()
		}
	}
	return time.Time{}, false
}
