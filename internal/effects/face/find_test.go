package face

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"

	pigo "github.com/esimov/pigo/core"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/face/tree"
	"vow.example/vow/internal/fault"
)

// The pupils of the astronaut, read off the photo.
func eyesDrawn() (left, right Point) { return Point{203, 101.5}, Point{246.5, 103} }

// sides are the sizes of most variants; a few large ones come on top.
func sides() []int { return []int{128, 160, 200, 256, 320, 400, 512, 448} }

func TestTheFaceIsFoundInTwoHundredVariants(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	r := rand.New(rand.NewPCG(11, 4))
	left, right := eyesDrawn()
	found := 0
	for i := range 200 {
		side := sides()[i%8]
		if i%67 == 66 {
			side = []int{1500, 2500, 4000}[i/67]
		}
		c := anyChange(r)
		if side > 1000 {
			c.noise = 0 // noise for every pixel takes longer than the search
		}
		v := see(src, side, c, r)
		var want [2]Point
		want[v.partner(LeftPupil)], want[v.partner(RightPupil)] = v.there(left), v.there(right)
		faces := Find(v.img)
		near := 0.15 * want[0].far(want[1])
		if len(faces) == 1 && faces[0].Points[LeftPupil].far(want[0]) < near && faces[0].Points[RightPupil].far(want[1]) < near {
			found++
		} else {
			t.Logf("%d pixels, %+v: %d faces", side, c, len(faces))
		}
	}
	if found < 190 {
		t.Errorf("found in %d of 200", found)
	}
}

func TestNoFaceIsFoundInTwoHundredVariantsOfACatAndACup(t *testing.T) {
	t.Parallel()
	photos := []*image.NRGBA{effecttest.Photo(t, "chelsea.jpg"), effecttest.Photo(t, "coffee.jpg")}
	r := rand.New(rand.NewPCG(12, 4))
	nothing := 0
	for i := range 200 {
		side := sides()[i/2%8]
		if i%67 == 66 {
			side = []int{1500, 2500, 4000}[i/67]
		}
		c := anyChange(r)
		if side > 1000 {
			c.noise = 0
		}
		if faces := Find(see(photos[i%2], side, c, r).img); len(faces) == 0 {
			nothing++
		} else {
			t.Logf("photo %d, %d pixels, %+v: a score of %.0f", i%2, side, c, faces[0].Score)
		}
	}
	if nothing < 196 {
		t.Errorf("nothing in %d of 200", nothing)
	}
}

func TestTheFaceIsFoundAtEverySizeAndPlace(t *testing.T) {
	t.Parallel()
	m := effecttest.Photo(t, "astronaut.jpg")
	left, right := eyesDrawn()
	for _, side := range []int{220, 512, 1500} {
		v := straight(m, side)
		faces := Find(v.img)
		if len(faces) != 1 {
			t.Fatalf("%d faces at %d pixels", len(faces), side)
		}
		f := faces[0]
		if d := max(f.Points[LeftPupil].far(v.there(left)), f.Points[RightPupil].far(v.there(right))); d > 0.06*f.EyeDistance() {
			t.Errorf("at %d pixels an eye is %.1f pixels off", side, d)
		}
		if !f.LeftEye.In(f.Box) || !f.RightEye.In(f.Box) || !f.Points[MouthTop].pixel().In(f.Box) {
			t.Errorf("at %d pixels the face sticks out of its box %v", side, f.Box)
		}
	}
	two := image.NewNRGBA(image.Rect(0, 0, 512, 256))
	draw.ApproxBiLinear.Scale(two, image.Rect(0, 0, 256, 256), m, m.Rect, draw.Src, nil)
	draw.ApproxBiLinear.Scale(two, image.Rect(256, 0, 512, 256), m, m.Rect, draw.Src, nil)
	if faces := Find(two); len(faces) != 2 {
		t.Errorf("%d faces in a picture of two", len(faces))
	}
	for _, empty := range []*image.NRGBA{nil, image.NewNRGBA(image.Rect(0, 0, 5, 900)), image.NewNRGBA(image.Rect(0, 0, 300, 300))} {
		if faces := Find(empty); len(faces) != 0 {
			t.Errorf("%d faces in nothing", len(faces))
		}
	}
}

func TestAFaceTiltedByThirtyDegreesIsFound(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	for _, angle := range []float64{-32, -24, 24, 32} {
		faces := Find(see(src, 400, change{angle: angle, gain: 1}, nil).img)
		if len(faces) != 1 {
			t.Errorf("%d faces at %.0f degrees", len(faces), angle)
		} else if d := faces[0].Pose.Roll - angle; d < -5 || d > 8 {
			t.Errorf("turned by %.0f degrees, the eyes by %.1f", angle, faces[0].Pose.Roll)
		}
	}
}

