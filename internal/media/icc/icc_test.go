package icc

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

func s15(v float64) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(int32(math.Round(v*65536))))
}

func xyz(x, y, z float64) []byte {
	return bytes.Join([][]byte{[]byte("XYZ \x00\x00\x00\x00"), s15(x), s15(y), s15(z)}, nil)
}

func para(kind byte, values ...float64) []byte {
	b := []byte{'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, kind, 0, 0}
	for _, v := range values {
		b = append(b, s15(v)...)
	}
	return b
}

func srgbCurve() []byte { return para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045) }

func profileOf(space string, primaries [3][]byte, curve []byte) []byte {
	head := make([]byte, 128)
	copy(head[16:], space+"XYZ ")
	head = binary.BigEndian.AppendUint32(head, 6)
	at := 132 + 6*12
	var body []byte
	for i, name := range []string{"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"} {
		data := curve
		if i < 3 {
			data = primaries[i]
		}
		head = append(head, name...)
		head = binary.BigEndian.AppendUint32(head, uint32(at+len(body)))
		head = binary.BigEndian.AppendUint32(head, uint32(len(data)))
		body = append(body, data...)
	}
	return append(head, body...)
}

func p3() [3][]byte {
	return [3][]byte{xyz(0.51512, 0.2412, -0.00105), xyz(0.29198, 0.69225, 0.04189), xyz(0.1571, 0.06657, 0.78407)}
}

func srgb() [3][]byte {
	return [3][]byte{xyz(0.43607, 0.22249, 0.01392), xyz(0.38515, 0.71687, 0.09708), xyz(0.14307, 0.06061, 0.7141)}
}

func converted(t Transform, r, g, b uint8) [3]int {
	row := []uint8{r, g, b, 77}
	t.Row(row)
	return [3]int{int(row[0]), int(row[1]), int(row[2])}
}

func near(a, b [3]int, by int) bool {
	for i := range a {
		if a[i]-b[i] > by || b[i]-a[i] > by {
			return false
		}
	}
	return true
}

func TestDisplayP3BecomesSRGB(t *testing.T) {
	t.Parallel()
	tr := Parse(profileOf("RGB ", p3(), srgbCurve()))
	for in, want := range map[[3]uint8][3]int{
		{234, 51, 35}: {255, 0, 0}, {255, 255, 255}: {255, 255, 255}, {0, 0, 0}: {0, 0, 0}, {128, 128, 128}: {128, 128, 128},
		{255, 0, 0}: {255, 0, 0}, // outside of sRGB: the nearest there is
	} {
		if got := converted(tr, in[0], in[1], in[2]); !near(got, want, 2) {
			t.Errorf("%v became %v", in, got)
		}
	}
}

func TestEveryKindOfToneCurveIsRead(t *testing.T) {
	t.Parallel()
	table := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), 256)
	for v := range 256 {
		table = binary.BigEndian.AppendUint16(table, uint16(math.Round(65535*math.Pow(float64(v)/255, 1.8))))
	}
	gamma := binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), 461) // 1.8
	want := int(math.Round(255 * encode(math.Pow(100.0/255, 1.8))))
	for name, curve := range map[string][]byte{
		"a table": table, "a gamma": gamma, "formula 0": para(0, 1.8), "formula 1": para(1, 1.8, 1, 0),
		"formula 2": para(2, 1.8, 1, 0, 0), "formula 4": para(4, 1.8, 1, 0, 0, 0, 0, 0),
	} {
		if got := converted(Parse(profileOf("RGB ", srgb(), curve)), 100, 100, 100); !near(got, [3]int{want, want, want}, 1) {
			t.Errorf("%s: %v, want %d", name, got, want)
		}
	}
	linear := []byte("curv\x00\x00\x00\x00\x00\x00\x00\x00")
	if got := converted(Parse(profileOf("RGB ", srgb(), linear)), 55, 55, 55); !near(got, [3]int{128, 128, 128}, 1) {
		t.Errorf("linear: %v", got)
	}
}

