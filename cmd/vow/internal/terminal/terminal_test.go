package terminal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"vow.example/vow/client"
	"vow.example/vow/cmd/vow/internal/photojob"
)

func disclosure() (client.Feature, client.Disclosure) {
	return client.Feature{ID: "avatar"}, client.Disclosure{
		Title: "Before we send your photo", Summary: "A separate company.", NotSent: "your account",
		What: []client.DisclosureItem{{Text: "the photo you chose"}, {Text: "faces", Sensitive: true}},
		Who:  []client.RecipientRef{{ID: "runninghub", Name: "RunningHub", Kind: "third_party_ai", Region: "CN", PolicyURL: "https://www.runninghub.ai/policy"}},
		Why:  "only to make the result", Keep: []client.DisclosureKeep{{Where: "PixPlus", What: "your photo", Text: "at most 24 hours"}},
		Model: "Brush 3", Fixed: []string{"size: 1K"},
		Links: []client.Link{{Text: "Policy", URL: "https://x.example/policy"}}, PolicyVersion: "pixplus/v1", Hash: "sha256:1",
	}
}

func TestEveryPartOfTheDisclosureIsPrinted(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	NewPerson(strings.NewReader(""), &out).Disclosure(disclosure())
	for _, want := range []string{
		"Before we send your photo", "A separate company.", "What is sent", "- the photo you chose\n", "- faces  (sensitive)", "Not sent: your account", "the same for everyone:\n    - size: 1K\n", "Model: Brush 3",
		"Who receives it", "- RunningHub (third-party AI, CN)  https://www.runninghub.ai/policy", "Why", "only to make the result",
		"How long it is kept", "- PixPlus, your photo: at most 24 hours", "Read more", "- Policy: https://x.example/policy",
		"Policy pixplus/v1, feature avatar, text sha256:1",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestTheHeadingsSpeakTheLanguageOfTheDisclosure(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	f, d := disclosure()
	d.Language = "zh-Hans"
	NewPerson(strings.NewReader(""), &out).Disclosure(f, d)
	for _, want := range []string{"发送什么", "不会发送：your account", "谁会收到", "为什么", "保存多久", "了解更多", "faces（敏感）", "第三方人工智能", "模型：Brush 3", "对所有人相同的设置"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "What is sent") {
		t.Error("an English heading stands over a Chinese text")
	}
}

func TestRecipientsAreNamedWithWhatTheyAre(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]client.RecipientRef{
		"own_servers (stays with the operator)": {ID: "own_servers", Kind: "local"},
		"Team (internal review)":                {ID: "t", Name: "Team", Kind: "internal_review"},
		"X":                                     {ID: "x", Name: "X"},
	} {
		if got := recipient(r, headingsIn("en")); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOnlyAClearYesIsAYes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"y\n": true, "YES\n": true, " y \r\n": true, "是\n": true, "同意\n": true, "y": true,
		"": false, "\n": false, "n\n": false, "yep\n": false, "y y\n": false,
	} {
		var out strings.Builder
		got, err := NewPerson(strings.NewReader(in), &out).Confirm(t.Context(), "Agree [y] / Not now [N]: ")
		if err != nil || got != want || out.String() != "Agree [y] / Not now [N]: " {
			t.Errorf("%q: got %v, %v after %q", in, got, err, out.String())
		}
	}
	broken := errors.New("no terminal")
	if ok, err := NewPerson(iotest.ErrReader(broken), io.Discard).Confirm(t.Context(), "?"); ok || !errors.Is(err, broken) {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestTwoQuestionsReadTwoLines(t *testing.T) {
	t.Parallel()
	p := NewPerson(strings.NewReader("y\nn\n"), io.Discard)
	first, _ := p.Confirm(t.Context(), "?")
	second, _ := p.Confirm(t.Context(), "?")
	if !first || second {
		t.Errorf("got %v and %v", first, second)
	}
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := NewPerson(r, io.Discard).Confirm(ctx, "?"); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestNoServerTextCanSteerTheTerminal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := NewPerson(strings.NewReader(""), &out)
	f, d := disclosure()
	d.Title, d.Why = "\x1b[2JGone", "safe\r\u202Eesrever\u0085"
	p.Disclosure(f, d)
	p.Note("a\nb")
	if _, err := p.Confirm(t.Context(), "\x07?"); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\r\x07\u202E\u0085") || !strings.Contains(out.String(), "a b") {
		t.Errorf("printed %q", out.String())
	}
}

func TestProgressIsALinePerChangeWhereLinesAreNotRedrawn(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := NewPerson(strings.NewReader(""), &out)
	state := client.TaskState{State: "queued", Progress: client.Progress{Percent: 3, QueuePosition: 2}}
	p.State(state)
	p.State(state)
	p.State(client.TaskState{State: "generating", Progress: client.Progress{Message: "Making it"}})
	p.Transfer(client.TransferState{Recipient: "runninghub", Fields: []string{"photo", "prompt"}, Bytes: 41})
	p.Transfer(client.TransferState{Recipient: "alibaba_cloud", Fields: []string{"photo"}})
	want := "queued: queued (place 2 in the queue)\ngenerating: Making it\nSent to runninghub: photo, prompt (41 bytes)\nSent to alibaba_cloud: photo\n"
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}

func TestProgressIsABarOnATerminal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := NewPerson(strings.NewReader(""), &out)
	p.live = true
	for _, percent := range []int{-5, 50, 300} {
		p.State(client.TaskState{State: "generating", Progress: client.Progress{Percent: percent, Message: "x"}})
	}
	p.Note("done")
	if strings.Count(out.String(), "\r") != 3 || !strings.Contains(out.String(), "[###############...............]  50% x") ||
		!strings.HasSuffix(out.String(), "100% x\ndone\n") {
		t.Errorf("printed %q", out.String())
	}
}

func TestAScriptGetsOneObjectPerLineAndTheResultLast(t *testing.T) {
	t.Parallel()
	var out, questions strings.Builder
	s := NewScript(&out, NewPerson(strings.NewReader("y\n"), &questions))
	s.Disclosure(disclosure())
	s.State(client.TaskState{State: "queued"})
	s.Transfer(client.TransferState{ID: "trf_1"})
	s.Words(photojob.Words{Kind: "text", Text: "a < b"})
	s.Note("a & b")
	if ok, err := s.Confirm(t.Context(), "? "); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	if err := s.Last(map[string]string{"task": "tsk_1"}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var events []string
	for _, l := range lines[:len(lines)-1] {
		var line Line
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		events = append(events, line.Event)
	}
	if strings.Join(events, " ") != "disclosure state transfer result note" || lines[len(lines)-1] != `{"task":"tsk_1"}` {
		t.Errorf("printed %v and %s", events, lines[len(lines)-1])
	}
	if asked := questions.String(); !strings.HasSuffix(asked, "? ") || !strings.Contains(asked, "What is sent") {
		t.Errorf("the person was asked %q, without the disclosure", asked)
	}
}

func TestFactsAboutAPictureAreASmallTable(t *testing.T) {
	t.Parallel()
	two := 2
	for name, tt := range map[string]struct {
		facts client.Attributes
		want  string
	}{
		"a count alone":                {client.Attributes{FaceCount: &two}, "\nFaces: 2\n\n"},
		"one column":                   {client.Attributes{Ages: []string{"20-29", "60-69"}}, "\nFace  Age\n1     20-29\n2     60-69\n\n"},
		"columns of different lengths": {client.Attributes{FaceCount: &two, Genders: []string{"female"}, Quality: []int{87, 4}}, "\nFaces: 2\nFace  Gender   Quality\n1     female   87\n2     -        4\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			NewPerson(strings.NewReader(""), &out).Words(photojob.Words{Kind: "attributes", Attributes: &tt.facts})
			if out.String() != tt.want {
				t.Errorf("printed %q, want %q", out.String(), tt.want)
			}
		})
	}
}

func TestATextIsPrintedLineByLineAndCannotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	NewPerson(strings.NewReader(""), &out).Words(photojob.Words{Kind: "text", Text: "one\n\n\x1b[2Jtwo\n"})
	if out.String() != "\none\n\n [2Jtwo\n\n" {
		t.Errorf("printed %q", out.String())
	}
}
