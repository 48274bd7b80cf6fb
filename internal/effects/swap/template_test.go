package swap

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/material"
)

func TestATemplateIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := drawn()
	got, err := Open(folder(t, want), "drawn")
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "drawn" || got.Points != want.Points || got.Title["en"] != "Drawn" || got.Credits != "the tests" {
		t.Errorf("read %+v", got)
	}
	if got.Picture.Rect != want.Picture.Rect || !bytes.Equal(got.Mask.Pix, want.Mask.Pix) {
		t.Error("the pictures differ")
	}
}

func TestEveryBuiltInTemplateKeepsTheRules(t *testing.T) {
	t.Parallel()
	for _, m := range material.List(material.Template) {
		findings, err := Check(material.FS(), "templates/"+m.ID)
		if err != nil || len(findings) > 0 {
			t.Errorf("%s: %q, %v", m.ID, findings, err)
		}
	}
}

func TestATemplateThatIsNotThereIsAnUnknownParameter(t *testing.T) {
	t.Parallel()
	fsys := folder(t, drawn())
	for _, id := range []string{"", ".", "..", "other", "../drawn", "drawn/", "drawn/mask.png", "Drawn", strings.Repeat("a", 99)} {
		_, err := Open(fsys, id)
		wantCode(t, err, effect.CodeParameter)
	}
	_, err := Open(nil, "drawn")
	wantCode(t, err, effect.CodeParameter)
	if _, err := Check(fsys, "templates/other"); err == nil {
		t.Error("a folder that is not there was checked")
	}
	if _, err := Check(fsys, "templates/drawn/mask.png"); err == nil {
		t.Error("a file was checked as a folder")
	}
}

// breakage changes the files of a good template; the findings must name file, field and rule.
type breakage struct {
	name  string
	spoil func(t *testing.T, f fstest.MapFS)
	want  string
}

const home = "templates/drawn/"

// text replaces a part of template.json.
func text(old, replacement string) func(*testing.T, fstest.MapFS) {
	return func(t *testing.T, f fstest.MapFS) {
		t.Helper()
		b := string(f[home+recordFile].Data)
		if !strings.Contains(b, old) {
			t.Fatalf("template.json has no %s: %s", old, b)
		}
		f[home+recordFile].Data = []byte(strings.Replace(b, old, replacement, 1))
	}
}

// point gives a landmark another place, or takes it away.
func point(name string, place ...float64) func(*testing.T, fstest.MapFS) {
	return func(t *testing.T, f fstest.MapFS) {
		t.Helper()
		var rec record
		if err := json.Unmarshal(f[home+recordFile].Data, &rec); err != nil {
			t.Fatal(err)
		}
		if rec.Landmarks[name] = place; place == nil {
			delete(rec.Landmarks, name)
		}
		b, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		f[home+recordFile].Data = b
	}
}

// put writes a file as it is; without bytes it takes it away.
func put(name string, b []byte) func(*testing.T, fstest.MapFS) {
	return func(_ *testing.T, f fstest.MapFS) {
		if b == nil {
			delete(f, home+name)
			return
		}
		f[home+name] = &fstest.MapFile{Data: b}
	}
}

// coded is a picture as PNG.
func coded(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return nil
	}
	return b.Bytes()
}

// claimed is the beginning of a gray PNG that says it has that size.
func claimed(w, h uint32) []byte {
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 0, 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(b, head...), crc32.ChecksumIEEE(head))
}

func gray(w, h int, in image.Rectangle) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(m, in, image.NewUniform(color.Gray{255}), image.Point{}, draw.Src)
	return m
}

