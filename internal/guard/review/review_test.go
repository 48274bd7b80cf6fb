package review_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

const task = privacy.TaskID("tsk_1")

// gate answers from a script, one answer per text, and remembers what it saw.
type gate struct {
	name  string
	judge func(ctx context.Context, text string) (review.Opinion, error)
	saw   []string
}

func (g *gate) Name() string { return g.name }

func (g *gate) Judge(ctx context.Context, req review.Request) (review.Opinion, error) {
	g.saw = append(g.saw, req.Prompt.Reveal())
	return g.judge(ctx, req.Prompt.Reveal())
}

func says(op review.Opinion) func(context.Context, string) (review.Opinion, error) {
	return func(context.Context, string) (review.Opinion, error) { return op, nil }
}

var (
	allow = says(review.Opinion{Decision: review.Allow})
	block = says(review.Opinion{Decision: review.Block, Rule: "R-12"})
)

func rewrite(to string) review.Opinion {
	return review.Opinion{Decision: review.Rewrite, Rule: "R-31", Text: privacy.NewText(to)}
}

func load(t testing.TB, app string) *policy.Policy {
	t.Helper()
	src, err := apps.FS.ReadFile(app + "/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(app, src)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mac(s string) string {
	sum := sha256.Sum256([]byte("key" + s))
	return hex.EncodeToString(sum[:])
}

func feature(t testing.TB, p *policy.Policy, id privacy.FeatureID) policy.Feature {
	t.Helper()
	f, ok := p.Feature(id)
	if !ok {
		t.Fatalf("the policy has no feature %s", id)
	}
	return f
}

func prompt(s string) map[privacy.Field]privacy.Text {
	return map[privacy.Field]privacy.Text{review.Main: privacy.NewText(s)}
}

func request(t testing.TB, p *policy.Policy, text string) review.Request {
	return review.Request{Task: task, Feature: feature(t, p, "avatar"), Prompt: privacy.NewText(text), At: time.Unix(0, 0).UTC()}
}

// run reviews a text with one script per step of PixPlus' avatar: prompt_rules and media_gate.
func run(t testing.TB, text string, prompt, media func(context.Context, string) (review.Opinion, error)) (review.Verdict, *privacy.Text, map[string]*gate) {
	t.Helper()
	p := load(t, "pixplus")
	gates := map[string]*gate{"prompt_rules": {name: "prompt_rules", judge: prompt}, "media_gate": {name: "media_gate", judge: media}}
	asked := map[string]review.Gate{}
	for name, g := range gates {
		if g.judge != nil {
			asked[name] = g
		}
	}
	v, text2, err := review.Run(context.Background(), asked, mac, p, request(t, p, text))
	if err != nil {
		t.Fatal(err)
	}
	if v.Task != task || v.PolicyHash != p.Hash() || v.Feature != "avatar" || !v.At.Equal(time.Unix(0, 0)) {
		t.Errorf("the verdict does not say what it is about: %+v", v)
	}
	return v, text2, gates
}

func TestATextThatEveryStepAllowsIsClearedAsItIs(t *testing.T) {
	t.Parallel()
	v, text, gates := run(t, "make her smile", allow, allow)
	if v.Outcome != review.Cleared || v.Pass != 1 || text != nil || v.Rule != "" {
		t.Errorf("verdict %+v, text %v", v, text)
	}
	for name, g := range gates {
		if !slices.Equal(g.saw, []string{"make her smile"}) {
			t.Errorf("%s judged %q", name, g.saw)
		}
	}
}

func TestOneBlockIsEnoughWhateverTheOthersSay(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(context.Context, string) (review.Opinion, error){
		"allow": allow, "rewrite": says(rewrite("x")), "error": func(context.Context, string) (review.Opinion, error) { return review.Opinion{}, errors.New("x") },
	} {
		if v, text, _ := run(t, "x", other, block); v.Outcome != review.Blocked || v.Rule != "R-12" || text != nil {
			t.Errorf("%s first: %+v", name, v)
		}
		if v, _, _ := run(t, "x", block, other); v.Outcome != review.Blocked {
			t.Errorf("%s second: %+v", name, v)
		}
	}
}

func TestARewrittenTextIsJudgedAgainByEveryStepAndWaitsForThePerson(t *testing.T) {
	t.Parallel()
	v, text, gates := run(t, "risky", func(_ context.Context, s string) (review.Opinion, error) {
		if s == "risky" {
			return rewrite("safe"), nil
		}
		return review.Opinion{Decision: review.Allow}, nil
	}, allow)
	if v.Outcome != review.Rewritten || v.Rule != "R-31" || v.Pass != 2 || text == nil || text.Reveal() != "safe" {
		t.Fatalf("verdict %+v", v)
	}
	for name, g := range gates {
		if !slices.Equal(g.saw, []string{"risky", "safe"}) {
			t.Errorf("%s judged %q", name, g.saw)
		}
	}
	if _, err := review.Clear(v, mac, prompt(text.Reveal()), load(t, "pixplus")); err == nil {
		t.Error("a rewrite that the person has not confirmed is cleared")
	}
}

func TestARewriteThatAnotherStepBlocksIsBlocked(t *testing.T) {
	t.Parallel()
	v, text, _ := run(t, "risky", says(rewrite("worse")), func(_ context.Context, s string) (review.Opinion, error) {
		if s == "worse" {
			return review.Opinion{Decision: review.Block, Rule: "R-13"}, nil
		}
		return review.Opinion{Decision: review.Allow}, nil
	})
	if v.Outcome != review.Blocked || v.Rule != "R-13" || text != nil {
		t.Errorf("verdict %+v", v)
	}
}

func TestATextThatResistsBeingMadeSafeIsBlockedAfterThreeTries(t *testing.T) {
	t.Parallel()
	v, text, gates := run(t, "risky", func(_ context.Context, s string) (review.Opinion, error) { return rewrite(s + "!"), nil }, allow)
	if v.Outcome != review.Blocked || v.Rule != "R-31" || v.Pass != 3 || text != nil {
		t.Errorf("verdict %+v", v)
	}
	if want := []string{"risky", "risky!", "risky!!"}; !slices.Equal(gates["media_gate"].saw, want) {
		t.Errorf("judged %q", gates["media_gate"].saw)
	}
}

func TestWhateverGoesWrongHoldsTheTask(t *testing.T) {
	t.Parallel()
	for want, judge := range map[string]func(context.Context, string) (review.Opinion, error){
		"prompt_rules.missing": nil,
		"prompt_rules.error": func(context.Context, string) (review.Opinion, error) {
			return review.Opinion{Decision: review.Allow}, errors.New("canary")
		},
		"prompt_rules.panic":   func(context.Context, string) (review.Opinion, error) { panic("canary") },
		"prompt_rules.unknown": says(review.Opinion{}),
		"R-7":                  says(review.Opinion{Decision: review.Hold, Rule: "R-7"}),
		"prompt_rules.rule":    says(review.Opinion{Decision: review.Hold, Rule: "her name is canary"}),
	} {
		if v, text, _ := run(t, "x", judge, allow); v.Outcome != review.Held || v.Rule != want || text != nil {
			t.Errorf("%s: %+v", want, v)
		}
	}
	for name, op := range map[string]review.Opinion{
		"a decision that does not exist":       {Decision: 99},
		"a rewrite without a text":             {Decision: review.Rewrite, Rule: "R-1"},
		"a rewrite whose text was never boxed": {Decision: review.Rewrite, Rule: "R-1", Text: privacy.NewText("")},
	} {
		if v, _, _ := run(t, "x", says(op), allow); v.Outcome != review.Held || v.Rule != "prompt_rules.unknown" {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestASlowGateHoldsTheTaskWhetherOrNotItListens(t *testing.T) {
	t.Parallel()
	for name, judge := range map[string]func(context.Context, string) (review.Opinion, error){
		"listens": func(ctx context.Context, _ string) (review.Opinion, error) {
			<-ctx.Done()
			return review.Opinion{Decision: review.Allow}, nil
		},
		"sleeps": func(context.Context, string) (review.Opinion, error) {
			time.Sleep(time.Hour)
			return review.Opinion{Decision: review.Allow}, nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := load(t, "pixplus")
			gates := map[string]review.Gate{"prompt_rules": &gate{judge: judge}, "media_gate": &gate{judge: allow}}
			v, _, err := review.Run(t.Context(), gates, mac, p, request(t, p, "x"))
			if err != nil || v.Outcome != review.Held || v.Rule != "prompt_rules.timeout" {
				t.Errorf("%s: %+v %v", name, v, err)
			}
			time.Sleep(2 * time.Hour) // the bubble wants every goroutine to end
		})
	}
}

func TestACallerThatGoesAwayGetsNoVerdict(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	ctx, cancel := context.WithCancel(context.Background())
	leave := func(context.Context, string) (review.Opinion, error) {
		cancel()
		return review.Opinion{Decision: review.Allow}, nil
	}
	gates := map[string]review.Gate{"prompt_rules": &gate{judge: leave}, "media_gate": &gate{judge: allow}}
	v, text, err := review.Run(ctx, gates, mac, p, request(t, p, "x"))
	if !errors.Is(err, context.Canceled) || v != (review.Verdict{}) || text != nil {
		t.Errorf("%+v %v", v, err)
	}
}

func TestThePolicysStepsCountAndNotTheCallers(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	req := request(t, p, "x")
	req.Feature.Review = nil
	if v, _, _ := review.Run(context.Background(), nil, mac, p, req); v.Outcome != review.Held || v.Rule != "prompt_rules.missing" {
		t.Errorf("a caller dropped the review: %+v", v)
	}
	for name, change := range map[string]func(*review.Request){
		"an unknown feature": func(r *review.Request) { r.Feature.ID = "no_such" },
		"no task":            func(r *review.Request) { r.Task = "" },
	} {
		req := request(t, p, "x")
		change(&req)
		if v, _, err := review.Run(context.Background(), nil, mac, p, req); v.Outcome != review.Held || v.Rule != "review.unknown" || err != nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestOnlyTheExactClearedTextUnderTheSamePolicyIsCleared(t *testing.T) {
	t.Parallel()
	p, other := load(t, "pixplus"), load(t, "aifitting")
	good, _, _ := run(t, "make her smile", allow, allow)
	if c, err := review.Clear(good, mac, prompt("make her smile"), p); err != nil || !c.Valid() || !c.Covers(p, task, feature(t, p, "avatar")) {
		t.Fatalf("refused: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*review.Verdict)
		mac    func(string) string
		text   string
		policy *policy.Policy
	}{
		"held":            {func(v *review.Verdict) { v.Outcome = review.Held }, mac, "make her smile", p},
		"blocked":         {func(v *review.Verdict) { v.Outcome = review.Blocked }, mac, "make her smile", p},
		"rewritten":       {func(v *review.Verdict) { v.Outcome = review.Rewritten }, mac, "make her smile", p},
		"zero":            {func(v *review.Verdict) { *v = review.Verdict{} }, mac, "make her smile", p},
		"only cleared":    {func(v *review.Verdict) { *v = review.Verdict{Outcome: review.Cleared} }, mac, "", p},
		"another text":    {nil, mac, "make her smile ", p},
		"no text":         {nil, mac, "", p},
		"another task":    {func(v *review.Verdict) { v.Task = "tsk_2" }, mac, "make her smile", p},
		"another key":     {nil, func(s string) string { return mac(s + "x") }, "make her smile", p},
		"no key":          {func(v *review.Verdict) { v.PromptMAC = "" }, func(string) string { return "" }, "make her smile", p},
		"another policy":  {nil, mac, "make her smile", other},
		"an older policy": {func(v *review.Verdict) { v.PolicyHash = "old" }, mac, "make her smile", p},
	} {
		v := good
		if c.change != nil {
			c.change(&v)
		}
		if got, err := review.Clear(v, c.mac, prompt(c.text), c.policy); err == nil || got.Valid() || fault.CodeOf(err) != "review-required" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAClearanceCoversOneTaskAndFeatureOnly(t *testing.T) {
	t.Parallel()
	p, other := load(t, "pixplus"), load(t, "aifitting")
	avatar := feature(t, p, "avatar")
	c := guardtest.Clearance(p, task, avatar)
	if !c.Covers(p, task, avatar) {
		t.Error("a clearance does not cover its own task")
	}
	if c.Covers(p, "tsk_2", avatar) || c.Covers(p, task, feature(t, p, "portrait_enhance")) || c.Covers(other, task, avatar) || c.Covers(nil, task, avatar) {
		t.Error("a clearance covers more than its task, feature and policy")
	}
	var zero review.Clearance
	if zero.Valid() || zero.Covers(p, "", policy.Feature{}) || zero.Covers(p, task, avatar) {
		t.Error("the zero clearance covers something")
	}
	permit := guardtest.Permit(p, "sub_1", task, avatar, "con_1")
	if !permit.Covers(p, "sub_1", task, avatar) || permit.Covers(p, "sub_2", task, avatar) {
		t.Error("the permit for tests covers the wrong person")
	}
}

func TestAClearanceCannotBeStoredOrRead(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	c := guardtest.Clearance(p, task, feature(t, p, "avatar"))
	if out, err := json.Marshal(c); err == nil {
		t.Errorf("json: %s", out)
	}
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(c); err == nil {
		t.Error("gob encodes a clearance")
	}
	if _, err := c.MarshalText(); err == nil {
		t.Error("text")
	}
	var line bytes.Buffer
	slog.New(slog.NewTextHandler(&line, nil)).Info("x", "c", c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%s"} {
		line.WriteString(fmt.Sprintf(verb, c))
	}
	if strings.Contains(line.String(), string(task)) || strings.Contains(line.String(), string(p.Hash())) {
		t.Errorf("printed: %s", line.String())
	}
}

func TestAVerdictHoldsCodesOnlyAndEqualTextsOfTwoTasksDiffer(t *testing.T) {
	t.Parallel()
	v, _, _ := run(t, "canary", allow, allow)
	out, err := json.Marshal(v)
	if err != nil || strings.Contains(string(out), "canary") {
		t.Errorf("verdict %s %v", out, err)
	}
	p := load(t, "pixplus")
	req := request(t, p, "canary")
	req.Task = "tsk_2"
	second, _, _ := review.Run(context.Background(), map[string]review.Gate{"prompt_rules": &gate{judge: allow}, "media_gate": &gate{judge: allow}}, mac, p, req)
	if second.PromptMAC == v.PromptMAC {
		t.Error("two people who write the same can be linked")
	}
}

func TestOutcomesAreWordsAndUnknownWordsHold(t *testing.T) {
	t.Parallel()
	for _, o := range []review.Outcome{review.Held, review.Blocked, review.Rewritten, review.Cleared} {
		if review.ParseOutcome(o.String()) != o {
			t.Errorf("%s", o)
		}
	}
	for _, word := range []string{"", "cleared", "ALLOWED", "yes"} {
		if review.ParseOutcome(word) != review.Held {
			t.Errorf("%q passes", word)
		}
	}
}
