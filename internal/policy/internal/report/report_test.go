package report

import (
	"testing"

	"vow.example/vow/internal/policy/internal/source"
)

func TestNamesThatNobodyHasWrittenYetAreBlank(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"": true, "  ": true, "TBD": true, "tbd.": true, "To do": false, "todo": true, "xxx": true, "Xxx Ltd.": true, "???": true, "...": true, "…": true, "-": true, "n/a": true, "N/A": true,
		"[company]": true, "<name>": true, "{company}": true, "Acme [legal name]": true, "Your company": true, "Company name": true, "lorem ipsum": true, "待定": true, "某某公司": true,
		"unknown": true, "Placeholder GmbH": true, "none": true,
		"Google LLC": false, "X Corp.": false, "Alibaba Cloud Computing Co., Ltd.": false, "Chengdu Yunmi Technology Co., Ltd.": false, "our own server": false, "谷歌": false, "Todoist Inc.": false, "Nameless Coffee": false,
	} {
		if Blank(name) != want {
			t.Errorf("%q is blank: %t", name, !want)
		}
	}
}

func TestASentenceIsNotEmptyBecauseOfOneWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": true, "...": true, "TBD": true, "[to be written]": true, "text": true,
		"where the place of the person is unknown": false, "a court orders it": false, "to be, or not": false,
	} {
		if Empty(text) != want {
			t.Errorf("%q is empty: %t", text, !want)
		}
	}
}

func TestALinkThatNobodyCanOpenIsSaid(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://aws.amazon.com/privacy/": "", "https://docs.bigmodel.cn/cn/terms/privacy-policy": "", "https://adjust.example/privacy": "demo",
		"https://example.com/privacy": "leads nowhere", "https://www.example.org/": "leads nowhere", "https://x.invalid/": "leads nowhere", "https://vendor.test/a": "leads nowhere",
		"https://xxx.com/a": "leads nowhere", "https://tbd.com/a": "leads nowhere", "https://a.localhost/": "leads nowhere",
		"http://aws.amazon.com/": "is no full https address", "aws.amazon.com": "is no full https address", "https://localhost/a": "is no full https address", "https://": "is no full https address", "": "is no full https address", "https://%zz": "is no full https address",
	} {
		if got := Link(address); got != want {
			t.Errorf("%q: %q, not %q", address, got, want)
		}
	}
}

func TestAFindingStandsAtItsValue(t *testing.T) {
	t.Parallel()
	r := &Report{Doc: &source.Doc{}, At: source.Positions{"/sdks": {Line: 4, Column: 1}, "/sdks/1/name": {Line: 7, Column: 9}}}
	r.Refuse("wrong", "repair", "sdks", 1, "name")
	r.Refuse("missing", "write", "sdks", 2, "name")
	r.DemoOnly("example", "write", "sdks")
	if len(r.Problems) != 2 || r.Problems[0].Line != 7 || r.Problems[0].Pointer != "/sdks/1/name" || r.Problems[1].Line != 4 || len(r.Demo) != 1 {
		t.Errorf("%+v %+v", r.Problems, r.Demo)
	}
	steps := []any{"a"}
	longer := Under(steps, "b", 1)
	if len(steps) != 1 || len(longer) != 3 {
		t.Errorf("%v %v", steps, longer)
	}
}

func TestWhatIsNotDeclaredIsNotFound(t *testing.T) {
	t.Parallel()
	r := &Report{Doc: &source.Doc{
		Categories: []source.Category{{ID: "a"}}, Recipients: []source.Recipient{{ID: "b"}}, Purposes: []source.Purpose{{ID: "c"}},
		Permissions: []source.Permission{{ID: "d"}}, Switches: []source.Switch{{ID: "e"}}, Collection: []source.Intake{{ID: "f"}},
		Retention: []source.Row{{Category: "a", Starts: "unused"}, {Category: "b", Starts: "item_written"}},
	}}
	for _, id := range []string{"a", "b", "c", "d", "e", "f", ""} {
		_, a := r.Category(id)
		_, b := r.Recipient(id)
		_, c := r.Purpose(id)
		_, d := r.Permission(id)
		_, e := r.Switch(id)
		_, f := r.Intake(id)
		if a != (id == "a") || b != (id == "b") || c != (id == "c") || d != (id == "d") || e != (id == "e") || f != (id == "f") {
			t.Errorf("%q: %t %t %t %t %t %t", id, a, b, c, d, e, f)
		}
	}
	if got := r.Starts("a"); len(got) != 1 || got[0] != "unused" {
		t.Errorf("%v", got)
	}
}

func TestEveryWordOfContentIsOne(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"source_photo", "prompt", "chat_message", "voice_audio", "face_landmarks", "generated_image", "transcript"} {
		if !Is(Content, w) {
			t.Errorf("%s counts as no content", w)
		}
	}
	if Is(Content, "device_info") || Is(Content, "") || Is(Content, "source_photo prompt") {
		t.Error("something else counts as content")
	}
}
