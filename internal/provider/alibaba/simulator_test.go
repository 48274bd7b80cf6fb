package alibaba_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	sim "vow.example/vow/internal/sim/alibaba"
	"vow.example/vow/internal/sim/kit"
)

// desk is the example wiring in front of a simulator.
type desk struct {
	*provider.Pool
	t    *testing.T
	sim  *sim.Sim
	base string
	tap  *tap
}

func open(t *testing.T, edits ...func(*sim.Options)) *desk {
	t.Helper()
	d := &desk{t: t, sim: simulator(t, edits...), tap: &tap{}}
	d.base = d.tap.in(t, d.sim).URL
	c := config(d.base)
	c.Links, _ = book(t)
	d.Pool = pool(t, c, wiring(t))
	return d
}

// content is what a person gives for a feature.
func content(t *testing.T, f privacy.FeatureID) map[privacy.Field]string {
	t.Helper()
	c := map[privacy.Field]string{}
	for field := range wiring(t)[recipient].Workflows[f].Nodes {
		switch {
		case strings.HasSuffix(string(field), "photo"):
			c[field] = picture(t, string(field))
		case field == "scale":
			c[field] = "2"
		case f == "sketch":
			c[field] = "full"
		default:
			c[field] = "cartoon"
		}
	}
	return c
}

func (d *desk) begin(f privacy.FeatureID, progress *[]byte) (driver.Begun, error) {
	d.t.Helper()
	start := provider.Start{}
	if progress != nil {
		start.Save = keep(progress)
	}
	return d.Begin(d.t.Context(), disclose(f, content(d.t, f)), start)
}

// holds lists what the simulator still has, apart from what it says nothing about.
func (d *desk) holds() (list []string) {
	for _, h := range d.sim.Received().Holds {
		list = append(list, h.Kind+" "+h.Field)
	}
	return list
}

