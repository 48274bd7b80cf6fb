package prove_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/checks"
	"vow.example/vow/internal/prove/report"
)

// mutant is one seeded fault: a piece of the product is replaced, and at least one of the promises must be
// seen broken. Where a second guard stands behind the first, it is taken away also.
type mutant struct {
	Name     string `yaml:"name"`
	Fault    `yaml:",inline"`
	Also     []Fault  `yaml:"also"`
	Promises []string `yaml:"promises"`
}

// Fault is a piece of a file, and what stands in its place.
type Fault struct {
	File string `yaml:"file"`
	Old  string `yaml:"old"`
	New  string `yaml:"new"`
}

// faults are all of a mutant, each in a file of its own.
func (m mutant) faults() []Fault {
	if m.File == "" {
		return nil
	}
	return append([]Fault{m.Fault}, m.Also...)
}

func mutants(t *testing.T) []mutant {
	t.Helper()
	raw, err := os.ReadFile("testdata/mutants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []mutant
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.DisallowUnknownField()).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list
}

const root = "../.." // of the module

func TestEveryMutantFitsTheProduct(t *testing.T) {
	t.Parallel()
	list, proofs := mutants(t), checks.All()
	if len(list) < 25 {
		t.Errorf("%d mutants, want at least 25", len(list))
	}
	names := map[string]bool{}
	for _, m := range list {
		if names[m.Name] {
			t.Errorf("%s stands twice", m.Name)
		}
		names[m.Name] = true
		files := map[string]bool{}
		for _, f := range m.faults() {
			if files[f.File] {
				t.Errorf("%s changes %s twice", m.Name, f.File)
			}
			files[f.File] = true
			fits(t, m.Name, f)
		}
		for _, id := range m.Promises {
			if proofs[id].Check == nil {
				t.Errorf("%s: %s has no check", m.Name, id)
			}
		}
	}
}

func fits(t *testing.T, name string, f Fault) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, f.File))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if n := strings.Count(string(raw), f.Old); n != 1 {
		t.Errorf("%s: %s contains what is to be replaced %d times", name, f.File, n)
	}
	if strings.HasPrefix(f.File, "internal/prove") || strings.HasSuffix(f.File, "_test.go") {
		t.Errorf("%s changes what looks, not what is looked at", name)
	}
}

// TestEveryMutantIsCaught builds the program with each fault and lets it be looked at. It takes minutes, so
// it runs where VOW_MUTANTS names the mutants, or says all: make prove-mutants.
func TestEveryMutantIsCaught(t *testing.T) {
	wanted := os.Getenv("VOW_MUTANTS")
	if wanted == "" {
		t.Skip("VOW_MUTANTS is not set")
	}
	var list []mutant
	var promises []string
	for _, m := range mutants(t) {
		if wanted == "all" || slices.Contains(strings.Split(wanted, ","), m.Name) {
			list, promises = append(list, m), append(promises, m.Promises...)
		}
	}
	if len(list) == 0 {
		t.Fatalf("no mutant is called %q", wanted)
	}
	slices.Sort(promises)
	for _, r := range look(t, build(t, mutant{}), slices.Compact(promises)) {
		if r.Status == prove.Broken || r.Status == prove.NotYet {
			t.Fatalf("%s is %s without any fault: %s", r.ID, r.Status, r.Why)
		}
	}
	for _, m := range list {
		t.Run(m.Name, func(t *testing.T) {
			caught := []string{}
			for _, r := range look(t, build(t, m), m.Promises) {
				if r.Status == prove.Broken {
					caught = append(caught, r.ID)
					t.Logf("%s: %s", r.ID, r.Why)
				}
			}
			if len(caught) == 0 {
				t.Errorf("nobody sees the fault (looked at %s)", strings.Join(m.Promises, ", "))
			}
		})
	}
}

// build builds the program with the fault; without one, as it is.
func build(t *testing.T, m mutant) (binary string) {
	t.Helper()
	dir := t.TempDir()
	overlay := map[string]map[string]string{"Replace": {}}
	for i, f := range m.faults() {
		file, err := filepath.Abs(filepath.Join(root, f.File))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := filepath.Join(dir, strconv.Itoa(i)+filepath.Ext(f.File))
		if err := os.WriteFile(changed, []byte(strings.Replace(string(raw), f.Old, f.New, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][file] = changed
	}
	raw, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	plan := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(plan, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "vow")
	cmd := exec.Command("go", "build", "-overlay", plan, "-o", binary, "./cmd/vow")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the mutant does not compile: %v\n%s", err, out)
	}
	return binary
}

// look lets the program prove the promises of itself.
func look(t *testing.T, binary string, promises []string) []prove.Result {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.Command(binary, "prove", "--json", "--quiet", "--promise", strings.Join(promises, ","))
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	var doc report.Document
	if failed := json.Unmarshal(out.Bytes(), &doc); failed != nil {
		t.Fatalf("no report: %v %v\n%s", err, failed, complaints.Bytes())
	}
	return doc.Results
}
