package photojob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/client"
)

func TestArgumentsAreCheckedBeforeAnythingIsUploaded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(o *Options)
		want   string
	}{
		"a missing photo":             {func(o *Options) { o.Photo += ".none" }, "no such file"},
		"a folder as photo":           {func(o *Options) { o.Photo = filepath.Dir(o.Photo) }, "not a regular file"},
		"an unknown feature":          {func(o *Options) { o.Feature = "fly" }, "it has: avatar, story"},
		"a planned feature":           {func(o *Options) { o.Feature = "later" }, "not offered yet"},
		"a picture that nobody takes": {func(o *Options) { o.Feature, o.Prompt = "words", "x" }, "feature words takes no photo"},
		"no picture at all":           {func(o *Options) { o.Photo = "" }, "--input photo=FILE: feature avatar needs this picture (Your photo)"},
		"one picture of two":          {func(o *Options) { o.Feature = "swap" }, "--input photo=FILE: feature swap needs this picture (Your photo)"},
		"one too many":                {func(o *Options) { o.Inputs = []string{"photo=" + o.Photo} }, "too many pictures: feature avatar takes photo"},
		"a role twice":                {func(o *Options) { o.Inputs = []string{"photo=" + o.Photo, "photo=" + o.Photo} }, "one picture is enough as photo"},
		"a role nobody asked for":     {func(o *Options) { o.Inputs = []string{"hat=" + o.Photo} }, "--input hat=…: feature avatar has no such picture (it has: photo)"},
		"an input without a role":     {func(o *Options) { o.Inputs = []string{o.Photo} }, "must be ROLE=FILE"},
		"an input without a file":     {func(o *Options) { o.Inputs = []string{"photo="} }, "must be ROLE=FILE"},
		"a missing input":             {func(o *Options) { o.Inputs = []string{"photo=" + o.Photo + ".none"} }, "no such file"},
		"a video as a picture":        {func(o *Options) { o.Feature = "clip" }, "feature clip makes a film: the file must end in .mp4"},
		"a picture as facts":          {func(o *Options) { o.Feature = "faces" }, "makes facts about a picture: the file must end in .json"},
		"a name without an ending":    {func(o *Options) { o.Output = strings.TrimSuffix(o.Output, ".jpg") }, "must end in .jpg, .jpeg, .png, .webp"},
		"no file for a picture":       {func(o *Options) { o.Output = "" }, "-o FILE: feature avatar makes a picture: name a file for it"},
		"a long negative prompt":      {func(o *Options) { o.Feature, o.Photo, o.Prompt, o.Negative = "words", "", "x", "1234567890" }, "--negative-prompt: 10 characters are more than the 9"},
		"a negative prompt too many":  {func(o *Options) { o.Negative = "x" }, "--negative-prompt: feature avatar takes no such text"},
		"a prompt that is too long":   {func(o *Options) { o.Prompt = "六个字超过了" }, "6 characters are more than the 5"},
		"a prompt nobody asked for":   {func(o *Options) { o.Feature, o.Prompt = "plain", "x" }, "takes no such text"},
		"a missing prompt":            {func(o *Options) { o.Feature = "story" }, "needs one (What happens)"},
		"an unknown choice":           {func(o *Options) { o.Params = map[string]string{"size": "x"} }, "it has: style"},
		"no choices at all":           {func(o *Options) { o.Feature, o.Params = "plain", map[string]string{"size": "x"} }, "it has: none"},
		"an unknown value":            {func(o *Options) { o.Params = map[string]string{"style": "x"} }, "one of: soft, bold"},
		"a missing choice":            {func(o *Options) { o.Feature = "poster" }, "--param size=…"},
		"an output that exists":       {func(o *Options) { o.Output = o.Photo }, "--force replaces it"},
		"an output that is a folder":  {func(o *Options) { o.Output = filepath.Dir(o.Photo) }, "is a folder"},
		"an output in no folder":      {func(o *Options) { o.Output = filepath.Join(o.Photo, "x", "y") }, "does not exist"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			o := options(t, f)
			tt.change(&o)
			_, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
			var wrong *UsageError
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a usage error with %q", err, tt.want)
			}
			if f.called("POST /v1/consents") || f.called("POST /v1/uploads") {
				t.Error("the job went on")
			}
		})
	}
}

