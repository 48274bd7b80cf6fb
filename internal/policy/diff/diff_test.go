package diff

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

// edit is one edit of a policy file, and the one change that it must be found as.
type edit struct {
	name     string
	old, new string
	kind     Kind
	what     string
	class    Class
	reduces  bool
	screen   bool // a consent screen reads otherwise
}

func edits() []edit {
	return []edit{
		{"a longer clock", "starts: task_failed, limit: PT24H, end: destroy", "starts: task_failed, limit: PT48H, end: destroy", "clock.longer", "source_photo.task_failed", Material, true, true},
		{"a shorter clock", "starts: task_failed, limit: PT24H, end: destroy", "starts: task_failed, limit: PT12H, end: destroy", "clock.shorter", "source_photo.task_failed", Protects, false, true},
		{"a month that is longer than thirty days", "operational_log, starts: item_written, limit: P30D", "operational_log, starts: item_written, limit: P1M", "clock.longer", "operational_log.item_written", Material, true, true},
		{"a clock that people do not read on the screen", "moderation_record, starts: item_written, limit: P1Y", "moderation_record, starts: item_written, limit: P2Y", "clock.longer", "moderation_record.item_written", Material, true, false},
		{"a longer greatest age of a task", "max_task_age: PT24H", "max_task_age: PT36H", "task_age.longer", "task", Material, true, false},
		{"a shorter greatest age of a task", "max_task_age: PT24H", "max_task_age: PT12H", "task_age.shorter", "task", Protects, false, false},
		{"another address for questions", "privacy@sample.example", "help@sample.example", "contact.changed", "all", Significant, false, false},
		{"another operator", "controller: {name: {en: Sample}}", "controller: {name: {en: Other}}", "controller.changed", "controller", Significant, false, false},
		{"a further use of data", "{id: moderation_record, name: {en: Reviews}, storage: disk, purposes: [legal_duty]}", "{id: moderation_record, name: {en: Reviews}, storage: disk, purposes: [legal_duty, requested_feature]}", "category_use.widened", "moderation_record", Significant, true, false},
		{"a new purpose", "  - {id: legal_duty,", "  - {id: security, text: {en: stop abuse}}\n  - {id: legal_duty,", "purpose.added", "security", Significant, true, false},
		{"a later deadline of a right", "deadline: P7D working", "deadline: P15D working", "right_deadline.longer", "erase", Material, true, false},
		{"an earlier deadline of a right", "deadline: P7D working", "deadline: P5D working", "right_deadline.shorter", "erase", Protects, false, false},
		{"a further right", "  - {id: withdraw, text", "  - {id: copy, text: {en: Get a copy}, deadline: P7D, chosen_by: operator}\n  - {id: withdraw, text", "right.added", "copy", Protects, false, false},
		{"a lower age", "min_age: 13", "min_age: 12", "minors.weaker", "age", Material, false, false},
		{"a higher age", "min_age: 13", "min_age: 16", "minors.stronger", "age", Protects, false, false},
		{"consent that is asked less often", "consent: per_task", "consent: per_feature", "consent.weaker", "sketch", Material, true, true},
		{"another purpose of a feature's screen", "why: {en: only to make the result}", "why: {en: to make the result}", "screen.changed", "sketch", Neutral, false, true},
		{"a label that is gone", "label_ai: true", "label_ai: false", "mark.removed", "sketch", Material, false, false},
		{"another wording", "Write to {email}.", "Write us at {email}.", "text.changed", "all", Neutral, false, false},
		{"a longer announcement", "lead: immediate", "lead: P30D", "announcement.longer", "lead", Protects, false, false},
		{"a further channel", "channels: [in_app]", "channels: [in_app, email]", "announcement.widened", "channels", Neutral, false, false},
		{"a feature that is offered no longer", "state: live", "state: planned", "feature.removed", "sketch", Neutral, false, false},
	}
}

func TestEveryEditIsFoundAsWhatItIs(t *testing.T) {
	t.Parallel()
	was := policytest.Load(t, policytest.Minimal())
	for _, e := range edits() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			is := policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), e.old, e.new))
			found(t, Between(was, is), e)
		})
	}
}

func found(t *testing.T, d Diff, e edit) {
	t.Helper()
	i := slices.IndexFunc(d.Changes, func(c Change) bool { return c.Kind == e.kind && c.What == e.what })
	if i < 0 {
		t.Fatalf("no %s of %s among %v", e.kind, e.what, kinds(d))
	}
	if c := d.Changes[i]; c.Class != e.class || c.Reduces != e.reduces {
		t.Errorf("%s: class %s, reduces %v", e.kind, c.Class, c.Reduces)
	}
	if again := len(d.Reconsent()) > 0; again != e.screen {
		t.Errorf("asks again: %v, want %v: %v", again, e.screen, kinds(d))
	}
	for _, c := range d.Changes {
		for _, s := range []string{c.Sentence("en"), c.Sentence("zh-Hans")} {
			if strings.Trim(s, " :：()（）") == "" || strings.Contains(s, "()") || c.Kind.Label("en") == c.Kind.Label("zh-Hans") {
				t.Errorf("%s says %q", c.Kind, s)
			}
		}
	}
}

func kinds(d Diff) (list []string) {
	for _, c := range d.Changes {
		list = append(list, string(c.Kind)+" "+c.What)
	}
	return list
}