func breakages() []breakage {
	return []breakage{
		{"no record", put(recordFile, nil), "template.json: file: is missing"},
		{"no picture", put("picture.jpg", nil), "picture.jpg: file: is missing"},
		{"no mask", put(maskFile, nil), "mask.png: file: is missing"},
		{"mask is a pipe", func(_ *testing.T, f fstest.MapFS) { f[home+maskFile] = &fstest.MapFile{Mode: fs.ModeNamedPipe} }, "mask.png: file: must be a plain file"},
		{"empty record", put(recordFile, []byte{}), "template.json: file: "},
		{"no JSON", put(recordFile, []byte("landmarks: []")), "template.json: file: invalid character"},
		{"long record", put(recordFile, bytes.Repeat([]byte(" "), recordBytes+1)), "template.json: file: must be at most 65536 bytes"},
		{"unknown member", text(`"format"`, `"colour":1,"format"`), `template.json: file: unknown field "colour"`},
		{"a member twice", text(`"credits"`, `"credits":"x","credits"`), `template.json: file: the member "credits" is there twice`},
		{"a landmark twice", text(`"chin":[`, `"chin":[1,2],"chin":[`), `template.json: file: the member "chin" is there twice`},
		{"a member in capitals too", text(`"credits"`, `"Credits":"x","credits"`), `template.json: file: the member "credits" is there twice`},
		{"something behind", func(_ *testing.T, f fstest.MapFS) { f[home+recordFile].Data = append(f[home+recordFile].Data, '1') }, "template.json: file: something stands behind"},
		{"wrong format", text(format, "vow/template/9"), `template.json: format: must be "vow/template/1"`},
		{"no English title", text(`"en"`, `"de"`), "template.json: title.en: is missing"},
		{"long title", text("Drawn", strings.Repeat("D", 81)), "template.json: title: must have from 1 to 80"},
		{"no credits", text("the tests", ""), "template.json: credits: must say in 1 to 500"},
		{"title of another type", text(`"Drawn"`, `7`), "template.json: title: "},
		{"landmark of another type", text(`"chin":[`, `"chin":["a",`), "template.json: landmarks: "},
		{"yaw of another type", text(`"face_yaw":0`, `"face_yaw":"left"`), "template.json: face_yaw: "},
		{"far yaw", text(`"face_yaw":0`, `"face_yaw":80`), "template.json: face_yaw: must be from -35 to 35 degrees"},
		{"missing landmark", point("chin"), "template.json: landmarks.chin: is missing"},
		{"half a landmark", point("chin", 4), "template.json: landmarks.chin: must be two numbers"},
		{"unknown landmark", point("third_eye", 4, 4), `template.json: landmarks: must have the points of a face only, and "third_eye" is none`},
		{"landmark outside", point("jaw_left", -1, 200), "template.json: landmarks.jaw_left: must lie in the picture of 300 by 400"},
		{"landmark far outside", point("jaw_right", 1e300, 200), "template.json: landmarks.jaw_right: must lie in the picture"},
		{"mirrored eyes", point("left_pupil", 280, 190), "template.json: landmarks.left_pupil: must lie to the left of right_pupil"},
		{"mouth on the brow", point("mouth_top", 150, 10), "template.json: landmarks.nose_tip: must lie above mouth_top"},
		{"eyes too near", point("left_pupil", 180, 190), "template.json: landmarks.left_pupil: must be at least 24 pixels from right_pupil"},
		{"picture is no picture", put("picture.jpg", []byte("hello")), "picture.jpg: file: is damaged or of another kind"},
		{"picture is a PNG", put("picture.jpg", coded(gray(300, 400, image.Rectangle{}))), "picture.jpg: file: is damaged or of another kind"},
		{"small picture", func(_ *testing.T, f fstest.MapFS) {
			delete(f, home+"picture.jpg")
			f[home+"picture.png"] = &fstest.MapFile{Data: coded(gray(20, 20, image.Rectangle{}))}
		}, "picture.png: size: must be from 128"},
		{"large file", put("picture.jpg", make([]byte, fileBytes+1)), "picture.jpg: file: must be at most"},
		{"mask of another size", put(maskFile, coded(gray(301, 400, image.Rect(100, 150, 200, 300)))), "mask.png: size: must be that of the picture, 300 by 400"},
		{"empty mask", put(maskFile, coded(gray(300, 400, image.Rectangle{}))), "mask.png: content: must not be empty"},
		{"mask beside the face", put(maskFile, coded(gray(300, 400, image.Rect(100, 10, 200, 80)))), "mask.png: content: must be 255 on at least half of the face"},
		{"mask in colour", put(maskFile, coded(image.NewNRGBA(image.Rect(0, 0, 300, 400)))), "mask.png: colours: must be gray with 8 bits"},
		{"mask is no PNG", put(maskFile, []byte("GIF89a")), "mask.png: file: is damaged or no PNG"},
		{"mask is a bomb", put(maskFile, claimed(60000, 60000)), "mask.png: size: must be from 128"},
		{"mask is long and thin", put(maskFile, claimed(8193, 130)), "mask.png: size: must be from 128"},
		{"mask is cut off", put(maskFile, coded(gray(300, 400, image.Rect(100, 150, 200, 300)))[:80]), "mask.png: file: is damaged"},
	}
}