func TestProfilesThatChangeNothingOrMakeNoSenseAreLeftOut(t *testing.T) {
	t.Parallel()
	good := profileOf("RGB ", p3(), srgbCurve())
	for name, p := range map[string][]byte{
		"sRGB itself": profileOf("RGB ", srgb(), srgbCurve()), "nothing": nil, "ink": profileOf("CMYK", p3(), srgbCurve()),
		"no curve": profileOf("RGB ", p3(), []byte("short")), "an unknown curve": profileOf("RGB ", p3(), []byte("what........")),
		"an unknown formula": profileOf("RGB ", p3(), para(9, 1)), "a formula of nothing": profileOf("RGB ", p3(), para(1, 1, 0, 0)),
		"a short table": profileOf("RGB ", p3(), []byte("curv\x00\x00\x00\x00\x00\x00\xff\xff")),
	} {
		if !Parse(p).IsZero() {
			t.Errorf("%s has a transform", name)
		}
	}
	for n := range good {
		Parse(good[:n]) // must not panic
	}
	if got := converted(Transform{}, 1, 2, 3); got != [3]int{1, 2, 3} {
		t.Errorf("the zero transform gave %v", got)
	}
}

func TestProfilesAreFoundInEveryKindOfFile(t *testing.T) {
	t.Parallel()
	part := func(s string) string {
		return "\xff\xe2" + string([]byte{0, byte(2 + 14 + len(s))}) + "ICC_PROFILE\x00\x01\x02" + s
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write([]byte("profile")); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	chunk := func(name, data string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(data)))) + name + data + "CRC4"
	}
	riff := func(name, data string) string {
		return name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data + strings.Repeat("\x00", len(data)%2)
	}
	for name, file := range map[string]string{
		"JPEG": "\xff\xd8\xff\xfe\x00\x04xx" + part("pro") + part("file") + "\xff\xda\x00\x02",
		"PNG":  "\x89PNG\r\n\x1a\n" + chunk("gAMA", "1234") + chunk("iCCP", "name\x00\x00"+z.String()),
		"WebP": "RIFF....WEBP" + riff("VP8X", "123") + riff("ICCP", "profile"),
	} {
		if got := Find([]byte(file)); string(got) != "profile" {
			t.Errorf("%s: %q", name, got)
		}
		for n := range file {
			if got := Find([]byte(file[:n])); string(got) == "profile" && name == "PNG" {
				t.Errorf("%s cut at %d still has it", name, n)
			}
		}
	}
	for _, none := range []string{"", "text", "\x89PNG\r\n\x1a\n" + chunk("IDAT", "") + chunk("iCCP", "x"), "\x89PNG\r\n\x1a\n" + chunk("iCCP", "x\x00\x00bad")} {
		if got := Find([]byte(none)); got != nil {
			t.Errorf("%q: %q", none, got)
		}
	}
}

// adobe has the primaries of Adobe RGB (1998); the expected values come from its matrix for D65.
func TestAdobeRGBBecomesSRGB(t *testing.T) {
	t.Parallel()
	primaries := [3][]byte{xyz(0.60974, 0.31111, 0.01947), xyz(0.20528, 0.62567, 0.06087), xyz(0.14919, 0.06322, 0.74457)}
	tr := Parse(profileOf("RGB ", primaries, []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33")))
	for from, want := range map[[3]uint8][3]int{{100, 150, 200}: {66, 151, 203}, {200, 120, 60}: {224, 121, 53}, {128, 128, 128}: {129, 129, 129}} {
		if got := converted(tr, from[0], from[1], from[2]); !near(got, want, 1) {
			t.Errorf("%v became %v, not %v", from, got, want)
		}
	}
}

func TestGrayProfilesHaveOneCurve(t *testing.T) {
	t.Parallel()
	profile := func(curve string) []byte {
		head := make([]byte, 128)
		copy(head[16:], "GRAYXYZ ")
		head = append(head, "\x00\x00\x00\x01kTRC\x00\x00\x00\x90\x00\x00\x00"...)
		return append(append(head, byte(len(curve))), curve...)
	}
	tr := Parse(profile("curv\x00\x00\x00\x00\x00\x00\x00\x01\x01\xcd")) // 1.8, as on old scanners
	for from, want := range map[uint8]int{20: 26, 100: 119, 200: 210} {
		if got := converted(tr, from, from, from); !near(got, [3]int{want, want, want}, 1) {
			t.Errorf("%d became %v, not %d", from, got, want)
		}
	}
	if !Parse(profile("curv")).IsZero() || !Parse(profile("")).IsZero() {
		t.Error("a profile without a curve has a transform")
	}
}
