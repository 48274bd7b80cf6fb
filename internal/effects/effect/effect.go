// Package effect says what an effect is: a name, typed parameters with bounds and defaults, what it
// needs, and a pure function from pictures to a picture, a film, or points.
//
// It promises that parameters reach an effect only after they were checked against their bounds, and
// that one left out has its default. It never draws anything itself.
package effect

import (
	"context"
	"image"
	"io/fs"
	"slices"
	"strconv"
)

// The stable codes of the faults that effects return.
const (
	CodeNoFace    = "no-face"         // nobody in the photo
	CodeFaces     = "several-faces"   // more than one where one is needed
	CodeSmall     = "face-too-small"  // too few pixels to work with
	CodeProfile   = "face-in-profile" // turned too far away
	CodeUnknown   = "unknown-effect"
	CodeParameter = "effect-parameter"
	CodePictures  = "effect-pictures" // too few or too many pictures
)

// Input is what an effect works on. The effect owns the pictures: it may change them and return them.
type Input struct {
	Pictures  []*image.NRGBA // in the order in which the person gave them
	Materials fs.FS          // an app's own templates, hair and frames before the built-in ones; nil: none
}

// Result is what an effect made: exactly one member is set.
type Result struct {
	Picture *image.NRGBA
	Film    *Film
	Points  any // a closed record that encodes as JSON: feature points for the person's own device
}

// Film is a short moving picture that is drawn frame by frame. Its frames are drawn in order, from 0.
type Film struct {
	Width, Height int // even
	Frames        int
	Rate          int                                                      // frames per second
	Draw          func(ctx context.Context, n int, dst *image.NRGBA) error // dst is Width×Height; all of it is written
}

// Effect is one entry of the catalogue.
type Effect struct {
	Name   string
	About  string // what it does, in one sentence
	Least  int    // pictures
	Most   int    // pictures
	Params []Param
	// Run needs at most 8 bytes per pixel besides the pictures, so that 12 megapixels stay below
	// 200 MB. progress is never nil and is called from one goroutine at a time.
	Run func(ctx context.Context, in Input, v Values, progress func(float64)) (Result, error)
}

// Bounds returns the least and the most that a number may be, written out in full.
func (p Param) Bounds() (least, most string) {
	return strconv.FormatFloat(p.Min, 'f', -1, 64), strconv.FormatFloat(p.Max, 'f', -1, 64)
}

// Param returns the parameter of that name.
func (e Effect) Param(name string) (Param, bool) {
	i := slices.IndexFunc(e.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return e.Params[i], true
}
