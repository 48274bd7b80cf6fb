package effect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/fault"
)

// The kinds of parameters.
const (
	Whole  = "int"
	Number = "number"
	Choice = "choice"
)

// Param describes one parameter: Min and Max bound a number, Values lists the words of a choice.
type Param struct {
	Name     string
	Kind     string // Whole, Number or Choice
	Min, Max float64
	Default  string
	Values   []string
	Open     bool // of a Choice: an app may bring materials of its own, so that any identifier may be one
}

// Values are checked parameters.
type Values struct {
	numbers map[string]float64
	words   map[string]string
}

// Number returns a Number parameter.
func (v Values) Number(name string) float64 { return v.numbers[name] }

// Int returns a Whole parameter.
func (v Values) Int(name string) int { return int(v.numbers[name]) }

// Word returns a Choice parameter.
func (v Values) Word(name string) string { return v.words[name] }

// Read checks parameters as they were written against their descriptions. One that is unknown or out
// of bounds is a fault with CodeParameter.
func (e Effect) Read(params map[string]string) (Values, error) {
	v := Values{map[string]float64{}, map[string]string{}}
	for name := range params {
		if _, ok := e.Param(name); !ok {
			return v, fault.New(fault.Invalid, CodeParameter, "The effect "+e.Name+" has no parameter of that name.").
				With("effect", e.Name)
		}
	}
	for _, p := range e.Params {
		text, given := params[p.Name]
		if !given {
			text = p.Default
		}
		n, err := p.check(text)
		if err != nil {
			return v, err
		}
		v.numbers[p.Name], v.words[p.Name] = n, text
	}
	return v, nil
}

// check returns the number that text stands for; 0 for a word.
func (p Param) check(text string) (float64, error) {
	if p.Kind == Choice {
		if slices.Contains(p.Values, text) || p.Open && isIdentifier(text) {
			return 0, nil
		}
		return 0, p.fault("must be one of: " + strings.Join(p.Values, ", ") + ".")
	}
	n, err := strconv.ParseFloat(text, 64)
	bounds := fmt.Sprintf("must be a number from %g to %g.", p.Min, p.Max)
	if err != nil || !(n >= p.Min && n <= p.Max) {
		return 0, p.fault(bounds)
	}
	if p.Kind == Whole && n != float64(int64(n)) {
		return 0, p.fault("must be a whole number.")
	}
	return n, nil
}

// isIdentifier reports whether a word can be the name of a folder, and of nothing else.
func isIdentifier(word string) bool {
	return word != "" && len(word) <= 40 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

func (p Param) fault(rule string) error {
	return fault.New(fault.Invalid, CodeParameter, `The parameter "`+p.Name+`" `+rule).With("parameter", p.Name)
}
