package face

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"math"

	"vow.example/vow/internal/effects/effect"
)

// NamePoints is the effect that gives the points of the faces to the person's own device, which then
// draws over them by itself.
const NamePoints = "face_points"

// mostFaces is how many faces a record describes.
const mostFaces = 12

// Effects returns the effects of this package: the feature points of every face.
func Effects() []effect.Effect {
	return []effect.Effect{{
		Name: NamePoints, Least: 1, Most: 1,
		Run: func(ctx context.Context, in effect.Input, _ effect.Values, progress func(float64)) (effect.Result, error) {
			r, err := pointsOf(ctx, in.Pictures[0], progress)
			if err != nil {
				return effect.Result{}, err
			}
			return effect.Result{Points: r}, nil
		},
	}}
}

// record is all that is said about a picture. It holds places and measures, nothing about who it is.
type record struct {
	Format string `json:"format"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Faces  []mark `json:"faces"`
}

type mark struct {
	Box     [4]int                `json:"box"` // left, top, width, height
	Points  map[string][2]float64 `json:"points"`
	Pose    markPose              `json:"pose"`
	Quality markQuality           `json:"quality"`
	Hair    markMask              `json:"hair"`
}

type markPose struct {
	Roll  float64 `json:"roll"`
	Yaw   float64 `json:"yaw"`
	Pitch float64 `json:"pitch"`
}

type markQuality struct {
	Sharpness float64 `json:"sharpness"`
	Exposure  float64 `json:"exposure"`
	Size      float64 `json:"size"`
	Frontal   float64 `json:"frontal"`
	Overall   float64 `json:"overall"`
}

// markMask is an 8-bit gray PNG in the proportions of the picture, 255 where all is hair.
type markMask struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Mask   string `json:"mask"`
}

func pointsOf(ctx context.Context, img *image.NRGBA, progress func(float64)) (record, error) {
	faces := Find(img)
	if len(faces) == 0 {
		_, err := only(nil)
		return record{}, err
	}
	faces = faces[:min(len(faces), mostFaces)]
	progress(0.2)
	r := record{Format: "vow/points/1", Width: img.Rect.Dx(), Height: img.Rect.Dy()}
	for i, f := range faces {
		m, err := markOf(ctx, img, f)
		if err != nil {
			return record{}, err
		}
		r.Faces = append(r.Faces, m)
		progress(0.2 + 0.8*float64(i+1)/float64(len(faces)))
	}
	return r, nil
}

func markOf(ctx context.Context, img *image.NRGBA, f Face) (mark, error) {
	hair, err := Hair(ctx, img, f)
	if err != nil {
		return mark{}, err
	}
	var b bytes.Buffer
	gray := image.Gray{Pix: hair.Pix, Stride: hair.Stride, Rect: hair.Rect}
	if err := png.Encode(&b, &gray); err != nil {
		return mark{}, fmt.Errorf("face: encode mask: %w", err)
	}
	m := mark{
		Box:    [4]int{f.Box.Min.X, f.Box.Min.Y, f.Box.Dx(), f.Box.Dy()},
		Points: map[string][2]float64{},
		Pose:   markPose{Roll: round(f.Pose.Roll), Yaw: round(f.Pose.Yaw), Pitch: round(f.Pose.Pitch)},
		Quality: markQuality{
			Sharpness: round(f.Quality.Sharpness), Exposure: round(f.Quality.Exposure), Size: round(f.Quality.Size),
			Frontal: round(f.Quality.Frontal), Overall: round(f.Quality.Overall),
		},
		Hair: markMask{Width: gray.Rect.Dx(), Height: gray.Rect.Dy(), Mask: base64.StdEncoding.EncodeToString(b.Bytes())},
	}
	for i, name := range PointNames() {
		m.Points[name] = [2]float64{round(f.Points[i].X), round(f.Points[i].Y)}
	}
	return m, nil
}

// round keeps two digits: more would be noise.
func round(v float64) float64 { return math.Round(100*v) / 100 }