func TestAPartOfAPictureIsAPicture(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	part := src.SubImage(image.Rect(101, 5, 401, 255)).(*image.NRGBA)
	left, right := eyesDrawn()
	faces := Find(part)
	if len(faces) != 1 {
		t.Fatalf("%d faces", len(faces))
	}
	for i, want := range map[int]Point{LeftPupil: left, RightPupil: right} {
		if d := faces[0].Points[i].far(Point{want.X - 101, want.Y - 5}); d > 3 {
			t.Errorf("an eye is %.1f pixels off", d)
		}
	}
}

func TestTheSamePictureGivesTheSameFaces(t *testing.T) {
	t.Parallel()
	v := see(effecttest.Photo(t, "astronaut.jpg"), 300, change{angle: 7, gain: 1}, nil)
	before := bytes.Clone(v.img.Pix)
	first := Find(v.img)
	for range 3 {
		if again := Find(v.img); len(again) != 1 || again[0] != first[0] {
			t.Fatal("the faces differ")
		}
	}
	if !bytes.Equal(before, v.img.Pix) {
		t.Error("the picture changed")
	}
}

// TestTheCascadeReadsAsItsLibraryDoes compares our reader with that of the people who publish the trees.
func TestTheCascadeReadsAsItsLibraryDoes(t *testing.T) {
	t.Parallel()
	img := effecttest.Photo(t, "astronaut.jpg")
	g := shrunk(img, img.Rect, 2)
	theirs, err := pigo.NewPigo().Unpack(faceTrees)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := tree.NewCascade(faceTrees)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{40, 55, 66} {
		found := map[[2]int]float32{}
		for _, d := range theirs.RunCascade(pigo.CascadeParams{
			MinSize: size, MaxSize: size, ShiftFactor: 0.02, ScaleFactor: 2,
			ImageParams: pigo.ImageParams{Pixels: g.Pix, Rows: g.H, Cols: g.W, Dim: g.W},
		}, 0) {
			found[[2]int{d.Col, d.Row}] = d.Q
		}
		l := ours.Lens(g.W, size, 0)
		for y := l.Reach(); y < g.H-l.Reach(); y++ {
			for x := l.Reach(); x < g.W-l.Reach(); x++ {
				got := l.Score(g, x, y)
				want := found[[2]int{x, y}]
				if d := got - want; got > 0 && (d > 1e-3 || d < -1e-3) {
					t.Fatalf("size %d at %d, %d: %.3f instead of %.3f", size, x, y, got, want)
				}
				delete(found, [2]int{x, y})
			}
		}
		for at := range found {
			if at[0] > l.Reach() && at[1] > l.Reach() && at[0] < g.W-l.Reach() && at[1] < g.H-l.Reach() {
				t.Errorf("size %d: nothing at %v", size, at)
			}
		}
	}
}

func TestTheFacesOfAGroupAreFound(t *testing.T) {
	t.Parallel()
	const side = 128
	src := effecttest.Photo(t, "astronaut.jpg")
	group := image.NewNRGBA(image.Rect(0, 0, 4*side, 3*side))
	for i := range 12 {
		v := see(src, side, change{gain: 1, angle: float64(i-6) * 2, mirror: i%2 == 0}, nil)
		draw.Draw(group, v.img.Rect.Add(image.Pt(i%4*side, i/4*side)), v.img, image.Point{}, draw.Src)
	}
	if faces := Find(group); len(faces) < 11 || len(faces) > 12 {
		t.Errorf("%d of 12 faces", len(faces))
	}
	if _, err := One(group); fault.CodeOf(err) != effect.CodeFaces {
		t.Error(err)
	}
}

func TestAFaceWithOneHalfSqueezedLooksToThatSide(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	squeezed := image.NewNRGBA(src.Rect)
	for y := range 512 {
		for x := range 512 {
			from := x
			if x > 225 { // the middle of the face
				from = min(511, 225+2*(x-225))
			}
			squeezed.SetNRGBA(x, y, src.NRGBAAt(from, y))
		}
	}
	faces := Find(squeezed)
	if len(faces) != 1 || faces[0].Pose.Yaw < 15 || faces[0].Quality.Frontal > 0.75 {
		t.Errorf("%+v", faces)
	}
}
