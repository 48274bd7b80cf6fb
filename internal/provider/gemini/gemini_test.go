package gemini_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/provider/gemini"
	sim "vow.example/vow/internal/sim/gemini"
	"vow.example/vow/internal/sim/kit"
)

// service runs the simulator for a workflow.
func service(w driver.Workflow) func(t *testing.T, slow bool) drivertest.Service {
	return func(t *testing.T, slow bool) drivertest.Service {
		o := kit.Options{Seed: 7}
		if slow {
			o.Run = time.Minute
		}
		s, c := simulator(t, o, w)
		return drivertest.On(s.Kit, c, func(c drivertest.Call, method, path string) bool {
			switch c {
			case 0:
				return method == "POST"
			case drivertest.Ask:
				return method == "GET" && strings.Contains(path, "/operations/")
			default:
				return strings.HasPrefix(path, "/google-storage/")
			}
		})
	}
}

func TestTheDriverConformsForPictures(t *testing.T) {
	t.Parallel()
	w := pictures(proModel)
	drivertest.Run(t, drivertest.Harness{
		Driver: gemini.Driver{}, App: "mixoo", Feature: feature, Recipient: "gemini", Wiring: wiring(w),
		Fields: map[privacy.Field]drivertest.Field{
			"photo":        {Kind: drivertest.Photo, Value: png + "somebody", Transport: "url"},
			"second_photo": {Kind: drivertest.Photo, Value: png + "another", Transport: "base64", Optional: true},
			"prompt":       {Kind: drivertest.Words, Value: "a fox", Optional: true},
			"aspect_ratio": {Kind: drivertest.Choice, Value: "3:4", Optional: true},
			"resolution":   {Kind: drivertest.Choice, Value: "2k", Optional: true},
		},
		Calls: [][]privacy.Field{{"aspect_ratio", "photo", "prompt", "resolution", "second_photo"}},
		Shape: drivertest.AtOnce, Matches: drivertest.Same("photo", "prompt"), Start: service(w),
	})
}

func TestTheDriverConformsForVideos(t *testing.T) {
	t.Parallel()
	w := videos()
	drivertest.Run(t, drivertest.Harness{
		Driver: gemini.Driver{}, App: "mixoo", Feature: feature, Recipient: "gemini", Wiring: wiring(w),
		Fields: map[privacy.Field]drivertest.Field{
			"first_frame":  {Kind: drivertest.Photo, Value: png + "FIRST", Transport: "base64"},
			"last_frame":   {Kind: drivertest.Photo, Value: png + "LAST", Transport: "base64", Optional: true},
			"prompt":       {Kind: drivertest.Words, Value: "a fox", Optional: true},
			"aspect_ratio": {Kind: drivertest.Choice, Value: "9:16", Optional: true},
			"resolution":   {Kind: drivertest.Choice, Value: "1080p", Optional: true},
			"duration":     {Kind: drivertest.Choice, Value: "8"},
		},
		Calls: [][]privacy.Field{{"aspect_ratio", "duration", "first_frame", "last_frame", "prompt", "resolution"}},
		Shape: drivertest.Asked, Erases: true, Matches: drivertest.Same("first_frame", "prompt"), Start: service(w),
	})
}

func TestMagicWordsFailInTheirOwnWay(t *testing.T) {
	t.Parallel()
	_, c := simulator(t, kit.Options{}, pictures(imageModel))
	p := pool(t, c, pictures(imageModel))
	for prompt, want := range map[string]driver.Status{
		"test:fail":    {State: driver.Failed, Class: egress.Failed, Code: "IMAGE_OTHER"},
		"test:refused": {State: driver.Failed, Class: egress.ContentRefused, Code: "PROHIBITED_CONTENT"},
	} {
		if got := mustBegin(t, p, edit(prompt)).Status; got.State != want.State || got.Class != want.Class || got.Code != want.Code {
			t.Errorf("%s: %+v", prompt, got)
		}
	}
	for prompt, want := range map[string]egress.Class{"test:provider_down": egress.Transient, "test:throttled": egress.Throttled} {
		_, err := begin(t, p, edit(prompt))
		if e := asError(t, err); e.Class != want || !e.WasSent || want == egress.Throttled && e.RetryAfter != 36*time.Second {
			t.Errorf("%s: %+v", prompt, e)
		}
	}
	mustBegin(t, p, edit("test:throttled")) // once
	_, c = simulator(t, kit.Options{}, videos())
	p = pool(t, c, videos())
	for prompt, want := range map[string]driver.Status{
		"test:fail":    {Class: egress.Failed, Code: "INTERNAL"},
		"test:refused": {Class: egress.ContentRefused, Code: "raiMediaFiltered"},
	} {
		if got := ended(t, p, mustBegin(t, p, film(prompt)).Ticket); got.State != driver.Failed || got.Class != want.Class || got.Code != want.Code {
			t.Errorf("%s: %+v", prompt, got)
		}
	}
}

