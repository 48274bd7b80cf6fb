package photojob

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
)

// wordy returns a job for a feature that makes words.
func wordy(t *testing.T, feature, kind, mediaType, content string) (*fakeServer, Options) {
	t.Helper()
	f := newFakeServer(t)
	f.task.Outputs[0].Kind, f.task.Outputs[0].MediaType, f.content = kind, mediaType, content
	o := options(t, f)
	o.Feature, o.Output = feature, ""
	if feature == "chat" {
		o.Photo, o.Prompt = "", "hello"
	}
	return f, o
}

func TestFactsAreShownAndWrittenWhereAFileIsNamed(t *testing.T) {
	t.Parallel()
	const facts = `{"ages":["20-29"],"face_count":1}`
	f, o := wordy(t, "faces", "attributes", "application/json", facts)
	for _, file := range []string{"", filepath.Join(t.TempDir(), "facts.json")} {
		o.Output = file
		ui := &fakeUI{}
		res, err := Run(t.Context(), client.New(f.URL, "", nil), o, ui)
		if err != nil || res.Output != file {
			t.Fatalf("got %+v, %v", res, err)
		}
		if len(ui.words) != 1 || ui.words[0].Attributes == nil || *ui.words[0].Attributes.FaceCount != 1 || ui.words[0].Attributes.Ages[0] != "20-29" {
			t.Errorf("shown was %+v", ui.words)
		}
	}
	if got, err := os.ReadFile(o.Output); err != nil || string(got) != facts {
		t.Errorf("the file has %q, %v", got, err)
	}
}

func TestATextIsShownOrWritten(t *testing.T) {
	t.Parallel()
	f, o := wordy(t, "chat", "text", "text/plain", "Good day.")
	ui := &fakeUI{}
	if _, err := Run(t.Context(), client.New(f.URL, "", nil), o, ui); err != nil || len(ui.words) != 1 || ui.words[0].Text != "Good day." {
		t.Errorf("shown was %+v, %v", ui.words, err)
	}
	o.Output, ui = filepath.Join(t.TempDir(), "answer.txt"), &fakeUI{}
	if _, err := Run(t.Context(), client.New(f.URL, "", nil), o, ui); err != nil || len(ui.words) != 0 {
		t.Errorf("shown was %+v, %v", ui.words, err)
	}
	if got, err := os.ReadFile(o.Output); err != nil || string(got) != "Good day." {
		t.Errorf("the file has %q, %v", got, err)
	}
}

func TestWordsThatAreNoneAreAnError(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"no JSON": "{", "too long": strings.Repeat(" ", maxWords) + "{}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, o := wordy(t, "faces", "attributes", "application/json", content)
			ui := &fakeUI{}
			if _, err := Run(t.Context(), client.New(f.URL, "", nil), o, ui); err == nil || len(ui.words) != 0 {
				t.Errorf("got %v, shown was %+v", err, ui.words)
			}
		})
	}
}

func TestTheResultSaysWhatStaysAndWhatWasRead(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	f.task.Transfers[0].Held = []client.Held{
		{Text: "RunningHub keeps the result for 15 days.", State: "open"}, {Text: "It kept a template.", State: "closed"}, {Text: "It keeps a log.", State: "overdue"},
	}
	f.task.Transfers[0].Fetches = []client.LinkFetch{{Field: "photo", At: time.Unix(9, 0), Number: 1, Bytes: 7}}
	res, err := Run(t.Context(), client.New(f.URL, "", nil), options(t, f), &fakeUI{})
	if err != nil || len(res.Transfers) != 1 {
		t.Fatalf("got %+v, %v", res, err)
	}
	if got := res.Transfers[0]; strings.Join(got.Held, " ") != "RunningHub keeps the result for 15 days. It keeps a log." || len(got.Readings) != 1 || got.Readings[0].Bytes != 7 {
		t.Errorf("got %+v", got)
	}
}
