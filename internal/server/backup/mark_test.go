package backup

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestARestoreLeavesAMarkUntilItIsSettled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if m, found, err := PutBack(s.data); err != nil || found {
		t.Errorf("before: %+v, %v", m, err)
	}
	made := s.create("copy")
	seen := map[string]bool{}
	for range 2 { // the second restore replaces what the first has left
		s.wipe()
		if _, err := Restore(t.Context(), filepath.Join(s.home, "copy"), s.data); err != nil {
			t.Fatal(err)
		}
		m, found, err := PutBack(s.data)
		if err != nil || !found || !strings.HasPrefix(m.ID, "rst_") || seen[m.ID] || !m.Created.Equal(made.Created) || len(m.Apps) != 1 || m.Apps[0] != "picwiz" {
			t.Errorf("%+v, %v", m, err)
		}
		seen[m.ID] = true
	}
	for _, f := range s.create("again").Files {
		if f.Path == putBackName {
			t.Error("the mark goes into a backup")
		}
	}
	if err := Settled(s.data); err != nil {
		t.Fatal(err)
	}
	if m, found, err := PutBack(s.data); err != nil || found {
		t.Errorf("after: %+v, %v", m, err)
	}
	s.put(putBackName, "{}")
	if _, _, err := PutBack(s.data); err == nil || strings.Contains(err.Error(), s.home) {
		t.Errorf("a mark that is damaged counts as none: %v", err)
	}
}
