package simulate

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/media/budget"
	"vow.example/vow/internal/provider/local"
	"vow.example/vow/internal/sim/film"
	"vow.example/vow/internal/sim/kit"
)

// The size and pace of simulated films: small, because each frame is stored nearly as it is.
const (
	filmWidth  = 320
	filmHeight = 176
	filmPace   = 5
	filmTime   = 4 // seconds
)

// studio makes what simulated recipients deliver, with our own engine, within a budget of pixels.
type studio struct{ pixels budget.Pixels }

// Render returns what makes the results of simulated recipients, with a budget of its own.
func Render() kit.Render { return studio{budget.New()}.render }

// render makes a picture or a film for a job. A job that brought no picture gets a painted one.
func (s studio) render(ctx context.Context, j kit.Job) (kit.Output, error) {
	img, release, err := s.source(ctx, j)
	if err != nil {
		return kit.Output{}, err
	}
	defer release()
	if j.Want == "video" {
		data, err := film.MP4(ctx, film.Pan(img, filmTime, filmPace, filmWidth, filmHeight), filmPace)
		return kit.Output{Data: data, MediaType: "video/mp4"}, err
	}
	if len(j.Media) > 0 {
		if img, err = s.redraw(ctx, j, img); err != nil {
			return kit.Output{}, err
		}
	}
	var b bytes.Buffer
	err = media.Encode(&b, img, media.PNG, media.Label{})
	return kit.Output{Data: b.Bytes(), MediaType: media.PNG}, err
}

// source opens the picture that a job is about, or paints one from its words.
func (s studio) source(ctx context.Context, j kit.Job) (*image.NRGBA, func(), error) {
	data := first(j.Media)
	if data == nil {
		return paint(j.Texts["prompt"], j.Options), func() {}, nil
	}
	info, err := media.Strip(io.Discard, bytes.NewReader(data), media.Limits{})
	if err != nil {
		return nil, nil, err
	}
	release, err := s.pixels.Hold(ctx, int64(info.Width)*int64(info.Height))
	if err != nil {
		return nil, nil, err
	}
	img, _, err := media.Open(ctx, bytes.NewReader(data), media.Limits{})
	if err != nil {
		release()
		return nil, nil, err
	}
	return img, release, nil
}

// first returns the picture that a job is mainly about.
func first(pictures map[string][]byte) []byte {
	for _, field := range []string{"template_photo", "photo", "first_frame"} {
		if data := pictures[field]; data != nil {
			return data
		}
	}
	for _, data := range pictures {
		return data
	}
	return nil
}

// redraw applies what comes nearest, in our own engine, to what the feature does.
func (s studio) redraw(ctx context.Context, j kit.Job, img *image.NRGBA) (*image.NRGBA, error) {
	switch j.Feature {
	case "super_resolution":
		return enlarge(img, j.Options["scale"]), nil
	case "colorize":
		return tint(img), nil
	case "age_change":
		return aged(img), nil
	case "face_swap":
		return s.swapped(ctx, img, j.Media["photo"])
	}
	own := map[string]string{
		"avatar": "cartoon", "cartoonize": "cartoon", "nano_banana": "cartoon",
		"visual_effect": "pencil", "sketch": "pencil", "nano_banana_2": "pencil",
	}
	name, ok := own[j.Feature]
	if !ok {
		name = "portrait_enhance"
	}
	name, settings := local.Plan(name, j.Options)
	out, err := effects.Run(ctx, name, effect.Input{Pictures: []*image.NRGBA{img}}, settings, nil)
	if err != nil && ctx.Err() == nil && !ok && j.Feature != "portrait_enhance" { // a model of pictures needs no face
		return tint(img), nil
	}
	return out.Picture, err
}

// swapped puts the face of a photo over the face of the template.
func (s studio) swapped(ctx context.Context, template *image.NRGBA, photo []byte) (*image.NRGBA, error) {
	from, _, err := media.Open(ctx, bytes.NewReader(photo), media.Limits{})
	if err != nil {
		return nil, err
	}
	theirs, ours := face.Find(template), face.Find(from)
	if len(theirs) == 0 || len(ours) == 0 {
		return nil, errors.New("simulate: a picture without a face")
	}
	return pasteFace(template, theirs[0].Box, from, ours[0].Box), nil
}
