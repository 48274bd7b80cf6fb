// Package gallery draws the page that shows every effect before and after.
//
// It promises that the pictures are made by the engine of this program, from the sample photos or a
// photo that the caller names, and that every effect of the catalogue is on the page. It never sends
// anything and never reads a photo that was not named.
package gallery

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/media/anim"
)

// Options say what to draw and where.
type Options struct {
	Dir   string            // takes README.md and the pictures
	Photo []byte            // nil: the sample photo of a face
	Note  func(name string) // called before each effect
}

const (
	tileHeight = 260
	tileGap    = 6
	perRow     = 5
	mostTiles  = 15
	photoSide  = 900 // pixels of the longer side that effects work on
)

// Write draws the whole gallery.
func Write(ctx context.Context, o Options) error {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return fmt.Errorf("gallery: %w", err)
	}
	photos, err := open(ctx, o.Photo)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	page.WriteString(intro)
	for _, e := range effects.Catalogue() {
		o.Note(e.Name)
		files, err := show(ctx, e, photos)
		if err != nil {
			return fmt.Errorf("gallery: %s: %w", e.Name, err)
		}
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(o.Dir, name), data, 0o644); err != nil {
				return fmt.Errorf("gallery: %w", err)
			}
		}
		describe(&page, e, files)
	}
	return os.WriteFile(filepath.Join(o.Dir, "README.md"), page.Bytes(), 0o644)
}

const intro = `# Every effect of the own engine

Made by ` + "`vow effects gallery`" + `: the left picture is the photo, the others are what the engine makes of it.
The engine is image processing with fixed rules. It is no generative model: it finds where eyes, nose,
mouth and hair are, and then moves, mixes and recolours pixels. The same photo and the same settings
give the same bytes. Photos: see internal/effects/samples; templates, hair and frames are drawn for Vow.
`

// open decodes the photo of a face and two more.
func open(ctx context.Context, face []byte) (list []*image.NRGBA, err error) {
	for _, name := range []string{samples.Astronaut, samples.Coffee, samples.Chelsea} {
		data := face
		if name != samples.Astronaut || face == nil {
			if data, err = samples.Open(name); err != nil {
				return nil, err
			}
		}
		img, _, err := media.Open(ctx, bytes.NewReader(data), media.Limits{})
		if err != nil {
			return nil, fmt.Errorf("gallery: %w", err)
		}
		list = append(list, fit(img, photoSide, photoSide))
	}
	return list, nil
}

// fit returns a copy that fits into w×h; a smaller picture keeps its size.
func fit(img *image.NRGBA, w, h int) *image.NRGBA {
	by := min(1, float64(w)/float64(img.Rect.Dx()), float64(h)/float64(img.Rect.Dy()))
	out := image.NewNRGBA(image.Rect(0, 0, int(by*float64(img.Rect.Dx())), int(by*float64(img.Rect.Dy()))))
	draw.CatmullRom.Scale(out, out.Rect, img, img.Rect, draw.Src, nil)
	return out
}

// show makes the pictures of one effect by file name.
func show(ctx context.Context, e effect.Effect, photos []*image.NRGBA) (map[string][]byte, error) {
	if facial(e.Name) {
		photos = append([]*image.NRGBA{near(photos[0])}, photos[1:]...)
	}
	tiles := []*image.NRGBA{photos[0]}
	if e.Name == "color_transfer" {
		tiles = append(tiles, photos[1])
	}
	files := map[string][]byte{}
	for _, params := range variants(e) {
		made, err := effects.Run(ctx, e.Name, effect.Input{Pictures: given(e, photos)}, params, nil)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%v: %w", params, err)
		case made.Picture != nil:
			tiles = append(tiles, made.Picture)
		case made.Film != nil:
			if files[e.Name+".webp"], err = moving(ctx, *made.Film); err != nil {
				return nil, err
			}
		case made.Points != nil:
			tiles = append(tiles, marked(photos[0], 24))
		}
	}
	if len(tiles) == 1 {
		return files, nil
	}
	var b bytes.Buffer
	err := media.Encode(&b, sheet(tiles), media.JPEG, media.Label{Digital: true, Source: media.SourceAlgorithm})
	files[e.Name+".jpg"] = b.Bytes()
	return files, err
}

// facial reports whether an effect is about a face, so that it is shown from near.
func facial(name string) bool {
	return slices.Contains(strings.Fields("portrait_enhance portrait_light portrait_frame background_blur hair_color hairstyle face_points"), name)
}

// near cuts a photo around its first face.
func near(photo *image.NRGBA) *image.NRGBA {
	faces := face.Find(photo)
	if len(faces) == 0 {
		return photo
	}
	middle, reach := faces[0].Box.Min.Add(faces[0].Box.Max).Div(2), faces[0].Box.Dx()*8/5
	middle.Y += reach / 5
	part := image.Rect(middle.X-reach, middle.Y-reach, middle.X+reach, middle.Y+reach).Intersect(photo.Rect)
	out := image.NewNRGBA(image.Rectangle{Max: part.Size().Mul(2)})
	draw.CatmullRom.Scale(out, out.Rect, photo, part, draw.Src, nil)
	return out
}

