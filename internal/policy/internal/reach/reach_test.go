package reach

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// base is the policy that uses every block.
type base struct {
	doc []byte
	at  source.Positions
}

func full(t testing.TB) base {
	t.Helper()
	src, err := os.ReadFile("../../policytest/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, problems := source.Read(src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	doc, err := json.Marshal(file.Doc)
	if err != nil {
		t.Fatal(err)
	}
	return base{doc, file.Positions}
}

// found checks the policy after a change.
func (b base) found(t testing.TB, change func(*source.Doc)) []source.Problem {
	t.Helper()
	var doc source.Doc
	if err := json.Unmarshal(b.doc, &doc); err != nil {
		t.Fatal(err)
	}
	change(&doc)
	r := &report.Report{Doc: &doc, At: b.at}
	Check(r)
	return r.Problems
}

func says(problems []source.Problem, pointer, what string) bool {
	return slices.ContainsFunc(problems, func(p source.Problem) bool {
		return p.Pointer == pointer && strings.Contains(p.What, what) && p.Fix != ""
	})
}

func TestThePolicyThatUsesEverythingHasNoFinding(t *testing.T) {
	t.Parallel()
	p := full(t)
	if got := p.found(t, func(*source.Doc) {}); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestNoReportTakesWhatIsNeverAccepted(t *testing.T) {
	t.Parallel()
	p := full(t)
	kinds := strings.Fields(measuring + " " + writing)
	for _, id := range strings.Fields(neverFields) {
		for _, kind := range kinds {
			got := p.found(t, func(d *source.Doc) {
				d.Collection[0].Kind = kind
				d.Collection[0].Fields = []source.IntakeField{{ID: id, Kind: "flag"}}
			})
			if !says(got, "/collection/0/fields/0/id", "is never accepted") {
				t.Errorf("%s takes %s", kind, id)
			}
		}
	}
	for _, category := range strings.Fields(neverCategories) {
		for _, kind := range kinds {
			got := p.found(t, func(d *source.Doc) { d.Collection[0].Kind, d.Collection[0].Category = kind, category })
			if !says(got, "/collection/0/category", "never accepts") {
				t.Errorf("%s takes %s", kind, category)
			}
		}
	}
}

func TestNoReportCarriesContent(t *testing.T) {
	t.Parallel()
	p := full(t)
	names := append(strings.Fields(contentFields), "prompt_text", "chat_body", "photo_url", "face_features", "voice_file")
	for _, id := range names {
		for _, kind := range []string{"telemetry", "events", "crash", "login_risk"} {
			got := p.found(t, func(d *source.Doc) {
				d.Collection[0].Kind = kind
				d.Collection[0].Fields = []source.IntakeField{{ID: id, Kind: "word", Max: 9}}
			})
			if !says(got, "/collection/0/fields/0/id", "is content in a report") {
				t.Errorf("%s takes %s", kind, id)
			}
		}
		if got := p.found(t, func(d *source.Doc) { d.Forwards[0].Fields = []string{id} }); !says(got, "/forwards/0/fields/0", "forwarded to nobody") {
			t.Errorf("%s is forwarded", id)
		}
		if got := p.found(t, func(d *source.Doc) { d.SDKs[0].Fields = []string{id} }); !says(got, "/sdks/0/fields/0", "may not handle") {
			t.Errorf("a kit handles %s", id)
		}
	}
	for _, category := range strings.Fields(report.Content) {
		for _, kind := range strings.Fields(measuring + " " + writing) {
			got := p.found(t, func(d *source.Doc) { d.Collection[0].Kind, d.Collection[0].Category = kind, category })
			if !says(got, "/collection/0/category", "takes") {
				t.Errorf("%s takes %s", kind, category)
			}
		}
	}
}

func TestADeviceIsFollowedAtALoginOnlyAndNeverOnIOS(t *testing.T) {
	t.Parallel()
	p := full(t)
	for _, id := range strings.Fields(adFields + " " + hardwareFields) {
		advertising := slices.Contains(strings.Fields(adFields), id)
		for _, kind := range strings.Fields("telemetry events crash support feedback survey") {
			got := p.found(t, func(d *source.Doc) {
				d.Collection[0].Kind, d.Collection[0].Platforms = kind, []string{"android"}
				d.Collection[0].Fields = []source.IntakeField{{ID: id, Kind: "digest"}}
			})
			if !says(got, "/collection/0/fields/0/id", "at a login only") {
				t.Errorf("%s takes %s", kind, id)
			}
		}
		signIn := func(platform, kind string) []source.Problem {
			return p.found(t, func(d *source.Doc) {
				d.Collection[4].Platforms = []string{platform}
				d.Collection[4].Fields = []source.IntakeField{{ID: id, Kind: kind}}
			})
		}
		if got := signIn("android", "digest"); len(got) > 0 {
			t.Errorf("%s is refused at a login on android: %+v", id, got)
		}
		if got := signIn("android", "version"); !says(got, "/collection/4/fields/0/kind", "kept as it is") {
			t.Errorf("%s is kept as it is", id)
		}
		if got := signIn("ios", "digest"); says(got, "/collection/4/fields/0/id", "on ios") != advertising {
			t.Errorf("%s at a login on ios: %+v", id, got)
		}
	}
}

func TestHarmlessNamesAreAccepted(t *testing.T) {
	t.Parallel()
	p := full(t)
	for _, id := range []string{"os_version", "app_version", "device_model", "language", "time_zone", "screen_resolution", "result", "duration", "session_length", "feature", "country", "device_id", "error_code"} {
		got := p.found(t, func(d *source.Doc) {
			d.Collection[2].Fields = []source.IntakeField{{ID: id, Kind: "word", Max: 40}}
		})
		if len(got) > 0 {
			t.Errorf("%s: %+v", id, got)
		}
	}
}

func TestAKitOfWhichOnlyTheNameIsKnownIsBuiltInNowhere(t *testing.T) {
	t.Parallel()
	p := full(t)
	named := source.SDK{Name: "OSS", Company: "Alibaba", PolicyURL: "https://a.com/p"}
	if got := p.found(t, func(d *source.Doc) { d.SDKs[0] = named }); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	named.Tracking = true
	if got := p.found(t, func(d *source.Doc) { d.SDKs[0] = named }); !says(got, "/sdks/0/tracking", "MIX-1.4-04") {
		t.Errorf("%+v", got)
	}
	named.Platforms = []string{"android"}
	for _, want := range []string{"which version", "unchecked", "no purpose", "who receives"} {
		if got := p.found(t, func(d *source.Doc) { d.SDKs[0] = named }); !says(got, "/sdks/0", want) {
			t.Errorf("%s is not asked: %+v", want, got)
		}
	}
}

func TestPlatformsOutsideAListAreNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		list, of []string
		want     string
	}{
		{nil, nil, ""}, {nil, []string{"android"}, "ios"}, {[]string{"android"}, nil, ""}, {[]string{"android", "web"}, []string{"android"}, "web"}, {[]string{"ios"}, []string{"ios", "web"}, ""},
	} {
		if got := outside(tt.list, tt.of); got != tt.want {
			t.Errorf("%v outside %v: %q", tt.list, tt.of, got)
		}
	}
}
