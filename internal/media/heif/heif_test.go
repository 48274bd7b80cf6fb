package heif

import (
	"encoding/binary"
	"os"
	"testing"
)

func files(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, name := range []string{"turned.heic", "turned.avif", "odd.heic", "odd.avif", "deep.avif"} {
		data, err := os.ReadFile("../testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = data
	}
	return all
}

func TestTheHeaderIsReadWithoutADecoder(t *testing.T) {
	t.Parallel()
	all := files(t)
	for name, want := range map[string]struct {
		w, h, turns int
		avif        bool
		metadata    int
	}{
		"turned.heic": {256, 256, 3, false, 2}, "turned.avif": {256, 256, 3, true, 2}, "odd.heic": {301, 199, 0, false, 0},
		"odd.avif": {301, 199, 0, true, 0}, "deep.avif": {256, 256, 0, true, 0},
	} {
		got, err := Parse(all[name])
		if err != nil || got.Width != want.w || got.Height != want.h || got.Turns != want.turns || got.AVIF != want.avif || len(got.Metadata) != want.metadata {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func box(name string, parts ...string) string {
	body := ""
	for _, p := range parts {
		body += p
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + name + body
}

func ispe(w, h uint32) string {
	return box("ispe", "\x00\x00\x00\x00", string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)))
}

func file(properties, uses string) string {
	return box("ftyp", "heic\x00\x00\x00\x00") + box("meta", "\x00\x00\x00\x00", box("pitm", "\x00\x00\x00\x00\x00\x01"), box("iprp", box("ipco", properties), box("ipma", uses)))
}

func TestHeadersThatLieAreRefused(t *testing.T) {
	t.Parallel()
	one := "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x01\x01"
	if got, err := Parse([]byte(file(ispe(30, 20), one))); err != nil || got.Width != 30 || got.Height != 20 {
		t.Errorf("a good one: %+v %v", got, err)
	}
	deep := ""
	for range 50 {
		deep = box("iprp", deep)
	}
	for name, f := range map[string]string{
		"no size": file("", one), "no width": file(ispe(0, 9), one), "a tile that is larger": file(ispe(30, 20)+ispe(60000, 60000), one),
		"half a size": file(box("ispe", "1234"), one), "another picture's size": file(ispe(30, 20), "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x02\x01\x01"),
		"four billion uses": file(ispe(30, 20), "\x00\x00\x00\x00\xff\xff\xff\xff"), "nothing": "", "boxes in boxes": box("meta", "\x00\x00\x00\x00", deep),
		"a box that is too long": "\xff\xff\xff\xffmeta", "a turn of nothing": file(ispe(30, 20)+box("irot"), "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x02\x01\x02"),
	} {
		if got, err := Parse([]byte(f)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, data := range files(f) {
		f.Add(data[:min(len(data), 2000)])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if found, err := Parse(data); err == nil && (found.Width < 1 || found.Height < 1) {
			t.Errorf("%+v", found)
		}
	})
}
