package scratch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vow.example/vow/internal/guard/vault"
)

// rejoin puts the two halves of everything that lies in a simulated bucket together again, in a copy of
// the server's folder, so that the keys which are left can be tried on it too: the header from the
// server's own disk, the content from the bucket.
func rejoin(copied string) error {
	headers, err := filepath.Glob(filepath.Join(copied, "buckets", "*", "headers", "objects", "*", "*"))
	if err != nil {
		return fmt.Errorf("scratch: buckets: %w", err)
	}
	for _, path := range headers {
		if err := rejoinOne(copied, path); err != nil {
			return err
		}
	}
	return nil
}

func rejoinOne(copied, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("scratch: header: %w", err)
	}
	var there struct {
		Name string `json:"name"`
	}
	if len(raw) < vault.HeaderSize || json.Unmarshal(raw[vault.HeaderSize:], &there) != nil || there.Name == "" {
		return nil // a header that is being written: nothing lies in the bucket yet
	}
	found, err := filepath.Glob(filepath.Join(copied, "simulated", "*", filepath.Base(there.Name)))
	if err != nil || len(found) == 0 {
		return err // the bucket has it no more
	}
	content, err := os.ReadFile(found[0])
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("scratch: bucket: %w", err)
	}
	to := filepath.Join(copied, "objects", "objects", filepath.Base(filepath.Dir(path)), filepath.Base(path))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("scratch: bucket: %w", err)
	}
	if err := os.WriteFile(to, append(raw[:vault.HeaderSize:vault.HeaderSize], content...), 0o600); err != nil {
		return fmt.Errorf("scratch: bucket: %w", err)
	}
	return nil
}