// TestEveryWayToGetNoPicture walks through what Google may say instead of a picture.
func TestEveryWayToGetNoPicture(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, kit.Options{}, pictures(imageModel))
	p := pool(t, c, pictures(imageModel))
	table := map[sim.Place]map[egress.Class][]string{
		sim.Block: {egress.ContentRefused: {"SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK", "SOMETHING_NEW"}},
		sim.Finish: {
			egress.ContentRefused: {"SAFETY", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "RECITATION", "SPII", "BLOCKLIST"},
			egress.Failed:         {"NO_IMAGE", "IMAGE_OTHER", "OTHER", "LANGUAGE", "MAX_TOKENS", "STOP", "SOMETHING_NEW"},
		},
	}
	for place, classes := range table {
		for class, reasons := range classes {
			for _, reason := range reasons {
				s.Next(place, reason)
				got := mustBegin(t, p, edit("x")).Status
				if got.State != driver.Failed || got.Class != class || got.Code != strings.Replace(reason, "STOP", "text-only", 1) || len(got.Results) > 0 {
					t.Errorf("%s: %+v", reason, got)
				}
			}
		}
	}
}

func TestEveryEndOfAVideoHasItsClass(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, kit.Options{}, videos())
	p := pool(t, c, videos())
	for class, codes := range map[egress.Class][]string{
		egress.ContentRefused: {sim.Filtered},
		egress.BadMedia:       {"INVALID_ARGUMENT"},
		egress.Auth:           {"PERMISSION_DENIED"},
		egress.Gone:           {"NOT_FOUND"},
		egress.Quota:          {"FAILED_PRECONDITION"},
		egress.Failed:         {"INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "unlisted"},
	} {
		for _, code := range codes {
			s.Next(sim.Operation, code)
			ticket := mustBegin(t, p, film("x")).Ticket
			if got := ended(t, p, ticket); got.State != driver.Failed || got.Class != class || got.Code != code {
				t.Errorf("%s: %+v", code, got)
			}
			if left, err := p.Forget(t.Context(), "gemini", ticket); err != nil || len(left.Erased) > 0 || len(left.Held) != 1 {
				t.Errorf("%s: forgotten as %+v, %v", code, left, err)
			}
		}
	}
}

func TestAfterForgetGoogleHoldsOnlyItsLog(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, kit.Options{}, videos())
	p := pool(t, c, videos())
	ticket := mustBegin(t, p, film("a fox")).Ticket
	if st := ended(t, p, ticket); st.State != driver.Done {
		t.Fatalf("got %+v", st)
	}
	if left, err := p.Forget(t.Context(), "gemini", ticket); err != nil || len(left.Erased) != 1 {
		t.Fatalf("got %+v, %v", left, err)
	}
	e := s.Received()
	if len(e.Violations) > 0 || slices.ContainsFunc(e.Holds, func(h kit.Hold) bool { return h.Kind != "log" }) {
		t.Errorf("it holds %+v and noticed %v", e.Holds, e.Violations)
	}
}