// given returns copies of as many photos as the effect takes: it may change them.
func given(e effect.Effect, photos []*image.NRGBA) (list []*image.NRGBA) {
	for i := range max(e.Least, min(e.Most, 1)) {
		p := photos[i%len(photos)]
		list = append(list, &image.NRGBA{Pix: bytes.Clone(p.Pix), Stride: p.Stride, Rect: p.Rect})
	}
	return list
}

// variants returns what is worth showing: every word of the first choice, or three strengths.
func variants(e effect.Effect) []map[string]string {
	if _, moves := e.Param("seconds"); moves {
		return []map[string]string{{"seconds": "2"}}
	}
	var list []map[string]string
	for _, p := range e.Params {
		if p.Kind != effect.Choice {
			continue
		}
		for _, word := range p.Values[:min(len(p.Values), mostTiles)] {
			list = append(list, map[string]string{p.Name: word})
		}
		return list
	}
	for _, p := range e.Params {
		if p.Kind == effect.Number {
			for _, part := range []float64{0.25, 0.6, 1} {
				list = append(list, map[string]string{p.Name: fmt.Sprintf("%.2f", p.Min+part*(p.Max-p.Min))})
			}
			return list
		}
	}
	return []map[string]string{nil}
}

const movingSide, movingRate = 240, 8

// moving codes a film small and slow enough for a page.
func moving(ctx context.Context, f effect.Film) ([]byte, error) {
	step := max(1, f.Rate/movingRate)
	full := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	small := fit(full, movingSide, movingSide)
	slow := anim.Film{Width: small.Rect.Dx() &^ 1, Height: small.Rect.Dy() &^ 1, Frames: f.Frames / step, Rate: max(1, f.Rate/step)}
	slow.Draw = func(ctx context.Context, n int, dst *image.NRGBA) error {
		if err := f.Draw(ctx, n*step, full); err != nil {
			return err
		}
		draw.ApproxBiLinear.Scale(dst, dst.Rect, full, full.Rect, draw.Src, nil)
		return nil
	}
	var b bytes.Buffer
	err := anim.Encode(ctx, &b, media.WebP, slow, media.Label{Digital: true, Source: media.SourceAlgorithm})
	return b.Bytes(), err
}

// sheet lays tiles of one height side by side, in rows.
func sheet(tiles []*image.NRGBA) *image.NRGBA {
	var at []image.Rectangle
	x, y, wide := 0, 0, 0
	for i, t := range tiles {
		if i > 0 && i%perRow == 0 {
			x, y = 0, y+tileHeight+tileGap
		}
		w := tileHeight * t.Rect.Dx() / t.Rect.Dy()
		at = append(at, image.Rect(x, y, x+w, y+tileHeight))
		x += w + tileGap
		wide = max(wide, x-tileGap)
	}
	out := image.NewNRGBA(image.Rect(0, 0, wide, y+tileHeight))
	draw.Draw(out, out.Rect, image.NewUniform(color.NRGBA{R: 250, G: 250, B: 250, A: 255}), image.Point{}, draw.Src)
	for i, t := range tiles {
		draw.CatmullRom.Scale(out, at[i], t, t.Rect, draw.Over, nil)
	}
	return out
}

// describe writes the part of the page about one effect.
func describe(page *bytes.Buffer, e effect.Effect, files map[string][]byte) {
	fmt.Fprintf(page, "\n## %s\n\n%s", e.Name, e.About)
	if e.Least > 1 || e.Most > 1 {
		fmt.Fprintf(page, " Takes %d to %d pictures.", e.Least, e.Most)
	}
	page.WriteString("\n\n")
	if _, ok := files[e.Name+".jpg"]; ok {
		fmt.Fprintf(page, "![%s: before, then %s](%s.jpg)\n", e.Name, captions(e), e.Name)
	}
	if _, ok := files[e.Name+".webp"]; ok {
		fmt.Fprintf(page, "![%s](%s.webp)\n", e.Name, e.Name)
	}
	if len(e.Params) == 0 {
		return
	}
	page.WriteString("\n| parameter | takes | default |\n|---|---|---|\n")
	for _, p := range e.Params {
		takes := strings.Join(p.Values, ", ")
		if p.Kind != effect.Choice {
			least, most := p.Bounds()
			takes = fmt.Sprintf("%s from %s to %s", p.Kind, least, most)
		}
		fmt.Fprintf(page, "| `%s` | %s | %s |\n", p.Name, takes, p.Default)
	}
}

// captions names the tiles behind the first.
func captions(e effect.Effect) string {
	var words []string
	for _, params := range variants(e) {
		for name, word := range params {
			words = append(words, name+" "+word)
		}
	}
	if len(words) == 0 {
		return "after"
	}
	return strings.Join(words, ", ")
}