// TestEveryRefusalOfTheServiceIsUnderstood sends each of the service's own words over the line. Its
// internal errors are transient for the driver; of a call with content, which has no key against
// duplicates, the pool makes an unknown outcome, and what it carried counts as sent.
func TestEveryRefusalOfTheServiceIsUnderstood(t *testing.T) {
	t.Parallel()
	table := map[egress.Class][]string{
		egress.Auth:      {"AuthFailed", "SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "InvalidAccessKeySecret", "IncompleteSignature", "SignatureNonceUsed", "InvalidTimeStamp.Expired", "EntityNotExist.Role"},
		egress.Quota:     {"InvalidApi.NotPurchase", "InvalidApi.ForbiddenInvoke", "InvalidApi.OutOfService", "InvalidAction.NotFound", "InvalidDB.Status"},
		egress.Bug:       {"ParameterError", "ClientError.IllegalArgument"},
		egress.BadMedia:  {"IllegalUrlParameter", "InvalidFile.Content", "InvalidFile.Decode", "InvalidFile.Size", "InvalidFile.Type", "InvalidFile.URL", "InvalidFile.Resolution", "InvalidFile.Download", "InvalidImage.Content"},
		egress.Throttled: {"Throttling", "Throttling.User"},

		egress.UnknownOutcome: {"InternalError", "InternalError.Algo", "InternalError.Timeout", "Timeout"},
	}
	d := open(t)
	for class, codes := range table {
		for _, code := range codes {
			d.sim.Next(sim.Script{Code: code})
			var progress []byte
			_, err := d.begin("colorize", &progress)
			e := asError(t, err)
			if e.Class != class || e.Code != code || !e.WasSent || (e.RetryAfter == 1500*time.Millisecond) != (class == egress.Throttled) {
				t.Errorf("%s: %+v, want %q", code, e, class)
			}
			if sent, _ := provider.Sent(progress); (len(sent) > 0) == class.Retryable() || provider.Interrupted(progress) != (class == egress.UnknownOutcome) {
				t.Errorf("%s: %v counts as sent, progress %s", code, sent, progress)
			}
		}
	}
	d.sim.Next(sim.Script{Code: "NobodyKnowsThis", Status: 588})
	if _, err := d.begin("colorize", nil); asError(t, err).Class != egress.UnknownOutcome {
		t.Errorf("a status of their own: %v", err)
	}
	d.sim.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if _, err := d.begin("colorize", nil); asError(t, err).Class != egress.Throttled {
		t.Errorf("a busy service: %v", err)
	}
}

func TestAFaceSwapLeavesNothingButTheResult(t *testing.T) {
	t.Parallel()
	d := open(t)
	begun, err := d.begin("face_swap", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.holds(); slices.ContainsFunc(got, func(h string) bool { return strings.HasPrefix(h, "template") }) {
		t.Errorf("when it is over it holds %v", got)
	}
	residue, err := d.Forget(t.Context(), recipient, begun.Ticket)
	if err != nil || !slices.Equal(residue.Erased, []string{"template"}) || len(residue.Held) != 2 {
		t.Errorf("got %+v, %v", residue, err)
	}
}

// TestATemplateThatWillNotGoIsToldUntilItIsGone lets the service confirm deletions that it does
// not make.
func TestATemplateThatWillNotGoIsToldUntilItIsGone(t *testing.T) {
	t.Parallel()
	d := open(t)
	for range 2 {
		d.sim.Next(sim.Script{Action: "DeleteFaceImageTemplate", Ignore: true})
	}
	begun, err := d.begin("face_swap", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.holds(); !slices.Contains(got, "template template_photo") {
		t.Fatalf("it holds %v", got)
	}
	kept := driver.Held{What: "template", Reason: "erase-failed"}
	for n, want := range []bool{true, false} {
		residue, err := d.Forget(t.Context(), recipient, begun.Ticket)
		if err != nil || slices.Contains(residue.Held, kept) != want || slices.Contains(residue.Erased, "template") == want {
			t.Errorf("attempt %d: %+v, %v", n, residue, err)
		}
	}
	if got := d.holds(); slices.Contains(got, "template template_photo") {
		t.Errorf("it holds %v", got)
	}
}

func TestAnInterruptedSwapIsCleanedUpFromWhatWasSaved(t *testing.T) {
	t.Parallel()
	d := open(t)
	var progress []byte
	d.sim.Inject(kit.Injection{Fault: kit.LostReply, Match: nth(1, "POST"), Times: 1})
	_, err := d.begin("face_swap", &progress)
	if e := asError(t, err); e.Class != egress.UnknownOutcome || !provider.Interrupted(progress) {
		t.Fatalf("got %+v", e)
	}
	left, ok := d.Leftover(recipient, progress)
	if !ok || !slices.Contains(d.holds(), "template template_photo") {
		t.Fatalf("left %v, it holds %v", ok, d.holds())
	}
	if residue, err := d.Forget(t.Context(), recipient, left); err != nil || !slices.Equal(residue.Erased, []string{"template"}) {
		t.Errorf("got %+v, %v", residue, err)
	}
	if got := d.holds(); slices.Contains(got, "template template_photo") {
		t.Errorf("it holds %v", got)
	}
}

func TestJobsThatFailSayWhy(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, want := range []driver.Status{
		{State: driver.Failed, Class: egress.BadMedia, Code: "InvalidFile.Content"}, {State: driver.Failed, Class: egress.Failed, Code: "TIMEOUT_FAILED"},
		{State: driver.Failed, Class: egress.Failed, Code: "LIMIT_RETRY_FAILED"},
	} {
		script := sim.Script{Action: "GenerateCartoonizedImage", JobStatus: want.Code}
		if want.Class == egress.BadMedia {
			script.JobStatus, script.JobCode = "PROCESS_FAILED", want.Code
		}
		d.sim.Next(script)
		begun, err := d.begin("cartoonize_async", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.end(begun); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func (d *desk) end(begun driver.Begun) driver.Status {
	d.t.Helper()
	for range 1000 {
		s, err := d.Poll(d.t.Context(), recipient, begun.Ticket)
		if err != nil {
			d.t.Fatal(err)
		}
		if s.State == driver.Done || s.State == driver.Failed {
			return s
		}
		time.Sleep(2 * time.Millisecond)
	}
	d.t.Fatal("the job does not end")
	return driver.Status{}
}

// update writes the golden files instead of comparing them: go test -update, then read them.
var update = flag.Bool("update", false, "write the golden files")

// TestGoldenWireFiles runs every feature of the example with everything it takes, and writes down
// what went over the wire and what came of it.
func TestGoldenWireFiles(t *testing.T) {
	t.Parallel()
	for f := range wiring(t)[recipient].Workflows {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			d := open(t, func(o *sim.Options) {
				o.Faces = func([]byte) []sim.Face { return []sim.Face{{Age: 31, Quality: 88.1}, {Age: 9, Gender: 1, Quality: 40}} }
			})
			begun, err := d.begin(f, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := d.report(f, d.outcome(begun))
			name := filepath.Join("testdata", "golden", string(f)+".txt")
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v); read it, then -update:\n%s", name, err, got)
			}
			if odd := d.sim.Received().Violations; len(odd) > 0 {
				t.Errorf("the recipient noticed %v", odd)
			}
			var arrived []privacy.Field
			for _, r := range d.sim.Received().Requests {
				for _, field := range r.Fields {
					arrived = append(arrived, privacy.Field(field))
				}
			}
			if slices.Sort(arrived); !slices.Equal(arrived, slices.Sorted(maps.Keys(content(t, f)))) {
				t.Errorf("the recipient received %v", arrived)
			}
		})
	}
}

// outcome takes a task to its end and says what is kept and what stays.
func (d *desk) outcome(begun driver.Begun) string {
	d.t.Helper()
	if begun.Status != nil {
		raw, err := json.Marshal(begun.Status.Results[0].Attributes)
		if err != nil {
			d.t.Fatal(err)
		}
		return "Kept of the answer: " + string(raw) + "\n"
	}
	s := d.end(begun)
	body, meta, err := d.Fetch(d.t.Context(), recipient, *s.Results[0].File)
	if err != nil {
		d.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, body)
	_ = body.Close()
	residue, err := d.Forget(d.t.Context(), recipient, begun.Ticket)
	if err != nil {
		d.t.Fatal(err)
	}
	out := "Kept of the answer: a picture, " + meta.MediaType + "\n"
	for _, what := range residue.Erased {
		out += "Erased there, and found gone: " + what + "\n"
	}
	for _, h := range residue.Held {
		until := "Alibaba states no time"
		if h.For > 0 {
			until = h.For.String()
		}
		out += fmt.Sprintf("Stays there: %s, %s (%s)\n", h.What, until, h.Reason)
	}
	return out
}

// report is written for a privacy officer: what goes over the wire, one line each.
func (d *desk) report(f privacy.FeatureID, outcome string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Mixoo, feature %s: everything that goes to Alibaba Cloud for one task, in order.\n", f)
	b.WriteString("[link] is a short-lived address of our server from which the picture is read, [random] is made for this request alone.\nRepeated questions are left out.\n")
	told := map[string]bool{}
	for _, r := range d.tap.list {
		if r.action() == "" {
			continue // the result is read
		}
		line := fmt.Sprintf("%s / %s of version %s", r.method, r.action(), r.header.Get("x-acs-version"))
		if told[line] {
			continue
		}
		told[line] = true
		fmt.Fprintf(&b, "\n%s\n", line)
		for _, name := range slices.Sorted(maps.Keys(r.header)) {
			fmt.Fprintf(&b, "  %s: %s\n", name, hide(name, r.header.Get(name)))
		}
		for where, values := range map[string]map[string][]string{"query": r.query, "body": r.form} {
			for _, name := range slices.Sorted(maps.Keys(values)) {
				fmt.Fprintf(&b, "  %s %s = %s\n", where, name, hide(name, values[name][0]))
			}
		}
	}
	return b.String() + "\n" + outcome
}

// hide takes out what changes from run to run.
func hide(name, v string) string {
	switch {
	case name == "X-Acs-Date":
		return "[now]"
	case name == "X-Acs-Signature-Nonce":
		return "[random]"
	case name == "X-Acs-Content-Sha256":
		return "[digest of the body]"
	case name == "Content-Length" && v != "0":
		return "[number]"
	case strings.HasPrefix(v, "http://127.0.0.1:"):
		return "[link]"
	}
	v = regexp.MustCompile(`Signature=[0-9a-f]{64}`).ReplaceAllString(v, "Signature=[signature]")
	return regexp.MustCompile(`(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(v, "[name given by Alibaba]")
}
