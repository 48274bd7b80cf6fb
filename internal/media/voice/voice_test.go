package voice_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/facts"
	"vow.example/vow/internal/media/voice"
)

// The recordings of half a second, each with a title, an artist, a comment and a place.
func recordings() map[string]string {
	return map[string]string{
		"tone.wav": facts.WAV, "tone.mp3": facts.MP3, "tone.ogg": facts.Ogg, "tone.flac": facts.FLAC, "tone.m4a": facts.SoundMP4,
		"fragments.mp4": facts.SoundMP4, "tone.webm": facts.SoundWebM, "live.webm": facts.SoundWebM,
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func all() []string {
	return []string{facts.WAV, facts.MP3, facts.Ogg, facts.FLAC, facts.SoundMP4, facts.SoundWebM}
}

func strip(raw []byte, kind string, limits facts.Limits) ([]byte, facts.Info, error) {
	if limits.Accept == nil {
		limits.Accept = all()
	}
	var out bytes.Buffer
	info, err := voice.Strip(&out, iotest.OneByteReader(bytes.NewReader(raw)), kind, limits)
	return out.Bytes(), info, err
}

// told are the words of the recordings, and of the programs that made them.
func told() []string { return []string{"CANARY", "+48.1", "Lavf", "Lavc"} }

func TestARecordingGoesOnWithoutWhatItSaysAboutThePerson(t *testing.T) {
	t.Parallel()
	for name, kind := range recordings() {
		raw := read(t, name)
		if !bytes.Contains(raw, []byte("CANARYTITLE")) {
			t.Fatalf("%s says nothing: the test would prove nothing", name)
		}
		clean, info, err := strip(raw, kind, facts.Limits{MaxSeconds: 1})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, word := range told() {
			if word == "Lavc" && kind != facts.SoundWebM && kind != facts.Ogg {
				continue // in the coded sound itself
			}
			if bytes.Contains(clean, []byte(word)) {
				t.Errorf("%s still says %q", name, word)
			}
		}
		if info.Millis < 490 || info.Millis > 620 || info.Bytes != int64(len(clean)) || len(info.Stripped) == 0 || info.MediaType != kind || info.Orientation != 1 {
			t.Errorf("%s: %+v for %d bytes", name, info, len(clean))
		}
		if again, second, err := strip(clean, kind, facts.Limits{}); err != nil || second.Millis != info.Millis || !bytes.Equal(again, clean) {
			t.Errorf("%s: what came out is not a clean recording of the same length: %v, %+v", name, err, second)
		}
	}
}

func TestTheSoundItselfIsNotTouched(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]int{"tone.wav": 2000, "tone.flac": 200, "tone.m4a": 0, "tone.mp3": 0} {
		raw := read(t, name)
		clean, _, err := strip(raw, recordings()[name], facts.Limits{})
		if err != nil {
			t.Fatal(name, err)
		}
		if name == "tone.mp3" { // from the first frame to the tag at the end
			raw = raw[bytes.Index(raw, clean[:4]) : len(raw)-128]
		}
		if name == "tone.m4a" {
			at, n := bytes.Index(raw, []byte("mdat")), bytes.Index(clean, []byte("mdat"))
			if at != n || !bytes.Equal(raw[at:at+800], clean[n:n+800]) {
				t.Error("the samples of tone.m4a have moved or changed")
			}
			continue
		}
		if tail == 0 {
			tail = len(raw)
		}
		if !bytes.Equal(raw[len(raw)-tail:], clean[len(clean)-tail:]) {
			t.Errorf("%s: the sound has changed", name)
		}
	}
}

func TestWhatCannotBeCleanedOrIsTooMuchIsRefusedWithTheRule(t *testing.T) {
	t.Parallel()
	change := func(name, old, with string) []byte {
		raw := read(t, name)
		if !bytes.Contains(raw, []byte(old)) {
			t.Fatalf("%s does not hold %q", name, old)
		}
		return bytes.Replace(raw, []byte(old), []byte(with), 1)
	}
	for name, c := range map[string]struct {
		raw  []byte
		kind string
		code string
	}{
		"Vorbis, whose comments lie beside its tables": {read(t, "vorbis.ogg"), facts.Ogg, facts.CodeUnsupported},
		"a video that is called a recording":           {read(t, "with_picture.mp4"), facts.SoundMP4, facts.CodeUnsupported},
		"a WebM video that is called one":              {read(t, "with_picture.webm"), facts.SoundWebM, facts.CodeUnsupported},
		"a WebM file of another codec":                 {change("tone.webm", "A_OPUS", "A_XXXX"), facts.SoundWebM, facts.CodeUnsupported},
		"a WebM file with another description":         {change("tone.webm", "OpusHead", "OpusHeat"), facts.SoundWebM, facts.CodeUnsupported},
		"an MP4 file of another codec":                 {change("tone.m4a", "mp4a", "xxxx"), facts.SoundMP4, facts.CodeUnsupported},
		"an Ogg page that was changed":                 {change("tone.ogg", "CANARYTITLE", "CANARYTITLF"), facts.Ogg, facts.CodeUnreadable},
		"a WAV file that is compressed":                {change("tone.wav", "fmt \x10\x00\x00\x00\x01", "fmt \x10\x00\x00\x00\x55"), facts.WAV, facts.CodeUnsupported},
		"a WAV file of no length":                      {append([]byte("RIFF\xff\xff\xff\xff"), read(t, "tone.wav")[8:]...), facts.WAV, facts.CodeUnreadable},
		"a WAV file with a lying block":                {change("tone.wav", "data", "data\xff"), facts.WAV, facts.CodeUnreadable},
		"an MP3 with garbage between its frames":       {append(read(t, "tone.mp3"), "garbage"...), facts.MP3, facts.CodeUnreadable},
		"a FLAC file that does not say its length":     {append(append(read(t, "tone.flac")[:21:21], 0xf0, 0, 0, 0, 0), read(t, "tone.flac")[26:]...), facts.FLAC, facts.CodeUnreadable},
		"tags and no sound":                            {read(t, "tone.mp3")[:45], facts.MP3, facts.CodeUnreadable},
		"nothing":                                      {nil, facts.WAV, facts.CodeUnreadable},
		"a kind nobody asked for":                      {read(t, "tone.wav"), "audio/aac", facts.CodeUnsupported},
	} {
		_, _, err := strip(c.raw, c.kind, facts.Limits{})
		if fault.CodeOf(err) != c.code || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for name, kind := range recordings() {
		if _, _, err := strip(read(t, name), kind, facts.Limits{MaxBytes: 700}); fault.CodeOf(err) != facts.CodeTooLarge {
			t.Errorf("%s of too many bytes: %v", name, err)
		}
		if _, _, err := strip(read(t, name), kind, facts.Limits{Accept: []string{"image/png"}}); fault.CodeOf(err) != facts.CodeUnsupported {
			t.Errorf("%s where no recording is taken: %v", name, err)
		}
	}
}

// longer repeats the sound of a recording, so that it lasts more than two seconds.
func longer(t *testing.T, name string) []byte {
	raw := read(t, name)
	switch name {
	case "tone.wav":
		at := bytes.Index(raw, []byte("data"))
		sound := bytes.Repeat(raw[at+8:], 6)
		n := len(sound)
		raw = append(slices.Clone(raw[:at+4]), byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
		raw = append(raw, sound...)
		total := len(raw) - 8
		copy(raw[4:], []byte{byte(total), byte(total >> 8), byte(total >> 16), byte(total >> 24)})
		return raw
	case "tone.mp3":
		clean, _, err := strip(raw, facts.MP3, facts.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Repeat(clean, 6)
	case "fragments.mp4":
		at := bytes.Index(raw, []byte("moof")) - 4
		end := bytes.Index(raw, []byte("mfra")) - 4
		return slices.Concat(raw[:at], bytes.Repeat(raw[at:end], 6), raw[end:])
	default: // live.webm: clusters without an end
		at := bytes.Index(raw, []byte("\x1f\x43\xb6\x75"))
		return append(slices.Clone(raw), bytes.Repeat(raw[at:], 6)...)
	}
}

func TestARecordingIsMeasuredByWhatAPlayerWouldPlay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tone.wav", "tone.mp3", "fragments.mp4", "live.webm"} {
		raw, kind := longer(t, name), recordings()[name]
		if _, info, err := strip(raw, kind, facts.Limits{MaxSeconds: 5}); err != nil || info.Millis < 2900 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		_, _, err := strip(raw, kind, facts.Limits{MaxSeconds: 2})
		var f *fault.Error
		if !errors.As(err, &f) || f.Code() != facts.CodeTooLarge || f.Extra()["max_seconds"] != 2 {
			t.Errorf("%s that is too long: %v", name, err)
		}
	}
	if _, _, err := strip(read(t, "tone.ogg"), facts.Ogg, facts.Limits{MaxSeconds: 1}); err != nil {
		t.Error(err)
	}
}

func TestACutOrChangedRecordingNeverPanicsAndNeverLeaks(t *testing.T) {
	t.Parallel()
	for name, kind := range recordings() {
		raw := read(t, name)
		for cut := 0; cut < len(raw); cut += 1 + len(raw)/97 {
			clean, _, err := strip(raw[:cut], kind, facts.Limits{})
			if err == nil && kind != facts.MP3 && kind != facts.SoundWebM && kind != facts.FLAC && cut < len(raw)*9/10 && !strings.HasSuffix(name, ".wav") && kind != facts.SoundMP4 {
				t.Errorf("%s cut at %d of %d is taken for whole", name, cut, len(raw))
			}
			if err == nil && bytes.Contains(clean, []byte("CANARY")) {
				t.Errorf("%s cut at %d leaks", name, cut)
			}
		}
		for at := range min(len(raw), 900) {
			broken := slices.Clone(raw)
			broken[at] ^= 0xff
			_, _, _ = strip(broken, kind, facts.Limits{}) // it may pass or not; it must come back
		}
	}
}

func TestAFailureOfWhoeverReadsOrWritesIsNoFaultOfTheFile(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	for name, kind := range recordings() {
		limits := facts.Limits{Accept: all()}
		_, err := voice.Strip(writer{full}, bytes.NewReader(read(t, name)), kind, limits)
		if !errors.Is(err, full) {
			t.Errorf("%s written: %v", name, err)
		}
		_, err = voice.Strip(io.Discard, io.MultiReader(bytes.NewReader(read(t, name)[:40]), iotest.ErrReader(full)), kind, limits)
		if !errors.Is(err, full) {
			t.Errorf("%s read: %v", name, err)
		}
	}
}

type writer struct{ err error }

func (w writer) Write([]byte) (int, error) { return 0, w.err }

func FuzzStrip(f *testing.F) {
	for name := range recordings() {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, kind := range all() {
			_, info, err := strip(raw, kind, facts.Limits{MaxSeconds: 60})
			if err == nil && (info.Millis < 0 || info.Millis > 60_000) {
				t.Errorf("%s: %+v", kind, info)
			}
		}
	})
}
