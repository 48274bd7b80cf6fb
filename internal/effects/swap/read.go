package swap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"vow.example/vow/internal/effects/face"
)

// The bounds of templates. A folder that breaks them is refused before its pixels are unpacked.
const (
	format        = "vow/template/1"
	recordBytes   = 64 << 10
	fileBytes     = 8 << 20
	maxPixels     = 16_000_000
	maxPart       = 4_000_000 // pixels of the box around the mask
	minSide       = 128
	maxSide       = 8192
	minEyes       = 24 // pixels between the pupils
	maxYaw        = 35
	maxTitle      = 80
	maxCredits    = 500
	maxLanguages  = 20
	maskReach     = 3.2 // eye distances around the tip of the nose
	coveredAtMost = 0.5 // part of the face between brows and mouth that may be hidden
)

const (
	recordFile = "template.json"
	maskFile   = "mask.png"
)

// reader collects what is wrong with one template.
type reader struct {
	fsys     fs.FS
	dir      string
	findings []string
}

// finding notes that a field of a file breaks a rule.
func (r *reader) finding(file, field, rule string, args ...any) {
	if len(r.findings) < 100 {
		r.findings = append(r.findings, file+": "+field+": "+fmt.Sprintf(rule, args...))
	}
}

// read reads a template as far as its rules let it.
func read(fsys fs.FS, dir string) (Template, []string, error) {
	info, err := fs.Stat(fsys, dir)
	if err != nil {
		return Template{}, nil, fmt.Errorf("swap: %w", err)
	}
	if !info.IsDir() {
		return Template{}, nil, fmt.Errorf("swap: %s is no folder", dir)
	}
	r := &reader{fsys: fsys, dir: dir}
	t, ok := r.record()
	t.Picture = r.picture()
	t.Mask = r.mask()
	if t.Picture != nil && ok {
		r.places(t)
	}
	if t.Picture != nil && t.Mask != nil {
		r.fit(t, ok)
	}
	return t, r.findings, nil
}

// file returns the bytes of a file that must exist and be no longer than most.
func (r *reader) file(name string, most int64) ([]byte, bool) {
	full := path.Join(r.dir, name)
	if info, err := fs.Stat(r.fsys, full); err == nil && !info.Mode().IsRegular() {
		r.finding(name, "file", "must be a plain file") // a pipe would never end
		return nil, false
	}
	f, err := r.fsys.Open(full)
	if err != nil {
		rule := "cannot be opened"
		if errors.Is(err, fs.ErrNotExist) {
			rule = "is missing"
		}
		r.finding(name, "file", "%s", rule)
		return nil, false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		r.finding(name, "file", "cannot be read")
	case int64(len(b)) > most:
		r.finding(name, "file", "must be at most %d bytes", most)
	default:
		return b, true
	}
	return nil, false
}

// record is template.json.
type record struct {
	Format    string               `json:"format"`
	Title     map[string]string    `json:"title"`
	Credits   string               `json:"credits"`
	Landmarks map[string][]float64 `json:"landmarks"`
	Yaw       float64              `json:"face_yaw"`
}

// record reads template.json; ok means that all landmarks are there.
func (r *reader) record() (t Template, ok bool) {
	b, ok := r.file(recordFile, recordBytes)
	if !ok {
		return t, false
	}
	rec, err := parse(b)
	if err != nil {
		field := "file"
		if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) && wrong.Field != "" {
			field = wrong.Field
		}
		r.finding(recordFile, field, "%s", strings.TrimPrefix(err.Error(), "json: "))
		return t, false
	}
	r.words(rec)
	t.Points, ok = r.landmarks(rec.Landmarks)
	t.Title, t.Credits, t.Yaw = rec.Title, rec.Credits, rec.Yaw
	return t, ok
}

// parse reads one JSON object without unknown members and with nothing behind it.
func parse(b []byte) (record, error) {
	var rec record
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&rec); err != nil {
		return rec, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return rec, errors.New("something stands behind the object")
	}
	return rec, twice(json.NewDecoder(bytes.NewReader(b)))
}

