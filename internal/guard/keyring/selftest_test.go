package keyring

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestTheSelfTestDestroysAndCleansUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	report := SelfTest(dir)
	seen := map[string]Check{}
	for _, c := range report.Checks {
		t.Logf("%-4s %s: %s", c.Level, c.Name, c.Detail)
		seen[c.Name] = c
		if c.OK != (c.Level == OK) || c.Detail == "" {
			t.Errorf("%s: level and verdict differ, or no detail", c.Name)
		}
	}
	if c := seen["a destroyed key is gone from the file"]; !c.OK && Destroys {
		t.Errorf("destruction: %s", c.Detail)
	}
	if len(report.Checks) < 6 {
		t.Errorf("only %d checks", len(report.Checks))
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestTheSelfTestFailsWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	report := SelfTest(filepath.Join(t.TempDir(), "missing"))
	if report.OK() {
		t.Error("a missing directory passes")
	}
}

func TestCoreDumpsCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	err := DisableCoreDumps()
	if runtime.GOOS == "linux" && (err != nil || !coreDumpsOff()) {
		t.Errorf("core dumps: %v", err)
	}
}

func TestAPlaceIsUnknownWhereThereIsNoFile(t *testing.T) {
	t.Parallel()
	if _, err := physical(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing file has a place")
	}
}
