package face

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/fault"
)

func TestThePointsMoveWithThePicture(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	here, err := One(src)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(21, 4))
	var sums [PointCount]float64
	const views = 24
	for i := range views {
		c := change{angle: 24*r.Float64() - 12, mirror: i%2 == 0, gain: 0.7 + 0.5*r.Float64(), noise: 8 * r.Float64()}
		v := see(src, []int{320, 512, 768}[i%3], c, r)
		faces := Find(v.img)
		if len(faces) != 1 {
			t.Fatalf("view %d: %d faces", i, len(faces))
		}
		for k, p := range here.Points {
			sums[k] += faces[0].Points[v.partner(k)].far(v.there(p)) / faces[0].EyeDistance() / views
		}
	}
	mean := 0.0
	for k, s := range sums {
		mean += s / PointCount
		if s > 0.06 {
			t.Errorf("%s moves by %.3f of the eye distance", PointNames()[k], s)
		}
	}
	if t.Logf("mean error %.4f of the eye distance", mean); mean > 0.02 {
		t.Errorf("mean error %.3f", mean)
	}
}

func TestThePointsAreWhereSomebodySeesThem(t *testing.T) {
	t.Parallel()
	f, err := One(effecttest.Photo(t, "astronaut.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]Point{
		LeftPupil: {203, 101.5}, RightPupil: {246.5, 103}, LeftEyeOuter: {193, 101}, LeftEyeInner: {211, 103}, RightEyeInner: {237, 104},
		RightEyeOuter: {259, 104}, LeftBrowInner: {213, 92}, RightBrowInner: {237, 93}, NoseTip: {223, 128}, NoseLeft: {213, 128},
		NoseRight: {234, 129}, MouthLeft: {203, 140}, MouthRight: {246, 140}, MouthTop: {224, 140}, MouthBottom: {224, 154},
		Chin: {226, 177}, JawLeft: {184, 140}, JawRight: {266, 143}, ForeheadTop: {225, 81},
	} {
		if d := f.Points[i].far(want) / f.EyeDistance(); d > 0.12 {
			t.Errorf("%s is at %.0f, %.2f eye distances from %v", PointNames()[i], f.Points[i], d, want)
		}
	}
}

func TestPoseFollowsTheGeometryOfAHead(t *testing.T) {
	t.Parallel()
	const deg = math.Pi / 180
	head := map[int][3]float64{ // x, y down, z towards the camera
		LeftPupil: {-0.5, 0, 0}, RightPupil: {0.5, 0, 0}, NoseTip: {0, 0.6, 0.43},
		MouthLeft: {-0.4, 1, 0.28}, MouthRight: {0.4, 1, 0.28}, MouthTop: {0, 0.9, 0.28}, MouthBottom: {0, 1.1, 0.28},
	}
	for _, want := range []Pose{{}, {Roll: 12}, {Yaw: 25}, {Yaw: -40}, {Pitch: 15}, {Pitch: -15}, {Roll: -8, Yaw: 15}} {
		var p [PointCount]Point
		for i, q := range head {
			sy, cy := math.Sincos(want.Yaw * deg)
			sp, cp := math.Sincos(want.Pitch * deg)
			sr, cr := math.Sincos(want.Roll * deg)
			x, y, z := q[0], q[1]*cp-q[2]*sp, q[1]*sp+q[2]*cp
			x = x*cy + z*sy
			p[i] = Point{100 + 60*(x*cr-y*sr), 100 + 60*(x*sr+y*cr)}
		}
		got := poseOf(p)
		if math.Abs(got.Roll-want.Roll) > 1 || math.Abs(got.Yaw-want.Yaw) > 3 || math.Abs(got.Pitch-want.Pitch) > 5 {
			t.Errorf("%+v instead of %+v", got, want)
		}
	}
	if (poseOf([PointCount]Point{}) != Pose{}) {
		t.Error("no eyes have a pose")
	}
}

func TestQualityFallsWithWhatSpoilsAPhoto(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, "astronaut.jpg")
	of := func(v view) Quality {
		faces := Find(v.img)
		if len(faces) != 1 {
			t.Fatalf("%d faces", len(faces))
		}
		q := faces[0].Quality
		for _, part := range []float64{q.Sharpness, q.Exposure, q.Size, q.Frontal, q.Overall} {
			if part < 0 || part > 1 {
				t.Errorf("%+v", q)
			}
		}
		return q
	}
	good := of(straight(src, 512))
	if good.Overall < 0.7 {
		t.Errorf("a good photo has %+v", good)
	}
	small := straight(src, 150)
	if q := of(straight(small.img, 512)); q.Sharpness > good.Sharpness-0.2 || q.Overall >= good.Overall {
		t.Errorf("blurred: %+v", q)
	}
	if q := of(small); q.Size > good.Size-0.3 || q.Overall >= good.Overall {
		t.Errorf("small: %+v", q)
	}
	if q := of(see(src, 512, change{gain: 0.22}, nil)); q.Exposure > good.Exposure-0.3 || q.Overall >= good.Overall {
		t.Errorf("dark: %+v", q)
	}
	if q := of(see(src, 512, change{gain: 1.5}, nil)); q.Exposure > good.Exposure-0.2 {
		t.Errorf("glaring: %+v", q)
	}
	if q := of(see(src, 512, change{gain: 1, angle: 25}, nil)); q.Frontal > good.Frontal-0.1 {
		t.Errorf("tilted: %+v", q)
	}
}