func TestTheSamePolicyChangesNothing(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*policy.Policy{"pixplus": policytest.PixPlus(t), "aifitting": policytest.AIFitting(t), "mixoo": policytest.Mixoo(t), "picwiz": policytest.Picwiz(t)} {
		if d := Between(p, p); len(d.Changes) > 0 || d.Class() != Neutral || d.Reduces() || d.SensitiveNew() {
			t.Errorf("%s: %v", name, kinds(d))
		}
	}
}

func TestANewNumberAndDateAloneChangeNothing(t *testing.T) {
	t.Parallel()
	src := policytest.Minimal()
	is := policytest.Mutate(t, policytest.Mutate(t, src, "version: v1", "version: v2"), `updated: "2026-06"`, `updated: "2026-07"`)
	if d := Between(policytest.Load(t, src), policytest.Load(t, is)); len(d.Changes) > 0 || d.From != "sample/v1" || d.To != "sample/v2" {
		t.Errorf("%+v", d)
	}
}

func TestAChangedArticleIsNamedInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	src := policytest.Source(t, "pixplus")
	d := Between(policytest.Load(t, src), policytest.Load(t, policytest.Mutate(t, src, "case_closed, limit: P30D", "case_closed, limit: P10D")))
	n := 0
	for _, c := range d.Changes {
		if c.Kind != "text.changed" {
			continue
		}
		n++
		if en, zh := c.Sentence("en"), c.Sentence("zh-Hans"); en == zh || !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.Contains(zh, "How long") {
			t.Errorf("%s says %q and %q", c.What, en, zh)
		}
	}
	if n == 0 {
		t.Error("no article changed")
	}
}

func TestAnotherRecipientIsSignificantAndReadsOnItsScreensAlone(t *testing.T) {
	t.Parallel()
	src := policytest.Source(t, "pixplus")
	was := policytest.Load(t, src)
	for name, e := range map[string]edit{
		"the name":            {old: "name: {en: RunningHub, zh-Hans: RunningHub}", new: "name: {en: RunningHub Inc, zh-Hans: RunningHub}", kind: "recipient.changed", what: "runninghub", class: Significant, screen: true},
		"the stated period":   {old: "outputs: P15D", new: "outputs: P16D", kind: "recipient_copy.longer", what: "runninghub.outputs", class: Material, reduces: true, screen: true},
		"a shorter period":    {old: "outputs: P15D", new: "outputs: P14D", kind: "recipient_copy.shorter", what: "runninghub.outputs", class: Protects, screen: true},
		"a period at last":    {old: "inputs: unknown", new: "inputs: P15D", kind: "recipient_copy.shorter", what: "runninghub.inputs", class: Protects, screen: true},
		"no period any more":  {old: "outputs: P15D", new: "outputs: unknown", kind: "recipient_copy.longer", what: "runninghub.outputs", class: Material, reduces: true, screen: true},
		"a shorter promise":   {old: "limit: P7D", new: "limit: P6D", kind: "clock.shorter", what: "generated_image.result_stored", class: Material, reduces: true, screen: true},
		"a date of the terms": {old: `reviewed: "2026-06-01"`, new: `reviewed: "2026-05-01"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := Between(was, policytest.Load(t, policytest.Mutate(t, src, e.old, e.new)))
			if e.kind == "" {
				if len(d.Changes) > 0 {
					t.Errorf("a fact that concerns nobody: %v", kinds(d))
				}
				return
			}
			found(t, d, e)
			for _, f := range d.Reconsent() {
				if x, _ := was.Feature(f); name == "the name" && x.IsLocal() {
					t.Errorf("%s runs here, and asks again", f)
				}
			}
		})
	}
}

func TestAFeatureThatGoesToSomebodyElseTakesSomethingAway(t *testing.T) {
	t.Parallel()
	was := policytest.PixPlus(t)
	is := *was
	c := &comparison{was: was, is: &is, a: was.Terms(), b: was.Terms()}
	f, _ := was.Feature("avatar")
	other := f
	other.Recipient, other.Model = "own_servers", "two"
	other.Fields = append(slices.Clone(f.Fields[1:]), policy.SentField{Field: "face_points", Transport: "text"})
	other.Review, other.Once = nil, true
	c.feature(thing{Feature, "avatar", f.Title}, f, other)
	c.feature(thing{Feature, "back", f.Title}, other, f)
	want := map[string]Class{
		"feature.stronger avatar": Protects, "feature.changed back": Significant, "sent_field.removed avatar.photo": Protects,
		"sent_field.added avatar.face_points": Material, "sent_field.added back.photo": Material, "review.narrowed avatar": Material, "review.widened back": Protects,
	}
	for _, x := range c.out {
		key := string(x.Kind) + " " + x.What
		if class, ok := want[key]; ok {
			delete(want, key)
			if x.Class < class {
				t.Errorf("%s is %s", key, x.Class)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

func TestAVersionIsWhatItsGreatestChangeIs(t *testing.T) {
	t.Parallel()
	d := Diff{Changes: []Change{{Class: Protects}, {Class: Significant}, {Class: Neutral}}}
	if d.Class() != Significant || (Diff{Changes: []Change{{Class: Protects}}}).Class() != Protects || (Diff{}).Class() != Neutral {
		t.Error("the class of a version")
	}
	if Unknown.String() != "unknown" || Protects.String() != "protects" || Neutral.String() != "neutral" || Material.String() != "material" || Significant.String() != "significant" {
		t.Error("the words of the API")
	}
}
