package media

import (
	"bytes"
	"context"
	"image"
	"strings"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/sim/film"
)

// clip is a small MP4 with a note about where it was made.
func clip(t *testing.T) []byte {
	t.Helper()
	raw, err := film.MP4(t.Context(), film.Pan(corners(), 1, 4, 64, 48), 4)
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, "\x00\x00\x00\x1cskipTaken at 52.5 N 13.4"...)
}

func TestAVideoKeepsItsFramesAndSaysThatItWasMade(t *testing.T) {
	t.Parallel()
	source := clip(t)
	var out bytes.Buffer
	info, err := MarkVideo(t.Context(), &out, bytes.NewReader(source), Label{Visible: true, Digital: true})
	if err != nil {
		t.Fatal(err)
	}
	if info.MediaType != MP4 || info.Width != 64 || info.Height != 48 || info.Bytes != int64(out.Len()) {
		t.Errorf("%+v for %d bytes", info, out.Len())
	}
	if strings.Contains(out.String(), "Taken at") {
		t.Error("the place is still there")
	}
	if got, err := ReadLabel(bytes.NewReader(out.Bytes())); err != nil || got != SourceTrained {
		t.Errorf("labelled %q, %v", got, err)
	}
	f, err := mp4.DecodeFile(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatalf("players cannot read it: %v", err)
	}
	before, err := mp4.DecodeFile(bytes.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.Mdat.Data, before.Mdat.Data) || f.Moov.Trak.Mdia.Minf.Stbl.Stco.ChunkOffset[0] != before.Moov.Trak.Mdia.Minf.Stbl.Stco.ChunkOffset[0] {
		t.Error("the frames have changed or moved")
	}
}

func TestAVideoWithoutALabelIsOnlyCleaned(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if _, err := MarkVideo(t.Context(), &out, bytes.NewReader(clip(t)), Label{}); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadLabel(&out); err != nil || got != "" {
		t.Errorf("labelled %q, %v", got, err)
	}
}

func TestWhatIsNoWholeVideoIsRefused(t *testing.T) {
	t.Parallel()
	whole := clip(t)
	end := bytes.Index(whole, []byte("skipTaken")) - 4
	last := bytes.LastIndex(whole[:end], []byte("mdat"))
	unbounded := bytes.Clone(whole[:end])
	copy(unbounded[last-4:], []byte{0, 0, 0, 0})
	var picture bytes.Buffer
	if err := Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 8, 8)), PNG, Label{}); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"half of it": whole[:len(whole)/2], "a picture": picture.Bytes(), "nothing": nil, "words": []byte("<html>no video</html>"),
		"a part without an end": unbounded,
	} {
		if _, err := MarkVideo(t.Context(), &bytes.Buffer{}, bytes.NewReader(raw), Label{Digital: true}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := MarkVideo(ctx, &bytes.Buffer{}, bytes.NewReader(whole), Label{}); err == nil {
		t.Error("a cancelled context does not end the work")
	}
}
