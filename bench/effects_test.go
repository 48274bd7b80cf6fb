package bench

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/media"
)

// size is a picture's size.
type size struct {
	name string
	w, h int
}

func sizes() []size { return []size{{"1 MP", 1000, 1000}, {"12 MP", 4000, 3000}} }

// pictures measures everything that is done to pixels against decoding the same JPEG.
func pictures(t testing.TB, rounds int, list ...size) *table {
	out := &table{
		title: "Effects",
		about: fmt.Sprintf("On a portrait, in ms per megapixel; median (middle half) of %d rounds in turn. The baseline is image/jpeg decoding the same file, on one core. media.Open is what a picture goes through before an effect (metadata, decode, colours); media.Encode with the visible label is what comes after.", rounds),
		head:  []string{"Picture", "what", "ms", "ms per MP", "÷ decode"},
	}
	for _, s := range list {
		raw := portrait(t, s.w, s.h)
		img, _, err := media.Open(context.Background(), bytes.NewReader(raw), media.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		ways := []way{
			{"image/jpeg.Decode", func() time.Duration {
				return timed(func() { must(t, func() error { _, err := jpeg.Decode(bytes.NewReader(raw)); return err }) })
			}},
			{"media.Open", func() time.Duration {
				return timed(func() {
					must(t, func() error {
						_, _, err := media.Open(context.Background(), bytes.NewReader(raw), media.Limits{})
						return err
					})
				})
			}},
			{"face detection", func() time.Duration { return timed(func() { _ = face.Find(img) }) }},
		}
		for _, e := range effects.Catalogue() {
			if e.Least == 1 {
				ways = append(ways, way{e.Name, func() time.Duration { return made(t, e.Name, img) }})
			}
		}
		ways = append(ways, way{"media.Encode, labelled", func() time.Duration { return labelled(t, img) }})
		got := alternate(rounds, ways...)
		mp := float64(s.w*s.h) / 1e6
		for _, g := range got {
			out.row(s.name, g.name, ms(g.took), digits(1e3*median(g.took)/mp), times(g.over(got[0])))
		}
	}
	return out
}

func must(t testing.TB, f func() error) {
	if err := f(); err != nil {
		t.Fatal(err)
	}
}

// made runs an effect to its end: a picture, or every frame of a film.
func made(t testing.TB, name string, img *image.NRGBA) time.Duration {
	in := effect.Input{Pictures: []*image.NRGBA{copied(img)}}
	return timed(func() {
		must(t, func() error {
			out, err := effects.Run(context.Background(), name, in, nil, nil)
			if err != nil || out.Film == nil {
				return err
			}
			frame := image.NewNRGBA(image.Rect(0, 0, out.Film.Width, out.Film.Height))
			for n := range out.Film.Frames {
				if err := out.Film.Draw(context.Background(), n, frame); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func labelled(t testing.TB, img *image.NRGBA) time.Duration {
	var b bytes.Buffer
	return timed(func() {
		must(t, func() error {
			return media.Encode(&b, img, media.JPEG, media.Label{Visible: true, Digital: true, Source: media.SourceAlgorithm})
		})
	})
}

func TestPicturesAreMeasured(t *testing.T) {
	t.Parallel()
	if got := pictures(t, 1, size{"small", 400, 400}); len(got.rows) < 20 {
		t.Error(got)
	}
}
