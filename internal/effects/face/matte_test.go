package face

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"testing"

	"vow.example/vow/internal/effects/effecttest"
)

// What a person drew around hair and figure of the astronaut. Her helmet counts neither way.
func hairDrawn() []Point {
	return []Point{
		{171, 119}, {165, 110}, {158, 102}, {155, 92}, {153, 80}, {153, 68}, {156, 58}, {165, 48}, {178, 41}, {188, 39},
		{191, 34}, {200, 27}, {212, 21}, {222, 17}, {232, 15}, {245, 17}, {258, 21}, {270, 28}, {280, 34}, {288, 40},
		{293, 50}, {298, 62}, {300, 75}, {301, 85}, {299, 97}, {294, 108}, {286, 118}, {278, 126}, {270, 130}, {272, 122},
		{272, 110}, {269, 98}, {268, 90}, {258, 86}, {250, 82}, {240, 80}, {225, 80}, {210, 80}, {198, 79}, {192, 76},
		{186, 80}, {183, 90}, {181, 100}, {179, 112}, {177, 118},
	}
}

func personDrawn() []Point {
	return append(hairDrawn()[:28:28], []Point{
		{283, 125}, {275, 136}, {268, 137}, {265, 145}, {258, 160}, {256, 174}, {270, 180}, {285, 192}, {298, 208},
		{303, 220}, {306, 236}, {325, 250}, {340, 265}, {350, 285}, {357, 310}, {362, 345}, {362, 350}, {330, 362},
		{305, 385}, {290, 410}, {278, 450}, {278, 480}, {278, 512}, {38, 512}, {33, 500}, {25, 470}, {22, 440}, {20, 400},
		{24, 360}, {30, 330}, {38, 305}, {45, 285}, {55, 265}, {66, 247}, {80, 233}, {98, 220}, {115, 210}, {113, 200},
		{113, 190}, {120, 186}, {126, 178}, {135, 164}, {150, 154}, {165, 149}, {180, 148}, {186, 150}, {184, 140},
		{181, 131}, {176, 128}, {171, 119},
	}...)
}

func helmetDrawn() []Point {
	return []Point{
		{278, 512}, {278, 480}, {278, 450}, {290, 410}, {305, 385}, {330, 362}, {362, 350}, {400, 343}, {440, 352},
		{475, 380}, {495, 430}, {512, 455}, {512, 512},
	}
}

func inside(shape []Point, x, y float64) bool {
	in := false
	for i, a := range shape {
		b := shape[(i+1)%len(shape)]
		if (a.Y > y) != (b.Y > y) && x < a.X+(y-a.Y)/(b.Y-a.Y)*(b.X-a.X) {
			in = !in
		}
	}
	return in
}

// union is the part of the union of mask and shape that both cover. v takes the shape into the picture.
func union(mask *image.Alpha, v view, shape, neither []Point) float64 {
	both, any := 0.0, 0.0
	k := float64(v.img.Rect.Dx()) / float64(mask.Rect.Dx())
	for y := range mask.Rect.Dy() {
		for x := range mask.Rect.Dx() {
			p := v.back(Point{(float64(x) + 0.5) * k, (float64(y) + 0.5) * k})
			if inside(neither, p.X, p.Y) || p.X < 0 || p.Y < 0 || p.X > 512 || p.Y > 512 {
				continue
			}
			m := float64(mask.AlphaAt(x, y).A) / 255
			if inside(shape, p.X, p.Y) {
				both += m
				any++
			} else {
				any += m
			}
		}
	}
	return both / any
}

func TestHairAndPersonAreWhereSomebodyDrewThem(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	r := rand.New(rand.NewPCG(7, 7))
	views := []view{straight(src, 512), see(src, 300, change{angle: 12, mirror: true, gain: 1}, r), see(src, 640, change{angle: -10, gain: 0.75, noise: 8}, r)}
	for i, v := range views {
		f, err := One(v.img)
		if err != nil {
			t.Fatal(err)
		}
		hair, err := Hair(t.Context(), v.img, f)
		if err != nil {
			t.Fatal(err)
		}
		person, err := Person(t.Context(), v.img, f)
		if err != nil {
			t.Fatal(err)
		}
		least := 0.8
		if got := union(hair, v, hairDrawn(), nil); got < least {
			t.Errorf("view %d: hair agrees to %.3f", i, got)
		} else {
			t.Logf("view %d: hair %.3f", i, got)
		}
		if got := union(person, v, personDrawn(), helmetDrawn()); got < 0.9 {
			t.Errorf("view %d: the person agrees to %.3f", i, got)
		} else {
			t.Logf("view %d: person %.3f", i, got)
		}
	}
}

func TestAMaskHasTheProportionsOfThePictureAndStops(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	big := straight(src, 900)
	part := big.img.SubImage(image.Rect(100, 0, 800, 450)).(*image.NRGBA)
	f, err := One(part)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Person(t.Context(), part, f)
	if err != nil || m.Rect != image.Rect(0, 0, 512, 329) {
		t.Errorf("%v, %v", m.Rect, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Hair(ctx, part, f); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
