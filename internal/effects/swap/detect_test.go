package swap

import (
	"image"
	"math/rand/v2"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/face"
)

// mirrored is the photo as in a mirror, and the points with it.
func mirrored(src *image.NRGBA, p [face.PointCount]face.Point) (*image.NRGBA, [face.PointCount]face.Point) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			copy(out.Pix[y*out.Stride+4*x:][:4], src.Pix[y*src.Stride+4*(w-1-x):])
		}
	}
	for i := range p {
		p[i].X = float64(w-1) - p[i].X
	}
	for _, pair := range [][2]int{
		{face.LeftPupil, face.RightPupil}, {face.LeftEyeOuter, face.RightEyeOuter}, {face.LeftEyeInner, face.RightEyeInner},
		{face.LeftBrowOuter, face.RightBrowOuter}, {face.LeftBrowInner, face.RightBrowInner}, {face.NoseLeft, face.NoseRight},
		{face.MouthLeft, face.MouthRight}, {face.JawLeft, face.JawRight},
	} {
		p[pair[0]], p[pair[1]] = p[pair[1]], p[pair[0]]
	}
	return out, p
}

// The points that one can see; the others are estimates, also by hand.
func seen() []int {
	return []int{
		face.LeftPupil, face.RightPupil, face.LeftEyeOuter, face.LeftEyeInner, face.RightEyeInner, face.RightEyeOuter,
		face.NoseTip, face.NoseLeft, face.NoseRight, face.MouthLeft, face.MouthRight,
	}
}

// From the photo to the picture with nothing given: the face is found in photos that are turned, scaled,
// mirrored and seen a little from the side, and the landmarks come to lie on those of the template. The
// truth is where they are in the photo itself; for those that one can see, also where a hand placed them.
func TestFoundLandmarksComeToLieOnThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	tpl := whole()
	box := tpl.maskBox()
	src := effecttest.Photo(t, samplesAstronaut)
	first, err := face.One(src)
	if err != nil {
		t.Fatal(err)
	}
	flipped, flippedHand := mirrored(src, astronautPoints())
	_, flippedFound := mirrored(src, first.Points)
	const pairs = 20
	all, visible, hand := 0.0, 0.0, 0.0
	for n := range pairs {
		m := turned(512, 600, 30*(r.Float64()-0.5), 0.8+0.35*r.Float64(), 0.1*(r.Float64()-0.5))
		from, byHand, itself := src, astronautPoints(), first.Points
		if n%2 == 1 {
			from, byHand, itself = flipped, flippedHand, flippedFound
		}
		f, err := face.One(projected(from, m, 600))
		if err != nil {
			t.Fatalf("pair %d: %v", n, err)
		}
		s := fitSpline(tpl.Points, f.Points, box)
		all += s.lapse(tpl, moved(itself, m), every()) / pairs
		visible += s.lapse(tpl, moved(itself, m), seen()) / pairs
		hand += s.lapse(tpl, moved(byHand, m), seen()) / pairs
	}
	t.Logf("mean %.4f of the eye distance over all, %.4f over what one can see, %.4f from points by hand", all, visible, hand)
	if all >= 0.03 || visible >= 0.03 || hand >= 0.05 {
		t.Errorf("mean %.4f of the eye distance over all, %.4f over what one can see, %.4f from points by hand", all, visible, hand)
	}
}

func TestAPhotoOfTwoPeopleIsRefused(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, samplesAstronaut).SubImage(image.Rect(120, 0, 340, 220)).(*image.NRGBA)
	both := image.NewNRGBA(image.Rect(0, 0, 440, 220))
	for y := range 220 {
		copy(both.Pix[y*both.Stride:], src.Pix[y*src.Stride:][:880])
		copy(both.Pix[y*both.Stride+880:], src.Pix[y*src.Stride:][:880])
	}
	_, err := runEffect(t, both, nil)
	wantCode(t, err, effect.CodeFaces)
}

func TestASmallFaceIsRefused(t *testing.T) {
	t.Parallel()
	small := projected(effecttest.Photo(t, samplesAstronaut), projective{0.2, 0, 0, 0, 0.2, 0, 0, 0, 1}, 102)
	_, err := runEffect(t, small, nil)
	if err == nil {
		t.Error("it was swapped")
	}
}
