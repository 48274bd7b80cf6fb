package media

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/facts"
)

func recording(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("voice", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSoundAloneIsToldByWhoSendsItAndProvedByItsContent(t *testing.T) {
	t.Parallel()
	video, both := []string{MP4}, []string{MP4, facts.SoundMP4}
	for name, c := range map[string]struct {
		came, declared string
		accepted       []string
		want           string
	}{
		"sound where no video is taken":         {MP4, "", []string{facts.SoundMP4}, facts.SoundMP4},
		"sound that says so where both are":     {MP4, "audio/mp4", both, facts.SoundMP4},
		"nothing said where both are":           {MP4, "", both, MP4},
		"a video where no sound is taken":       {MP4, "audio/mp4", video, MP4},
		"what a browser records":                {facts.WebM, "audio/webm;codecs=opus", []string{facts.SoundWebM}, facts.SoundWebM},
		"a container that holds nothing else":   {facts.WAV, "video/mp4", both, facts.WAV},
		"a WebM where neither of them is taken": {facts.WebM, "audio/webm", both, facts.WebM},
	} {
		if got := Taken(c.came, c.declared, c.accepted); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for name, kind := range map[string]string{"tone.wav": facts.WAV, "tone.m4a": facts.SoundMP4, "live.webm": facts.SoundWebM, "tone.ogg": facts.Ogg, "tone.mp3": facts.MP3, "tone.flac": facts.FLAC} {
		var out bytes.Buffer
		info, err := Strip(&out, bytes.NewReader(recording(t, name)), Limits{Accept: []string{kind}, MaxSeconds: 1})
		if err != nil || info.MediaType != kind || info.Millis == 0 || bytes.Contains(out.Bytes(), []byte("CANARY")) {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		if _, err := Strip(&out, bytes.NewReader(recording(t, name)), Limits{}); fault.CodeOf(err) != CodeUnsupported {
			t.Errorf("%s where nobody asked for a recording: %v", name, err)
		}
	}
	if _, err := Strip(&bytes.Buffer{}, bytes.NewReader(recording(t, "with_picture.mp4")), Limits{Accept: []string{facts.SoundMP4}}); fault.CodeOf(err) != CodeUnsupported {
		t.Errorf("a video that is sent as sound: %v", err)
	}
	if !IsSound(facts.Ogg) || IsSound(MP4) {
		t.Error("sound is not told from video")
	}
}

func TestNamesAndTypesOfRecordingsMustFitTheirContent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		declared, file, kind string
		ok                   bool
	}{
		"as browsers call it":           {"audio/webm;codecs=opus", "voice.webm", facts.SoundWebM, true},
		"as a phone calls it":           {"audio/x-m4a", "New Recording 4.m4a", facts.SoundMP4, true},
		"sound with a video's ending":   {"audio/mp4", "voice.mp4", facts.SoundMP4, true},
		"a video with a sound's ending": {"", "film.m4a", MP4, false},
		"an old name of WAV":            {"audio/x-wav", "a.wav", facts.WAV, true},
		"another name of MP3":           {"audio/mp3", "a.mp3", facts.MP3, true},
		"Opus":                          {"audio/opus", "a.opus", facts.Ogg, true},
		"FLAC":                          {"audio/x-flac", "a.flac", facts.FLAC, true},
		"no claim":                      {"", "", facts.WAV, true},
		"another kind of sound":         {"audio/mpeg", "", facts.WAV, false},
		"a picture":                     {"image/png", "", facts.WAV, false},
		"another ending":                {"", "a.mp3", facts.WAV, false},
		"a text":                        {"text/plain", "", facts.WAV, false},
	} {
		if err := Claims(c.declared, c.file, c.kind); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