func TestForgetSaysWhatIsGoneAndWhatStays(t *testing.T) {
	t.Parallel()
	const uri = `https://generativelanguage.googleapis.com/v1beta/files/vid1:download?alt=media`
	done := reply{status: 200, body: `{"name":"models/veo/operations/x","done":true,"response":{"generateVideoResponse":{"generatedSamples":[{"video":{"uri":"` + uri + `"}}]}}}`}
	running := reply{status: 200, body: `{"name":"models/veo/operations/x"}`}
	ok, there := reply{status: 200, body: `{}`}, reply{status: 200, body: `{"name":"files/vid1"}`}
	missing, forbidden := refused(404, "NOT_FOUND"), refused(403, "PERMISSION_DENIED")
	stays := driver.Held{What: "result", For: 48 * time.Hour, Reason: "erase-failed"}
	cases := map[string]struct {
		replies []reply
		erased  int
		held    []driver.Held
		class   egress.Class
	}{
		"a video":                               {[]reply{done, ok, missing}, 1, nil, ""},
		"a video whose file is now forbidden":   {[]reply{done, ok, forbidden}, 1, nil, ""},
		"a video that was erased before":        {[]reply{done, missing, missing}, 1, nil, ""},
		"a video that stays":                    {[]reply{done, ok, there}, 0, []driver.Held{stays}, ""},
		"a video that is being made":            {[]reply{running}, 0, []driver.Held{stays}, ""},
		"an operation that nobody remembers":    {[]reply{missing}, 0, []driver.Held{stays}, ""},
		"a question that fails":                 {[]reply{refused(503, "UNAVAILABLE")}, 0, nil, egress.Transient},
		"an erasure that fails":                 {[]reply{done, refused(429, "RESOURCE_EXHAUSTED")}, 0, nil, egress.Throttled},
		"an erasure that nobody can confirm":    {[]reply{done, ok, refused(500, "INTERNAL")}, 0, nil, egress.Transient},
		"a key that is refused from the outset": {[]reply{forbidden}, 0, nil, egress.Auth},
	}
	for name, tc := range cases {
		p := pool(t, config(answers(t, tc.replies...).URL), videos())
		left, err := p.Forget(t.Context(), "gemini", driver.Ticket(`{"call":"predictLongRunning","operation":"models/veo/operations/x"}`))
		if (err != nil) != (tc.class != "") || err != nil && asError(t, err).Class != tc.class {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (len(left.Erased) != tc.erased || !slices.Equal(left.Held[1:], tc.held) || left.Held[0] != driver.Held{What: "log", Reason: "no-erase-call"}) {
			t.Errorf("%s: %+v", name, left)
		}
	}
}

func TestAPictureLeavesATicketOnlyForWhatStays(t *testing.T) {
	t.Parallel()
	_, c := simulator(t, kit.Options{}, pictures(imageModel))
	p := pool(t, c, pictures(imageModel))
	ticket := mustBegin(t, p, edit("x")).Ticket
	if left, err := p.Forget(t.Context(), "gemini", ticket); err != nil || !slices.Equal(left.Held, []driver.Held{{What: "log", Reason: "no-erase-call"}}) {
		t.Errorf("got %+v, %v", left, err)
	}
	if outcome, err := p.Cancel(t.Context(), "gemini", ticket); err != nil || outcome != driver.Unsupported {
		t.Errorf("got %v, %v", outcome, err)
	}
	if _, err := p.Poll(t.Context(), "gemini", ticket); asError(t, err).Class != egress.Bug {
		t.Errorf("got %v", err)
	}
	if _, err := p.Forget(t.Context(), "gemini", driver.Ticket(`{"call":"predictLongRunning"}`)); asError(t, err).Code != "ticket" {
		t.Errorf("got %v", err)
	}
}

func TestModelsAreListedOverAllPages(t *testing.T) {
	t.Parallel()
	_, c := simulator(t, kit.Options{}, videos())
	e, err := egress.New([]egress.Config{c}, noLog())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	list, err := gemini.Driver{}.Models(t.Context(), follower{e})
	if err != nil || len(list) != 5 || !slices.Contains(list, imageModel) || !slices.Contains(list, videoModel) {
		t.Errorf("got %v, %v", list, err)
	}
	pages := &canned{bodies: []string{`{"models":[{"name":"models/a"}],"nextPageToken":"p2"}`, `{"models":[{"name":"models/b"}]}`}}
	list, err = gemini.Driver{}.Models(t.Context(), pages)
	if err != nil || !slices.Equal(list, []string{"a", "b"}) || pages.seen[1].Query["pageToken"] != wire.Literal("p2") {
		t.Errorf("got %v, %v, %+v", list, err, pages.seen)
	}
	if _, err = (gemini.Driver{}).Models(t.Context(), &canned{bodies: []string{`[]`}}); asError(t, err).Class != egress.Transient {
		t.Errorf("got %v", err)
	}
}

func TestStateThatNobodySavedIsRefused(t *testing.T) {
	t.Parallel()
	_, err := gemini.Driver{}.Begin(t.Context(), nil, driver.Order{Resume: []byte("x")})
	if e := asError(t, err); e.Class != egress.Bug || e.Code != "resume" {
		t.Errorf("got %+v", e)
	}
	if _, ok := (gemini.Driver{}).Leftover([]byte("x")); ok {
		t.Error("something was left behind")
	}
	if required, optional := gemini.Credentials(); !slices.Equal(required, []string{"api_key"}) || optional != nil {
		t.Errorf("got %v, %v", required, optional)
	}
}

func TestAnOrderOfOneWordIsEnough(t *testing.T) {
	t.Parallel()
	_, c := simulator(t, kit.Options{}, pictures(imageModel))
	if s := mustBegin(t, pool(t, c, pictures(imageModel)), disclosure.Content{"prompt": words("a fox")}).Status; s.State != driver.Done {
		t.Errorf("a picture of nothing but words is %+v", s)
	}
}
