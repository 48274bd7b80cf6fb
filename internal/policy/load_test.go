package policy_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

func TestAFileOfTheWrongFormIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	minimal := string(policytest.Minimal())
	deep := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	for name, tc := range map[string]struct{ src, at, want string }{
		"an unknown key is refused with a near word": {strings.Replace(minimal, "training: never", "trainning: never", 1), "p.yaml:13:1", `did you mean "training"?`},
		"a repeated key is refused":                  {strings.Replace(minimal, "training: never", "training: never\ntraining: never", 1), "p.yaml:14:1", "given twice; the first is in line 13"},
		"an anchor is refused":                       {strings.Replace(minimal, "training: never", "training: &a never", 1), "p.yaml:13:", "anchors, aliases and merge keys"},
		"an alias is refused":                        {strings.Replace(minimal, "training: never", "training: *a", 1), "p.yaml:13:", "anchors, aliases and merge keys"},
		"a merge key is refused":                     {strings.Replace(minimal, "{mode: none}", "{<<: {mode: none}}", 1), "cookies", "not a plain text"},
		"a tag is refused":                           {strings.Replace(minimal, "training: never", "training: !!str never", 1), "p.yaml:13:", "tags are not allowed"},
		"an empty value is refused":                  {strings.Replace(minimal, "training: never", "training:", 1), "p.yaml:13:", "empty"},
		"two documents are refused":                  {minimal + "---\n" + minimal, "p.yaml:", "more than one document"},
		"a file over the size limit is refused":      {minimal + "#" + strings.Repeat("x", 256<<10), "p.yaml:1:1", "larger than 256 KB"},
		"too many lines are refused":                 {minimal + strings.Repeat("#\n", 9000), "p.yaml:8000:1", "more than 8000 lines"},
		"an empty file is refused":                   {" \n", "p.yaml:1:1", "empty"},
		"a comment alone is refused":                 {"# nothing\n", "p.yaml:1:1", "no document"},
		"bytes that are no text are refused":         {minimal + "\xff", "p.yaml:1:1", "not UTF-8"},
		"deep nesting is refused":                    {"format: " + deep, "p.yaml:1:1", "nested too deeply"},
		"broken YAML is refused":                     {strings.Replace(minimal, "app: {", "app: {{", 1), "p.yaml:3:", "YAML"},
		"a missing member is refused":                {strings.Replace(minimal, "training: never\n", "", 1), "p.yaml:", `"training" is missing`},
		"a value of the wrong type is refused":       {strings.Replace(minimal, "min_age: 13", "min_age: young", 1), "p.yaml:11:19", "want integer"},
		"a value out of bounds is refused":           {strings.Replace(minimal, "min_age: 13", "min_age: 99", 1), "p.yaml:11:19", "write an age in years"},
		"a version that is no version is refused":    {strings.Replace(minimal, "version: v1", "version: final", 1), "p.yaml:4:10", "write a version such as v1"},
		"a list is no policy":                        {"- a\n- b\n", "p.yaml:1:", "want object"},
		"lines that end in two characters are one":   {strings.ReplaceAll(strings.Replace(minimal, "training: never", "trainning: never", 1), "\n", "\r\n"), "p.yaml:13:1", `did you mean "training"?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Load("p.yaml", []byte(tc.src))
			var problems *policy.Problems
			if !errors.As(err, &problems) || len(problems.Findings) == 0 {
				t.Fatalf("accepted: %v", err)
			}
			if !strings.Contains(err.Error(), tc.at) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("want %q at %q, got\n%v", tc.want, tc.at, err)
			}
		})
	}
}

func TestAllErrorsComeAtOnceInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	src := policytest.Mutate(t, policytest.Minimal(), "email: privacy@sample.example", `email: ""`)
	src = policytest.Mutate(t, src, "limit: P180D", "limit: forever")
	src = policytest.Mutate(t, src, "id: sketch", "id: face_match")
	src = policytest.Mutate(t, src, "min_age: 13", "min_age: young") // a wrong shape hides no contradiction
	_, err := policy.Load("p.yaml", src)
	var problems *policy.Problems
	if !errors.As(err, &problems) || len(problems.Findings) != 4 {
		t.Fatalf("want four findings, got %v", err)
	}
	for i, want := range []string{"blank", "want integer", "face_match", "forever"} {
		if f := problems.Findings[i]; !strings.Contains(f.What, want) || i > 0 && f.Line <= problems.Findings[i-1].Line {
			t.Errorf("finding %d is %v", i, f)
		}
	}
	if f := problems.Findings[3]; f.Path != "retention[8].limit" || !strings.HasPrefix(f.String(), "p.yaml:") || !strings.Contains(f.String(), "(fix: give a finite number") {
		t.Errorf("the finding reads %q", f)
	}
}

func TestAMessageStaysReadableHoweverMuchIsWrong(t *testing.T) {
	t.Parallel()
	_, err := policy.Load("p.yaml", append(policytest.Minimal(), strings.Repeat("training: never\n", 3000)...))
	var problems *policy.Problems
	if !errors.As(err, &problems) || len(problems.Findings) != 501 || problems.Findings[500].What != "and 2500 more" {
		t.Errorf("%d findings", len(problems.Findings))
	}
}

func TestTheHashIgnoresLayoutAndNoticesMeaning(t *testing.T) {
	t.Parallel()
	src := policytest.Minimal()
	base := policytest.Load(t, src).Hash()
	if got := policytest.Load(t, append([]byte("# a remark\n\n"), src...)).Hash(); got != base {
		t.Error("a comment changes the hash")
	}
	reordered := policytest.Mutate(t, src, "app: {id: sample, name: {en: Sample}}", "app: {name: {en: \"Sample\"}, id: sample}")
	if got := policytest.Load(t, reordered).Hash(); got != base {
		t.Error("the order of keys changes the hash")
	}
	longer := policytest.Mutate(t, src, "limit: P7D", "limit: P8D")
	if got := policytest.Load(t, longer).Hash(); got == base || len(got) != 64 {
		t.Error("a longer retention keeps the hash")
	}
}

func TestFoldersAreLoadedAndTheirErrorsCollected(t *testing.T) {
	t.Parallel()
	bad := policytest.Mutate(t, policytest.Minimal(), "id: sample", "id: other")
	_, err := policy.LoadFS(fstest.MapFS{
		"sample/policy.yaml":  {Data: policytest.Minimal()},
		"renamed/policy.yaml": {Data: bad},
		"broken/policy.yaml":  {Data: []byte("x: 1\n")},
		"policy.schema.json":  {Data: []byte("{}")},
	})
	if err == nil || !strings.Contains(err.Error(), "broken/policy.yaml:1:1") || !strings.Contains(err.Error(), "give the folder the app's id") {
		t.Errorf("got %v", err)
	}
	if _, err := policy.LoadFS(fstest.MapFS{}); err == nil {
		t.Error("a folder without apps is accepted")
	}
	if _, err := policy.LoadDir(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing folder is accepted")
	}
}

func TestAFileIsLoadedFromDisk(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "policy.yaml")
	if _, err := policy.LoadFile(name); err == nil {
		t.Error("a missing file is accepted")
	}
	if err := os.WriteFile(name, policytest.Minimal(), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := policy.LoadFile(name); err != nil || p.App() != "sample" {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := policy.LoadFile(name); err == nil || !strings.Contains(err.Error(), "larger than 256 KB") {
		t.Errorf("got %v", err)
	}
}

func TestExampleAddressesAndUnsignedTermsAreForDemonstrationOnly(t *testing.T) {
	t.Parallel()
	for app, want := range map[string][]string{
		"pixplus":   {"the address is an example", "the contract with runninghub is a placeholder"},
		"aifitting": {"the address is an example", "the address is an example", "the contract with aws_s3 is a placeholder"},
	} {
		found := policytest.Load(t, policytest.Source(t, app)).DemoOnly()
		if len(found) != len(want) {
			t.Fatalf("%s: %v", app, found)
		}
		for i := range want {
			if found[i].What != want[i] || found[i].Line < 2 || found[i].File != "policy.yaml" {
				t.Errorf("%s: %v", app, found[i])
			}
		}
	}
	real := policytest.Mutate(t, policytest.Minimal(), "privacy@sample.example", "privacy@sample.org")
	if found := policytest.Load(t, real).DemoOnly(); len(found) != 0 {
		t.Errorf("a real address is for demonstration: %v", found)
	}
	unheard := policytest.Load(t, policytest.Mutate(t, real, "channels: [in_app]", "channels: [in_app, announcement, sms]")).DemoOnly()
	if len(unheard) != 1 || unheard[0].Path != "notices.channels[2]" || unheard[0].What != "nobody carries messages over sms" {
		t.Errorf("a channel that nobody carries: %v", unheard)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(policytest.Minimal())
	f.Add(policytest.Bench())
	f.Add(policytest.Full())
	for _, app := range []string{"pixplus", "aifitting", "mixoo"} {
		f.Add(policytest.Source(f, app))
	}
	for _, s := range []string{"", "a: *b", "a: &b {c: *b}", "? [a]\n: b", "- - - -", "a: |\n  b", "a: 99999999999999999999", "\"\\x00\": 1", "{a: b, a: c}", "a: !!binary x", "%YAML 1.1\n---\na: b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := policy.Load("fuzz.yaml", src)
		if (p == nil) == (err == nil) {
			t.Fatal("neither a policy nor an error")
		}
		if err != nil {
			var problems *policy.Problems
			if !errors.As(err, &problems) || len(problems.Findings) == 0 {
				t.Fatalf("an error without findings: %v", err)
			}
			return
		}
		for _, feature := range p.Features() {
			for _, lang := range p.Languages() {
				s, err := p.Screen(feature.ID, lang)
				if err != nil || s.Title == "" || s.Accept == "" || s.Decline == "" || len(s.What) == 0 || len(s.Who) == 0 || len(s.Keep) == 0 {
					t.Fatalf("an accepted policy has an incomplete screen: %+v %v", s, err)
				}
			}
		}
		for _, row := range p.Retention() {
			if row.Limit == (policy.Limit{}) {
				t.Fatalf("an accepted policy has a row without a limit: %+v", row)
			}
		}
	})
}