// twice finds a member that is there twice: a reader would have to guess which one counts.
func twice(d *json.Decoder) error {
	opened, err := d.Token()
	if err != nil || opened != json.Delim('{') && opened != json.Delim('[') {
		return err
	}
	names := map[string]bool{}
	for d.More() {
		if opened == json.Delim('{') {
			token, err := d.Token()
			if err != nil {
				return err
			}
			name := strings.ToLower(fmt.Sprint(token))
			if names[name] {
				return fmt.Errorf("the member %.40q is there twice", name)
			}
			names[name] = true
		}
		if err := twice(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // what closes it
	return err
}

// words checks what is not a landmark.
func (r *reader) words(rec record) {
	if rec.Format != format {
		r.finding(recordFile, "format", "must be %q", format)
	}
	if rec.Title["en"] == "" {
		r.finding(recordFile, "title.en", "is missing")
	}
	if len(rec.Title) > maxLanguages {
		r.finding(recordFile, "title", "must have at most %d languages", maxLanguages)
	}
	for _, lang := range slices.Sorted(maps.Keys(rec.Title)) {
		if n := len([]rune(rec.Title[lang])); n == 0 || n > maxTitle {
			r.finding(recordFile, "title", "must have from 1 to %d characters in every language", maxTitle)
			break
		}
	}
	if n := len([]rune(rec.Credits)); n == 0 || n > maxCredits {
		r.finding(recordFile, "credits", "must say in 1 to %d characters who made the picture", maxCredits)
	}
	if !(math.Abs(rec.Yaw) <= maxYaw) {
		r.finding(recordFile, "face_yaw", "must be from -%d to %d degrees", maxYaw, maxYaw)
	}
}

// landmarks checks that every point is there once, with two numbers.
func (r *reader) landmarks(given map[string][]float64) (p [face.PointCount]face.Point, ok bool) {
	names := face.PointNames()
	ok = true
	for i, name := range names {
		v, there := given[name]
		switch {
		case !there:
			r.finding(recordFile, "landmarks."+name, "is missing")
			ok = false
		case len(v) != 2:
			r.finding(recordFile, "landmarks."+name, "must be two numbers: x and y")
			ok = false
		default:
			p[i] = face.Point{X: v[0], Y: v[1]}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(names, name) {
			r.finding(recordFile, "landmarks", "must have the points of a face only, and %.40q is none", name)
		}
	}
	return p, ok
}

// picture reads picture.jpg or picture.png.
func (r *reader) picture() *image.NRGBA {
	name := "picture.jpg"
	if _, err := fs.Stat(r.fsys, path.Join(r.dir, name)); err != nil {
		if _, err := fs.Stat(r.fsys, path.Join(r.dir, "picture.png")); err == nil {
			name = "picture.png"
		}
	}
	b, ok := r.file(name, fileBytes)
	if !ok {
		return nil
	}
	config, decode := jpeg.DecodeConfig, jpeg.Decode
	if name == "picture.png" {
		config, decode = png.DecodeConfig, png.Decode
	}
	cfg, err := config(bytes.NewReader(b))
	if err != nil || !r.size(name, cfg) {
		if err != nil {
			r.finding(name, "file", "is damaged or of another kind than its name says")
		}
		return nil
	}
	m, err := decode(bytes.NewReader(b))
	if err != nil {
		r.finding(name, "file", "is damaged")
		return nil
	}
	return unpacked(m)
}

// unpacked is the picture in the form that effects work on. What is opaque takes the fast way of
// image/draw, whose RGBA pixels are the same then.
func unpacked(m image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	var to draw.Image = out
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() {
		to = &image.RGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}
	}
	draw.Draw(to, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// mask reads mask.png.
func (r *reader) mask() *image.Gray {
	b, ok := r.file(maskFile, fileBytes)
	if !ok {
		return nil
	}
	cfg, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		r.finding(maskFile, "file", "is damaged or no PNG")
		return nil
	}
	if cfg.ColorModel != color.GrayModel {
		r.finding(maskFile, "colours", "must be gray with 8 bits and nothing else")
		return nil
	}
	if !r.size(maskFile, cfg) {
		return nil
	}
	m, err := png.Decode(bytes.NewReader(b))
	gray, ok := m.(*image.Gray)
	if err != nil || !ok {
		r.finding(maskFile, "file", "is damaged")
		return nil
	}
	return gray
}

// size checks what a header says, before any pixel is unpacked.
func (r *reader) size(file string, cfg image.Config) bool {
	w, h := cfg.Width, cfg.Height
	if min(w, h) < minSide || max(w, h) > maxSide || w*h > maxPixels {
		r.finding(file, "size", "must be from %d to %d pixels a side and at most %d in all", minSide, maxSide, maxPixels)
		return false
	}
	return true
}
