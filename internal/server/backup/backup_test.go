package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/keyring"
)

// site is a stopped server's data directory.
type site struct {
	t    *testing.T
	data string
	home string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, home: t.TempDir()}
	s.data = filepath.Join(s.home, "srv")
	s.put("vow.db", "rows")
	s.put("vow.db-wal", "more rows")
	s.put("vow.db-shm", "locks")
	s.put("clock", "now")
	s.put("objects/objects/ab/upl_1", strings.Repeat("ciphertext", 1000))
	s.put("buckets/picwiz-12/headers/objects/cd/out_2", "header")
	s.put("simulated/oss/1234", "somebody else's")
	s.keys(s.data)
	return s
}

func (s *site) put(name, content string) {
	s.t.Helper()
	path := filepath.Join(s.data, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		s.t.Fatal(err)
	}
}

// keys makes the key file of a data directory.
func (s *site) keys(data string) {
	s.t.Helper()
	ring, err := keyring.Open(filepath.Join(data, keysName), keyring.RootFromBytes([32]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := ring.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) order(to string) Order {
	return Order{Data: s.data, To: filepath.Join(s.home, to), Region: "US", Apps: []App{{"picwiz", "ab12"}}, Created: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
}

func (s *site) create(to string) Manifest {
	s.t.Helper()
	m, err := Create(s.t.Context(), s.order(to))
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// wipe leaves what an operator leaves: the keys and what is a demonstration's.
func (s *site) wipe() {
	s.t.Helper()
	for _, name := range []string{"vow.db", "vow.db-wal", "vow.db-shm", "objects", "buckets"} {
		if err := os.RemoveAll(filepath.Join(s.data, name)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// files are the names below a folder.
func files(t *testing.T, dir string) string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path) // path lies below dir
			list = append(list, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func TestABackupHoldsEverythingButTheKeysAndComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.create("copies/first")
	const held = "buckets/picwiz-12/headers/objects/cd/out_2 objects/objects/ab/upl_1 vow.db vow.db-wal"
	copied := filepath.Join(s.home, "copies", "first")
	if got := files(t, filepath.Join(copied, filesName)); got != held {
		t.Errorf("the backup holds %s", got)
	}
	if len(m.Files) != 4 || m.Bytes() != 10000+6+4+9 || m.Region != "US" || m.Apps[0].App != "picwiz" || len(m.Keys) != 32 {
		t.Errorf("%+v", m)
	}
	if left, err := os.ReadDir(filepath.Dir(copied)); err != nil || len(left) != 1 {
		t.Errorf("beside the backup lies %v, %v", left, err)
	}
	s.wipe()
	back, err := Restore(t.Context(), copied, s.data)
	if err != nil || len(back.Files) != 4 {
		t.Fatalf("%+v, %v", back, err)
	}
	if got := files(t, s.data); got != "buckets/picwiz-12/headers/objects/cd/out_2 clock keyring.bin objects/objects/ab/upl_1 restored.json simulated/oss/1234 vow.db vow.db-wal" {
		t.Errorf("put back: %s", got)
	}
	if raw, err := os.ReadFile(filepath.Join(s.data, "objects/objects/ab/upl_1")); err != nil || string(raw) != strings.Repeat("ciphertext", 1000) {
		t.Errorf("a file changed: %v", err)
	}
	if info, err := os.Stat(filepath.Join(s.data, "vow.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v", err)
	}
}

func TestNothingIsCopiedBesideAServerThatRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("first")
	ring, err := keyring.Open(filepath.Join(s.data, keysName), keyring.RootFromBytes([32]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ring.Close() }()
	if _, err := Create(t.Context(), s.order("second")); !errors.Is(err, ErrRunning) {
		t.Errorf("copied: %v", err)
	}
	if _, err := Restore(t.Context(), filepath.Join(s.home, "first"), s.data); !errors.Is(err, ErrRunning) {
		t.Errorf("put back: %v", err)
	}
}

func TestABackupThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, c := range map[string]struct {
		ctx     context.Context
		prepare func(*site) string
	}{
		"it is stopped":          {stopped, func(*site) string { return "copy" }},
		"the folder is there":    {t.Context(), func(s *site) string { s.create("copy"); return "copy" }},
		"inside what is copied":  {t.Context(), func(*site) string { return "srv/copy" }},
		"a link in the data":     {t.Context(), func(s *site) string { _ = os.Symlink("/etc", filepath.Join(s.data, "link")); return "copy" }},
		"there are no keys":      {t.Context(), func(s *site) string { _ = os.Remove(filepath.Join(s.data, keysName)); return "copy" }},
		"a restore was cut off":  {t.Context(), func(s *site) string { s.put(partialName+"/vow.db", ""); return "copy" }},
		"the keys are something": {t.Context(), func(s *site) string { s.put(keysName, "something"); return "copy" }},
	} {
		s := newSite(t)
		to := c.prepare(s)
		before := files(t, s.home)
		if _, err := Create(c.ctx, s.order(to)); err == nil || strings.Contains(err.Error(), s.home) {
			t.Errorf("%s: %v", name, err)
		}
		if after := files(t, s.home); after != before {
			t.Errorf("%s: left %s", name, after)
		}
	}
}

func TestWhatIsDamagedIsNotPutBack(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(dir string) error{
		"a changed file":        func(dir string) error { return os.WriteFile(filepath.Join(dir, "data/vow.db"), []byte("rowz"), 0o600) },
		"a file cut short":      func(dir string) error { return os.Truncate(filepath.Join(dir, "data/objects/objects/ab/upl_1"), 9) },
		"a missing file":        func(dir string) error { return os.Remove(filepath.Join(dir, "data/vow.db-wal")) },
		"no manifest":           func(dir string) error { return os.Remove(filepath.Join(dir, manifestName)) },
		"a manifest cut short":  func(dir string) error { return os.Truncate(filepath.Join(dir, manifestName), 40) },
		"a path that leads out": func(dir string) error { return rewrite(dir, `"vow.db"`, `"../vow.db"`) },
		"a path from the root":  func(dir string) error { return rewrite(dir, `"vow.db"`, `"/etc/passwd"`) },
		"a key file":            func(dir string) error { return rewrite(dir, `"vow.db"`, `"keyring.bin"`) },
		"a mark of a restore":   func(dir string) error { return rewrite(dir, `"vow.db"`, `"restored.json"`) },
		"a file twice":          func(dir string) error { return rewrite(dir, `"vow.db-wal"`, `"vow.db"`) },
		"a later format":        func(dir string) error { return rewrite(dir, Format, "vow/backup/9") },
		"other keys":            func(dir string) error { return rewrite(dir, `"keys": "`, `"keys": "00`) },
	} {
		s := newSite(t)
		s.create("copy")
		s.wipe()
		before := files(t, s.data)
		if err := damage(filepath.Join(s.home, "copy")); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(t.Context(), filepath.Join(s.home, "copy"), s.data); err == nil || strings.Contains(err.Error(), s.home) {
			t.Errorf("%s: %v", name, err)
		}
		if after := files(t, s.data); after != before || Unfinished(s.data) != nil {
			t.Errorf("%s: left %s", name, after)
		}
	}
}

// rewrite replaces a piece of the manifest.
func rewrite(dir, old, with string) error {
	path := filepath.Join(dir, manifestName)
	raw, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(raw), old) {
		return errors.Join(errors.New("nothing to replace"), err)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(raw), old, with, 1)), 0o600)
}

func TestARestoreWritesOverNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("copy")
	s.put("vow.db", "newer rows")
	if _, err := Restore(t.Context(), filepath.Join(s.home, "copy"), s.data); !errors.Is(err, ErrTaken) {
		t.Errorf("%v", err)
	}
	if raw, err := os.ReadFile(filepath.Join(s.data, "vow.db")); err != nil || string(raw) != "newer rows" {
		t.Errorf("%q, %v", raw, err)
	}
	s.wipe()
	if err := os.Remove(filepath.Join(s.data, keysName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), filepath.Join(s.home, "copy"), s.data); !errors.Is(err, ErrNoKeys) {
		t.Errorf("%v", err)
	}
	s.keys(s.data)
	if _, err := Restore(t.Context(), filepath.Join(s.home, "copy"), s.data); !errors.Is(err, ErrOther) {
		t.Errorf("%v", err)
	}
}

func TestARestoreThatWasCutOffIsRunAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("copy")
	s.wipe()
	s.put(partialName+"/vow.db", "half")
	s.put("objects/objects/ab/upl_9", "moved already")
	if err := Unfinished(s.data); !errors.Is(err, ErrUnfinished) {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), filepath.Join(s.home, "copy"), s.data); err != nil {
		t.Fatal(err)
	}
	if got := files(t, s.data); strings.Contains(got, "upl_9") || !strings.Contains(got, "vow.db-wal") || Unfinished(s.data) != nil {
		t.Errorf("put back: %s", got)
	}
}
