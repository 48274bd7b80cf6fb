package head

import (
	"image"
	"math"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/fault"
)

func of(left, right image.Point) Head {
	d := int(math.Hypot(float64(right.X-left.X), float64(right.Y-left.Y)))
	return Of(face.Face{Box: image.Rect(0, 0, 2*d, 2*d), LeftEye: left, RightEye: right})
}

func TestPlacesTurnAndScaleWithTheHead(t *testing.T) {
	t.Parallel()
	for _, h := range []Head{
		of(image.Pt(100, 100), image.Pt(140, 100)), of(image.Pt(100, 100), image.Pt(180, 130)), of(image.Pt(300, 90), image.Pt(330, 80)),
	} {
		for _, at := range [][2]float64{{0, 0}, {-0.5, 0}, {0.5, 0}, {1.2, -1}, {0, 1.8}} {
			p := h.At(at[0], at[1])
			u, v := h.In(p.X, p.Y)
			if math.Hypot(u-at[0], v-at[1]) > 1e-9 {
				t.Errorf("%v came back as %.2f, %.2f", at, u, v)
			}
		}
		left := h.At(-0.5, 0)
		if math.Hypot(left.X-float64(h.Face.LeftEye.X), left.Y-float64(h.Face.LeftEye.Y)) > 0.5 {
			t.Errorf("the left pupil is at %v", left)
		}
		if u, v := h.Point(face.Chin); math.Abs(u) > 0.01 || v < 1.3 || v > 2.3 {
			t.Errorf("the chin is at %.2f, %.2f", u, v)
		}
	}
}

func TestAHeadWithoutSizeDoesNotBreakAnything(t *testing.T) {
	t.Parallel()
	h := Of(face.Face{})
	if h.Span < 1 || math.IsNaN(h.At(1, 1).X) {
		t.Errorf("a span of %.1f", h.Span)
	}
	if u, v := h.In(3, 4); math.IsNaN(u) || math.IsNaN(v) {
		t.Error("no place")
	}
}

func TestTheAreaOfAHeadStaysInThePicture(t *testing.T) {
	t.Parallel()
	h := of(image.Pt(100, 100), image.Pt(140, 100))
	size := image.Pt(150, 120)
	if r := h.Area(size, [4]float64{-1, -1, 1, 1}); r != image.Rect(80, 60, 150, 120) {
		t.Errorf("%v", r)
	}
	if r := h.Area(image.Pt(20, 20), [4]float64{-1, -1, 1, 1}); !r.Empty() {
		t.Errorf("%v of a picture without the head", r)
	}
}

func TestNobodyIsAFaultThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := All(image.NewNRGBA(image.Rect(0, 0, 60, 60)))
	if fault.CodeOf(err) != effect.CodeNoFace || fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}
