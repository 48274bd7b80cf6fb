package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"vow.example/vow/internal/policy/internal/source"
)

// setting checks that a number is bounded, and that nothing else has bounds.
func (c *checker) setting(in source.Input, steps ...any) {
	given := 0
	for _, v := range []*float64{in.Min, in.Max, in.Step} {
		if v != nil {
			given++
		}
	}
	switch {
	case in.Material != "" && in.Kind != "choice":
		c.refuse("a material is picked from a list, but "+in.Key()+" is a "+in.Kind, "write kind: choice and list the materials", append(steps, "material")...)
	case in.Kind != "number" && given > 0:
		c.refuse("min, max and step bound a number, but "+in.Key()+" is a "+in.Kind, "write kind: number, or remove them", steps...)
	case in.Kind != "number":
	case len(in.Choices) > 0:
		c.refuse("the number has choices", "write kind: choice, or give min, max and step alone", append(steps, "choices")...)
	case given < 3:
		c.refuse("the number is not bounded", "write min, max, step and default", steps...)
	case *in.Min >= *in.Max:
		c.refuse("no number lies between min and max", "write a min that is smaller than max", append(steps, "min")...)
	case !source.OnStep(*in.Max, *in.Min, *in.Step):
		c.refuse("the steps do not lead from min to max", "choose a step that divides the distance", append(steps, "step")...)
	default:
		n, ok := source.ReadNumber(string(in.Default))
		if !ok || n < *in.Min || n > *in.Max || !source.OnStep(n, *in.Min, *in.Step) {
			c.refuse("the default is none of the permitted numbers", fmt.Sprintf("write a number from %g to %g in steps of %g", *in.Min, *in.Max, *in.Step), steps...)
		}
	}
}

// maxMark is the longest mark that can be read on a picture.
const maxMark = 40

// label checks the mark of the app's results: it must say what it is for, and fit.
func (c *checker) label() {
	l := c.doc.Label
	if l == nil {
		return
	}
	for lang, text := range l.Text {
		switch {
		case !strings.Contains(strings.ToUpper(text), "AI") && !strings.Contains(text, "人工智能"):
			c.refuse(fmt.Sprintf("the mark %q does not say that a machine made the result", text), "name it: AI-generated, AI 生成", "label", "text", lang)
		case utf8.RuneCountInString(text) > maxMark:
			c.refuse("the mark is too long to be read on a picture", fmt.Sprintf("use at most %d letters", maxMark), "label", "text", lang)
		}
	}
	switch named := strings.TrimSpace(l.Producer) != ""; {
	case l.TC260 && !named:
		c.refuse("the TC260 fields name who makes the content, but nobody is named", "write producer: the registered name of the operator", "label")
	case !l.TC260 && named:
		c.refuse("a producer is named, but no file carries it", "write tc260: true, or remove producer", "label", "producer")
	}
}

// once checks a feature whose result is face points, or words that go to their owner one time and are
// gone.
func (c *checker) once(i int, f source.Feature) {
	points := f.Result == facePoints
	switch {
	case f.Points == noPoints && (f.Recipient != own || isWord(facePoints+" "+faceFacts, f.Result)):
		c.refuse("only an effect of the own engine is known to look for no face", "remove points", "features", i, "points")
	case f.Once && !points && !isWord(textResults, f.Result):
		c.refuse("only face points and words are handed out once; "+f.Result+" is kept", "remove once, or make "+facePoints, "features", i, "once")
	case points && f.Recipient != own:
		c.refuse("face points are found by the own engine alone", "route it to "+own, "features", i, "recipient")
	case points && !f.Once:
		c.refuse("face points would stay after they were handed over", "write once: true", "features", i, "result")
	}
	at := slices.IndexFunc(c.doc.Retention, func(r source.Row) bool { return r.Category == f.Result && r.Starts == "result_stored" })
	if !f.Once || at < 0 {
		return
	}
	row := c.doc.Retention[at]
	p, err := source.ReadPeriod(row.Limit)
	if err == nil && (p.Immediate || !source.AtMostADay(p)) {
		c.refuse(f.Result+" would wait for its owner longer than a day, or not at all", "write PT24H or less, and no immediate", "retention", at, "limit")
	}
	if len(row.Text) == 0 {
		c.refuse("the screen cannot say how long "+f.Result+" waits for its owner", "give the row a text", "retention", at)
	}
}

// pinned refuses a setting of the feature that the person picks as well.
func (c *checker) pinned(i int, f source.Feature) {
	for j, x := range f.Fixed {
		if has(f.Send, func(s source.Sent) bool { return s.Field == x.Setting }) {
			c.refuse(x.Setting+" is the same for everyone and picked by the person too", "keep one of the two", "features", i, "fixed", j, "setting")
		}
	}
}
