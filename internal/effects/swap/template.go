package swap

import (
	"image"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/fault"
)

// CodeTemplate is the code of the fault of a template that breaks a rule.
const CodeTemplate = "template-broken"

// Template is a picture whose face is replaced.
type Template struct {
	ID      string
	Title   map[string]string // by language
	Credits string
	Picture *image.NRGBA
	Mask    *image.Gray // 255: the face of the photo, 0: as drawn
	Points  [face.PointCount]face.Point
	Yaw     float64 // degrees; see face.Pose
}

// EyeDistance is the distance of the pupils in pixels.
func (t Template) EyeDistance() float64 { return face.Face{Points: t.Points}.EyeDistance() }

// Open reads templates/<id>. Where there is none it returns a fault with effect.CodeParameter, and one
// with CodeTemplate where the template breaks a rule.
func Open(fsys fs.FS, id string) (Template, error) {
	dir := path.Join("templates", id)
	if !has(fsys, id) {
		return Template{}, fault.New(fault.Invalid, effect.CodeParameter, "There is no template of that name.").
			With("parameter", "template")
	}
	t, findings, err := read(fsys, dir)
	if err != nil {
		return Template{}, fault.New(fault.Internal, CodeTemplate, "The template cannot be read.").Because(err)
	}
	if len(findings) > 0 {
		return Template{}, fault.New(fault.Internal, CodeTemplate, "The template is broken: "+findings[0]+".").
			With("findings", findings)
	}
	t.ID = id
	return t, nil
}

// has says whether there is a template of that name.
func has(fsys fs.FS, id string) bool {
	if fsys == nil || !regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`).MatchString(id) {
		return false
	}
	info, err := fs.Stat(fsys, path.Join("templates", id))
	return err == nil && info.IsDir()
}

// find returns the template of that name from the first of the places that has it.
func find(id string, places ...fs.FS) (Template, error) {
	i := slices.IndexFunc(places, func(p fs.FS) bool { return has(p, id) })
	return Open(places[max(0, i)], id)
}

// Check reads the template in dir and returns everything that is wrong with it, each as
// "file: field: rule". The error is about reading, not about what was read.
func Check(fsys fs.FS, dir string) ([]string, error) {
	_, findings, err := read(fsys, dir)
	return findings, err
}

// Load is Open for a folder that stands alone.
func Load(fsys fs.FS, dir string) (Template, error) {
	t, findings, err := read(fsys, dir)
	if err == nil && len(findings) > 0 {
		err = fault.New(fault.Invalid, CodeTemplate, "The template is broken: "+strings.Join(findings, "; ")+".")
	}
	return t, err
}