func TestABrokenTemplateIsRefusedWithFileFieldAndRule(t *testing.T) {
	t.Parallel()
	for _, b := range breakages() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			f := folder(t, drawn())
			b.spoil(t, f)
			findings, err := Check(f, "templates/drawn")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains("\n"+strings.Join(findings, "\n"), "\n"+b.want) {
				t.Errorf("findings %q, want one that begins with %q", findings, b.want)
			}
			if _, err := Open(f, "drawn"); err == nil {
				t.Error("it was opened")
			} else {
				wantCode(t, err, CodeTemplate)
			}
			if _, err := Load(f, "templates/drawn"); err == nil {
				t.Error("it was loaded")
			}
		})
	}
}

func TestAMaskFarFromTheFaceIsFound(t *testing.T) {
	t.Parallel()
	tpl := drawn()
	tpl.Picture = image.NewNRGBA(image.Rect(0, 0, 900, 900))
	tpl.Mask = gray(900, 900, image.Rect(0, 0, 900, 900)) // inverted by mistake, perhaps
	findings, err := Check(folder(t, tpl), "templates/drawn")
	if err != nil || len(findings) != 1 || !strings.Contains(findings[0], "must be 0 farther than") {
		t.Errorf("findings %q, %v", findings, err)
	}
}

func TestSeveralThingsThatAreWrongAreAllFound(t *testing.T) {
	t.Parallel()
	f := folder(t, drawn())
	for _, spoil := range []func(*testing.T, fstest.MapFS){text("the tests", ""), point("chin"), put(maskFile, nil), put("picture.jpg", []byte("x"))} {
		spoil(t, f)
	}
	findings, err := Check(f, "templates/drawn")
	if err != nil || len(findings) != 4 {
		t.Errorf("findings %q, %v", findings, err)
	}
}

// stubborn refuses to open one file.
type stubborn struct{ fstest.MapFS }

func (s stubborn) Open(name string) (fs.File, error) {
	if path.Base(name) == maskFile {
		return nil, fs.ErrPermission
	}
	return s.MapFS.Open(name)
}

func TestAFileThatCannotBeOpenedIsAFinding(t *testing.T) {
	t.Parallel()
	findings, err := Check(stubborn{folder(t, drawn())}, "templates/drawn")
	if err != nil || len(findings) != 1 || findings[0] != "mask.png: file: cannot be opened" {
		t.Errorf("findings %q, %v", findings, err)
	}
}

func TestAPreviewShowsMaskAndLandmarks(t *testing.T) {
	t.Parallel()
	tpl := drawn()
	got := Preview(tpl)
	if got.Rect != tpl.Picture.Rect {
		t.Fatalf("the preview has the size %v", got.Rect)
	}
	for i, p := range tpl.Points {
		if c := got.NRGBAAt(int(p.X+0.5), int(p.Y+0.5)); c.R < 200 || c.G > 80 {
			t.Errorf("there is no mark at %s: %v", face.PointNames()[i], c)
		}
	}
	inside, outside := got.NRGBAAt(150, 160), got.NRGBAAt(5, 5)
	if before := tpl.Picture.NRGBAAt(150, 160); inside == before || outside != tpl.Picture.NRGBAAt(5, 5) {
		t.Errorf("inside %v, before %v, outside %v", inside, before, outside)
	}
}

// FuzzRecord looks for a template.json that panics, costs much, or is taken although it breaks a rule.
func FuzzRecord(f *testing.F) {
	tpl := drawn()
	f.Add(folder(f, tpl)[home+recordFile].Data)
	f.Add([]byte(`{"format":"vow/template/1","landmarks":{"chin":[1e999,0]}}`))
	f.Add([]byte(`{"landmarks":{"chin":null,"":[]}}`))
	f.Add([]byte(`[[[[[[[[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &reader{fsys: fstest.MapFS{recordFile: {Data: b}}, dir: "."}
		got, ok := r.record()
		got.Picture, got.Mask = tpl.Picture, tpl.Mask
		if ok {
			r.places(got)
		}
		r.fit(got, ok)
		if len(r.findings) > 100 {
			t.Errorf("%d findings", len(r.findings))
		}
		if len(r.findings) > 0 {
			return
		}
		for i, p := range got.Points {
			if !image.Pt(int(p.X), int(p.Y)).In(got.Picture.Rect) {
				t.Errorf("point %d lies outside", i)
			}
		}
		if s := fmt.Sprint(fitSpline(got.Points, got.Points, got.maskBox()).at(got.Points[0])); strings.Contains(s, "NaN") {
			t.Errorf("the spline is %s", s)
		}
	})
}