func TestAPhotoThatIsTooLargeStaysHere(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	o := options(t, f)
	if err := os.WriteFile(o.Photo, make([]byte, 101), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
	var failed *Failure
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "max_bytes 100") || f.called("POST /v1/uploads") {
		t.Errorf("got %v", err)
	}
}

func TestAFeatureThatTakesNoTaskNowIsSaidBeforeAnythingIsUploaded(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	o := options(t, f)
	o.Feature = "paused"
	_, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
	var failed *Failure
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "its recipient is paused (runninghub); nothing was uploaded") || f.called("POST /v1/consents") {
		t.Errorf("got %v", err)
	}
}

func TestPicturesFindTheirRoles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		feature string
		named   []string // roles that --input names
		photo   bool
		want    []client.TaskInput
	}{
		"the photo is the first required one":      {"swap", []string{"photo"}, true, []client.TaskInput{{Role: "photo", Upload: "upl_1"}, {Role: "template", Upload: "upl_2"}}},
		"and the next where that one is named":     {"swap", []string{"template"}, true, []client.TaskInput{{Role: "template", Upload: "upl_1"}, {Role: "photo", Upload: "upl_2"}}},
		"or the first one where none is required":  {"mix", nil, true, []client.TaskInput{{Role: "first", Upload: "upl_1"}}},
		"two of a feature that needs none":         {"mix", []string{"second"}, true, []client.TaskInput{{Role: "second", Upload: "upl_1"}, {Role: "first", Upload: "upl_2"}}},
		"all by name":                              {"swap", []string{"photo", "template"}, false, []client.TaskInput{{Role: "photo", Upload: "upl_1"}, {Role: "template", Upload: "upl_2"}}},
		"none, where none is asked for or offered": {"mix", nil, false, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			o := options(t, f)
			o.Feature = tt.feature
			for _, role := range tt.named {
				o.Inputs = append(o.Inputs, role+"="+o.Photo)
			}
			if !tt.photo {
				o.Photo = ""
			}
			if _, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{}); err != nil {
				t.Fatal(err)
			}
			if len(f.create.Inputs) != len(tt.want) {
				t.Fatalf("created with %v", f.create.Inputs)
			}
			for i, in := range tt.want {
				if f.create.Inputs[i] != in {
					t.Errorf("created with %v, want %v", f.create.Inputs, tt.want)
				}
			}
		})
	}
}

func TestWordsAloneMakeATask(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	o := options(t, f)
	o.Feature, o.Photo, o.Prompt, o.Negative = "words", "", "a tree", "people"
	if _, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{}); err != nil {
		t.Fatal(err)
	}
	if f.create.Prompt != "a tree" || f.create.NegativePrompt != "people" || len(f.create.Inputs) != 0 || f.called("POST /v1/uploads") {
		t.Errorf("created %+v", f.create)
	}
	f.refuse["POST /v1/tasks"] = client.Problem{Status: 422, Code: "recipient-paused", Detail: "Paused."}
	o.Force = true
	_, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
	if err == nil || !strings.HasSuffix(err.Error(), "recipient-paused: Paused.; nothing was sent") {
		t.Errorf("got %v", err)
	}
}

func TestAnUploadThatFailsTakesTheOthersBack(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	f.failAt = 2
	o := options(t, f)
	o.Feature, o.Inputs = "swap", []string{"template=" + o.Photo}
	_, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
	if err == nil || !strings.Contains(err.Error(), "erased again") || strings.Join(f.taken, " ") != "upl_1" || f.called("POST /v1/tasks") {
		t.Errorf("got %v after taking back %v", err, f.taken)
	}
}

func TestAPhotoTooLargeForOneRecipientIsUsedAsASmallerCopy(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	f.stream = "event: copy\ndata: {\"role\":\"photo\",\"width\":40,\"height\":30}\n\n" + f.stream
	o, ui := options(t, f), &fakeUI{}
	o.Feature = "small"
	if _, err := Run(t.Context(), client.New(f.URL, "", nil), o, ui); err != nil {
		t.Fatal(err)
	}
	if shown := strings.Join(ui.shown, "\n"); !strings.Contains(shown, "as photo: a smaller copy of 40 × 30 pixels takes its place") {
		t.Errorf("shown was\n%s", shown)
	}
}
