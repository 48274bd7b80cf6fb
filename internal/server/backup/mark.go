package backup

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vow.example/vow/internal/privacy"
)

// Mark is the fact that a backup was put back, and that nobody has ended yet what stood in it.
type Mark struct {
	ID      string          `json:"id"`      // of this restore: "rst_…"
	Created time.Time       `json:"created"` // of the backup
	Apps    []privacy.AppID `json:"apps"`
}

// mark leaves a Mark in a folder.
func (m Manifest) mark(dir string) error {
	k := Mark{ID: privacy.NewID("rst"), Created: m.Created}
	for _, a := range m.Apps {
		k.Apps = append(k.Apps, a.App)
	}
	return document(dir, putBackName, k)
}

// PutBack returns the Mark of a data directory; false: no backup was put back since a server has started.
func PutBack(data string) (m Mark, found bool, err error) {
	raw, err := os.ReadFile(filepath.Join(data, putBackName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err != nil {
		return m, false, failed("look for a restore", err)
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.ID == "" {
		return m, false, errors.New("backup: what a restore has left is damaged: run vow backup restore again")
	}
	return m, true, nil
}

// Settled takes the Mark away: nothing of the backup stands any more.
func Settled(data string) error {
	if err := os.Remove(filepath.Join(data, putBackName)); err != nil {
		return failed("settle a restore", err)
	}
	return syncDir(data)
}