func TestAPhotoThatCannotBeUsedGetsAnAnswerThatHelps(t *testing.T) {
	t.Parallel()
	at := func(x, eyes, yaw float64) Face {
		f := Face{Score: 100, Pose: Pose{Yaw: yaw}}
		f.Points[LeftPupil], f.Points[RightPupil] = Point{x, 50}, Point{x + eyes, 50}
		return f
	}
	for name, c := range map[string]struct {
		faces []Face
		code  string
		says  string
	}{
		"nobody":                     {nil, effect.CodeNoFace, "from the front"},
		"two people":                 {[]Face{at(10, 60, 0), at(200, 50, 0)}, effect.CodeFaces, "one person"},
		"one small":                  {[]Face{at(10, 20, 0)}, effect.CodeSmall, "closer"},
		"one in profile":             {[]Face{at(10, 60, -45)}, effect.CodeProfile, "into the camera"},
		"one and a passer-by":        {[]Face{at(10, 20, 0), at(100, 80, 10)}, "", ""},
		"one looking aside a little": {[]Face{at(10, 60, 30)}, "", ""},
	} {
		f, err := only(c.faces)
		if fault.CodeOf(err) != c.code && (c.code != "" || err != nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && f.EyeDistance() < 60 {
			t.Errorf("%s: took the face with %.0f pixels", name, f.EyeDistance())
		}
	}
	for _, name := range []string{"coffee.jpg", "chelsea.jpg"} {
		if _, err := One(effecttest.Photo(t, name)); fault.CodeOf(err) != effect.CodeNoFace {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := One(straight(effecttest.Photo(t, "astronaut.jpg"), 200).img); fault.CodeOf(err) != effect.CodeSmall {
		t.Errorf("a thumbnail: %v", err)
	}
}

func TestTheRecordHoldsPointsAndNothingElse(t *testing.T) {
	t.Parallel()
	e := Effects()[0]
	if e.Name != "face_points" || e.Least != 1 || e.Most != 1 || len(e.Params) != 0 {
		t.Errorf("%+v", e)
	}
	src := effecttest.Photo(t, "astronaut.jpg")
	last := 0.0
	run := func(img *image.NRGBA) (effect.Result, error) {
		return e.Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{img}}, effect.Values{}, func(p float64) { last = p })
	}
	result, err := run(src)
	if err != nil || last != 1 || result.Picture != nil || result.Film != nil {
		t.Fatalf("%v, progress %v", err, last)
	}
	b, err := json.Marshal(result.Points)
	if err != nil {
		t.Fatal(err)
	}
	var r record
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || r.Format != "vow/points/1" || r.Width != 512 || r.Height != 512 || len(r.Faces) != 1 {
		t.Fatalf("%v, %+v", err, r)
	}
	f := r.Faces[0]
	names := PointNames()
	for name, p := range f.Points {
		if !slices.Contains(names, name) || p[0] < 100 || p[0] > 330 || p[1] < 10 || p[1] > 250 {
			t.Errorf("%s at %v", name, p)
		}
	}
	if len(names) != PointCount || len(f.Points) != PointCount || names[LeftPupil] != "left_pupil" || names[ForeheadTop] != "forehead_top" || names[Chin] != "chin" {
		t.Errorf("%d names, %d points", len(names), len(f.Points))
	}
	data, err := base64.StdEncoding.DecodeString(f.Hair.Mask)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil || m.Bounds() != image.Rect(0, 0, f.Hair.Width, f.Hair.Height) {
		t.Errorf("%v, %v", m, err)
	}
	if g, ok := m.(*image.Gray); !ok || g.GrayAt(230, 40).Y < 200 || g.GrayAt(225, 130).Y > 20 || g.GrayAt(50, 400).Y > 20 {
		t.Error("the mask is not the hair")
	}
	if _, err := run(effecttest.Photo(t, "coffee.jpg")); fault.CodeOf(err) != effect.CodeNoFace {
		t.Error(err)
	}
}
