package face

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face/matte"
	"vow.example/vow/internal/fault"
)

const (
	minEyes = 24   // pixels between the eyes: fewer give a blurred result
	maxYaw  = 38.0 // degrees: further away one eye hides
	alike   = 0.45 // of the eye distance of the largest face: smaller ones are passers-by
)

// One returns the face that a photo is about, or a fault with a text that says what to do: nobody is in
// it, several people of about the same size are, the face is too small, or it looks to the side.
func One(img *image.NRGBA) (Face, error) { return only(Find(img)) }

func only(faces []Face) (Face, error) {
	if len(faces) == 0 {
		return Face{}, fault.New(fault.Invalid, effect.CodeNoFace,
			"No face was found. Choose a photo that shows one face from the front, in good light and not covered.")
	}
	largest := slices.MaxFunc(faces, func(a, b Face) int { return cmp.Compare(a.EyeDistance(), b.EyeDistance()) })
	others := slices.ContainsFunc(faces, func(f Face) bool {
		return f.Points != largest.Points && f.EyeDistance() > alike*largest.EyeDistance()
	})
	switch {
	case others:
		return Face{}, fault.New(fault.Invalid, effect.CodeFaces,
			"There is more than one face. Choose a photo of one person, or cut it so that only one is left.")
	case math.Abs(largest.Pose.Yaw) > maxYaw:
		return Face{}, fault.New(fault.Invalid, effect.CodeProfile,
			"The face looks to the side. Choose a photo in which it looks into the camera and both eyes can be seen.")
	case largest.EyeDistance() < minEyes:
		return Face{}, fault.New(fault.Invalid, effect.CodeSmall,
			"The face is too small. Choose a larger photo or one taken from closer, in which the face is at least 100 pixels wide.")
	}
	return largest, nil
}

// Hair returns a soft mask of the hair that belongs to a face: as wide and high as the picture in
// proportion, at most 512 pixels a side. It goes by colour and edges, and by where hair usually is.
func Hair(ctx context.Context, img *image.NRGBA, f Face) (*image.Alpha, error) {
	return matte.Hair(ctx, img, f.head())
}

// Person returns a soft mask of the person that a face belongs to, with hair, neck and shoulders, down
// to the border of the picture: in the proportions of the picture, at most 512 pixels a side.
func Person(ctx context.Context, img *image.NRGBA, f Face) (*image.Alpha, error) {
	return matte.Person(ctx, img, f.head())
}

func (f Face) head() matte.Head {
	left, right := f.Points[LeftPupil], f.Points[RightPupil]
	eyes, span := between(left, right, 0.5), f.EyeDistance()
	down := func(p Point) float64 { return math.Hypot(p.X-eyes.X, p.Y-eyes.Y) / span }
	return matte.Head{
		X: eyes.X, Y: eyes.Y, DX: right.X - left.X, DY: right.Y - left.Y,
		Chin: max(1.3, min(2.3, down(f.Points[Chin]))), Forehead: max(0.4, min(1.5, down(f.Points[ForeheadTop]))),
	}
}
