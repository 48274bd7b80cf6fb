// Package effects is the own image engine: pure functions over pixels that turn a photo into a
// cartoon, a pencil drawing or a better portrait.
//
// It promises that the same picture, parameters and seed give the same bytes on every machine
// with the same architecture, that work uses every core and stops within one band of rows after
// the context ends, that progress only rises, and that memory stays below 40 bytes per pixel with
// the input and the result counted. It never reads a file, a network, a clock or a random source,
// never keeps a picture, and never tells one face from another.
package effects

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/fault"
)

// The names of the effects.
const (
	NameCartoon  = "cartoon"
	NamePencil   = "pencil"
	NamePortrait = "portrait_enhance"
)

// The stable codes of the faults that the package returns.
const (
	CodeNoFace    = "no-face"
	CodeUnknown   = "unknown-effect"
	CodeParameter = "effect-parameter"
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
}

// Spec describes one effect.
type Spec struct {
	Name   string
	Params []Param
}

// Specs returns the description of every effect.
func Specs() []Spec {
	return []Spec{
		{NameCartoon, []Param{
			{Name: "levels", Kind: Whole, Min: 3, Max: 16, Default: "7"},
			{Name: "edges", Kind: Number, Min: 0, Max: 1, Default: "0.7"},
		}},
		{NamePencil, []Param{
			{Name: "tone", Kind: Choice, Default: "graphite", Values: []string{"graphite", "color"}},
			{Name: "strength", Kind: Number, Min: 0, Max: 1, Default: "0.6"},
			{Name: "seed", Kind: Whole, Min: 0, Max: 1 << 31, Default: "1"},
		}},
		{NamePortrait, []Param{
			{Name: "strength", Kind: Number, Min: 0, Max: 1, Default: "0.6"},
		}},
	}
}

// Names returns the names of every effect.
func Names() []string {
	var names []string
	for _, s := range Specs() {
		names = append(names, s.Name)
	}
	return names
}

// Run applies the effect called name. Parameters that are not given take their default; one that
// is unknown or out of bounds is a fault with CodeParameter. progress may be nil.
func Run(ctx context.Context, name string, img *image.NRGBA, params map[string]string, progress func(float64)) (*image.NRGBA, error) {
	i := slices.IndexFunc(Specs(), func(s Spec) bool { return s.Name == name })
	if i < 0 {
		return nil, fault.New(fault.Invalid, CodeUnknown, "There is no effect of that name.").With("effects", Names())
	}
	v, err := Specs()[i].read(params)
	if err != nil {
		return nil, err
	}
	switch name {
	case NameCartoon:
		return Cartoon(ctx, img, CartoonParams{Levels: int(v.number["levels"]), Edges: v.number["edges"]}, progress)
	case NamePencil:
		return Pencil(ctx, img, PencilParams{
			Color: v.word["tone"] == "color", Strength: v.number["strength"], Seed: uint64(v.number["seed"]),
		}, progress)
	default:
		return Portrait(ctx, img, PortraitParams{Strength: v.number["strength"]}, progress)
	}
}

type values struct {
	number map[string]float64
	word   map[string]string
}

func (s Spec) read(params map[string]string) (values, error) {
	v := values{map[string]float64{}, map[string]string{}}
	for name := range params {
		if !slices.ContainsFunc(s.Params, func(p Param) bool { return p.Name == name }) {
			return v, fault.New(fault.Invalid, CodeParameter, "The effect "+s.Name+" has no parameter of that name.").
				With("effect", s.Name)
		}
	}
	for _, p := range s.Params {
		text, given := params[p.Name]
		if !given {
			text = p.Default
		}
		n, err := p.check(text)
		if err != nil {
			return v, err
		}
		v.number[p.Name], v.word[p.Name] = n, text
	}
	return v, nil
}

// check returns the number that text stands for; 0 for a word.
func (p Param) check(text string) (float64, error) {
	if p.Kind == Choice {
		if slices.Contains(p.Values, text) {
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

func (p Param) fault(rule string) error {
	return fault.New(fault.Invalid, CodeParameter, `The parameter "`+p.Name+`" `+rule).With("parameter", p.Name)
}

func within(effect, name string, value float64) error {
	for _, s := range Specs() {
		for _, p := range s.Params {
			if s.Name != effect || p.Name != name {
				continue
			}
			if !(value >= p.Min && value <= p.Max) {
				return p.fault(fmt.Sprintf("must be a number from %g to %g.", p.Min, p.Max))
			}
		}
	}
	return nil
}
