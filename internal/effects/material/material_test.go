package material_test

import (
	"bytes"
	"encoding/json"
	"image"
	"io/fs"
	"path"
	"slices"
	"testing"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/material"
)

const credits = "Drawn for Vow; free to use with the project under its licence"

func kinds() map[material.Kind]struct {
	folder string
	least  int
	files  []string
} {
	return map[material.Kind]struct {
		folder string
		least  int
		files  []string
	}{
		material.Template: {folder: "templates", least: 8, files: []string{"mask.png", "picture.jpg", "template.json"}},
		material.Hair:     {folder: "hair", least: 6, files: []string{"hair.json", "hair.png"}},
		material.Frame:    {folder: "frames", least: 6, files: []string{"frame.json", "frame.png"}},
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := fs.ReadFile(material.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func picture(t *testing.T, name string) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(read(t, name)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

// strict reads a record that may hold nothing else than the members of v.
func strict(t *testing.T, name string, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(read(t, name)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if d.More() {
		t.Errorf("%s: more than one record", name)
	}
}

func TestEveryFolderIsCompleteAndListed(t *testing.T) {
	t.Parallel()
	for kind, want := range kinds() {
		folders, err := fs.ReadDir(material.FS(), want.folder)
		if err != nil {
			t.Fatal(err)
		}
		var ids, listed []string
		for _, f := range folders {
			ids = append(ids, f.Name())
			files, err := fs.ReadDir(material.FS(), path.Join(want.folder, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, n := range files {
				names = append(names, n.Name())
			}
			if !slices.Equal(names, want.files) {
				t.Errorf("%s/%s holds %v, want %v", want.folder, f.Name(), names, want.files)
			}
		}
		for _, item := range material.List(kind) {
			listed = append(listed, item.ID)
		}
		if !slices.Equal(ids, listed) {
			t.Errorf("%s: listed %v, there are %v", kind, listed, ids)
		}
		if len(listed) < want.least {
			t.Errorf("%s: %d of them, want at least %d", kind, len(listed), want.least)
		}
	}
}

func TestTheListIsSortedAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	for kind := range kinds() {
		first, again := material.List(kind), material.List(kind)
		for i, name := range material.Names(kind) {
			if len(material.Names(kind)) != len(first) || name != first[i].ID {
				t.Errorf("%s: the names differ from the list at %s", kind, name)
			}
		}
		order := func(a, b material.Item) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) }
		if !slices.IsSortedFunc(first, order) {
			t.Errorf("%s: not in the order of the identifiers", kind)
		}
		if !slices.EqualFunc(first, again, func(a, b material.Item) bool { return a.ID == b.ID }) {
			t.Errorf("%s: the order changes", kind)
		}
	}
	if got := material.List("shoes"); got != nil || material.Names("shoes") != nil {
		t.Errorf("an unknown kind lists %v", got)
	}
}

func TestEveryThingHasItsTitleInBothLanguages(t *testing.T) {
	t.Parallel()
	for kind := range kinds() {
		seen := map[string]bool{}
		for _, item := range material.List(kind) {
			if item.Kind != kind || item.Credits != credits {
				t.Errorf("%s %s: kind %q, credits %q", kind, item.ID, item.Kind, item.Credits)
			}
			for _, language := range []string{"en", "zh-Hans"} {
				title := item.Title[language]
				if title == "" || seen[title] {
					t.Errorf("%s %s: title in %s is %q, empty or used twice", kind, item.ID, language, title)
				}
				seen[title] = true
			}
		}
	}
}

func TestAChangedTitleDoesNotReachTheNextCaller(t *testing.T) {
	t.Parallel()
	material.List(material.Frame)[0].Title["en"] = "mine"
	if material.List(material.Frame)[0].Title["en"] == "mine" {
		t.Error("callers share the titles")
	}
}

func TestThePicturesAreSmallEnoughToShip(t *testing.T) {
	t.Parallel()
	most := map[string]int{"picture.jpg": 300 << 10, "mask.png": 60 << 10, "hair.png": 200 << 10, "frame.png": 150 << 10}
	total := 0
	err := fs.WalkDir(material.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		size := len(read(t, name))
		total += size
		if limit, ok := most[path.Base(name)]; ok && size > limit {
			t.Errorf("%s: %d bytes, at most %d", name, size, limit)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > 5<<20 {
		t.Errorf("all things take %d bytes, at most 5 MB", total)
	}
}

// at is a place in a record: x, y.
type at [2]float64

type templateRecord struct {
	Format    string            `json:"format"`
	Title     map[string]string `json:"title"`
	Credits   string            `json:"credits"`
	Landmarks map[string]at     `json:"landmarks"`
	Yaw       float64           `json:"face_yaw"`
}

func TestTheLandmarksOfATemplateAreThoseOfAFace(t *testing.T) {
	t.Parallel()
	for _, item := range material.List(material.Template) {
		var r templateRecord
		strict(t, path.Join("templates", item.ID, "template.json"), &r)
		if item.Width != 900 || item.Height != 1200 {
			t.Errorf("%s: %d by %d pixels", item.ID, item.Width, item.Height)
		}
		if len(r.Landmarks) != face.PointCount {
			t.Errorf("%s: %d landmarks, want %d", item.ID, len(r.Landmarks), face.PointCount)
		}
		for _, name := range face.PointNames() {
			p, ok := r.Landmarks[name]
			if !ok || p[0] < 0 || p[1] < 0 || p[0] > 899 || p[1] > 1199 {
				t.Errorf("%s: %s is at %v", item.ID, name, p)
			}
		}
		l := r.Landmarks
		eyes := l["right_pupil"][0] - l["left_pupil"][0]
		for _, c := range []struct {
			what        string
			got, lo, hi float64
		}{
			{"distance of the eyes", eyes, 110, 200},
			{"eyes to mouth", (l["mouth_left"][1] - l["left_pupil"][1]) / eyes, 0.95, 1.15},
			{"eyes to chin", (l["chin"][1] - l["left_pupil"][1]) / eyes, 1.7, 1.9},
			{"width of the jaw", (l["jaw_right"][0] - l["jaw_left"][0]) / eyes, 1.6, 2.2},
		} {
			if c.got < c.lo || c.got > c.hi {
				t.Errorf("%s: %s is %.2f, want %.2f to %.2f", item.ID, c.what, c.got, c.lo, c.hi)
			}
		}
	}
}

func TestAMaskShowsThePhotoAtEyesNoseAndMouth(t *testing.T) {
	t.Parallel()
	for _, item := range material.List(material.Template) {
		var r templateRecord
		strict(t, path.Join("templates", item.ID, "template.json"), &r)
		mask, ok := picture(t, path.Join("templates", item.ID, "mask.png")).(*image.Gray)
		if !ok || mask.Rect != image.Rect(0, 0, item.Width, item.Height) {
			t.Errorf("%s: the mask is no gray picture of the same size", item.ID)
			continue
		}
		for _, name := range []string{"left_pupil", "right_pupil", "left_eye_inner", "right_eye_inner", "left_eye_outer",
			"right_eye_outer", "nose_tip", "nose_left", "nose_right", "mouth_left", "mouth_right", "mouth_top", "mouth_bottom"} {
			p := r.Landmarks[name]
			if v := mask.GrayAt(int(p[0]), int(p[1])).Y; v < 200 {
				t.Errorf("%s: the mask is %d at %s", item.ID, v, name)
			}
		}
		soft := 0
		for _, v := range mask.Pix {
			if v > 30 && v < 225 {
				soft++
			}
		}
		if soft < 5000 {
			t.Errorf("%s: the edge of the mask is hard, %d soft pixels", item.ID, soft)
		}
		for x := range item.Width {
			if mask.GrayAt(x, 0).Y != 0 || mask.GrayAt(x, item.Height-1).Y != 0 {
				t.Fatalf("%s: the mask reaches the edge of the picture", item.ID)
			}
		}
	}
}

func TestHairLeavesTheFaceFree(t *testing.T) {
	t.Parallel()
	for _, item := range material.List(material.Hair) {
		var r struct {
			Format  string            `json:"format"`
			Title   map[string]string `json:"title"`
			Credits string            `json:"credits"`
			Anchors map[string]at     `json:"anchors"`
		}
		strict(t, path.Join("hair", item.ID, "hair.json"), &r)
		m := picture(t, path.Join("hair", item.ID, "hair.png"))
		a := r.Anchors
		if len(a) != 4 || a["left_pupil"][0] >= a["right_pupil"][0] || a["forehead_top"][1] >= a["left_pupil"][1] || a["chin"][1] <= a["left_pupil"][1] {
			t.Errorf("%s: the anchors are %v", item.ID, a)
		}
		for _, p := range []at{a["left_pupil"], a["right_pupil"], {(a["left_pupil"][0] + a["right_pupil"][0]) / 2, (a["left_pupil"][1] + a["chin"][1]) / 2}} {
			if _, _, _, alpha := m.At(int(p[0]), int(p[1])).RGBA(); alpha != 0 {
				t.Errorf("%s: hair over the face at %v", item.ID, p)
			}
		}
		above := at{a["forehead_top"][0], a["forehead_top"][1] - 60}
		if _, _, _, alpha := m.At(int(above[0]), int(above[1])).RGBA(); alpha < 0xf000 {
			t.Errorf("%s: no hair above the forehead", item.ID)
		}
	}
}

func TestAFrameIsOpenInTheMiddleAndClosedAround(t *testing.T) {
	t.Parallel()
	for _, item := range material.List(material.Frame) {
		var r struct {
			Format  string            `json:"format"`
			Title   map[string]string `json:"title"`
			Credits string            `json:"credits"`
			Slices  [4]int            `json:"slices"`
		}
		strict(t, path.Join("frames", item.ID, "frame.json"), &r)
		m := picture(t, path.Join("frames", item.ID, "frame.png"))
		s := r.Slices
		if slices.Min(s[:]) < 1 || s[0]+s[2] >= item.Width || s[1]+s[3] >= item.Height {
			t.Fatalf("%s: slices %v of %d by %d", item.ID, s, item.Width, item.Height)
		}
		for y := s[1]; y < item.Height-s[3]; y += 3 {
			for x := s[0]; x < item.Width-s[2]; x += 3 {
				if _, _, _, alpha := m.At(x, y).RGBA(); alpha != 0 {
					t.Fatalf("%s: something is drawn in the middle, at %d,%d", item.ID, x, y)
				}
			}
		}
		for x := range item.Width {
			if _, _, _, alpha := m.At(x, 2).RGBA(); alpha != 0xffff {
				t.Fatalf("%s: a hole in the border at %d,2", item.ID, x)
			}
		}
	}
}
