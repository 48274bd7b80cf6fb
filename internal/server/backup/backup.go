// Package backup copies the data directory of a server that does not run, without its keys, and puts such
// a copy back beside the keys of now.
//
// It promises that a backup holds no key, that a copy exists whole or not at all and is compared with the
// digests of its manifest before anything of it counts, and that nothing is written over: a restore wants
// a directory in which nothing is but the keys. It never opens what it copies, decides nothing about where
// a backup may lie, and has no part of what lies in a bucket: there is nothing here but the headers of it.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/privacy"
)

// Format is the form of a backup that this program writes and reads.
const Format = "vow/backup/1"

const (
	manifestName = "manifest.json"
	filesName    = "data"
	keysName     = "keyring.bin"
	partialName  = "restore.partial" // in the data directory: a restore is under way, or was cut off
	putBackName  = "restored.json"   // in the data directory: a backup was put back, and no server has started since
)

// The ways in which nothing is copied.
var (
	ErrRunning    = errors.New("backup: the server is running: stop it first")
	ErrUnfinished = errors.New("backup: a restore into this data directory was cut off: run vow backup restore again")
	ErrTaken      = errors.New("backup: the data directory holds more than the keys: move what is there away, keyring.bin stays")
	ErrNoKeys     = errors.New("backup: there is no keyring.bin in the data directory: without it nothing of a backup can be read, and nobody knows what was erased since")
	ErrOther      = errors.New("backup: this is the backup of another server: its keys are not the ones here")
)

// Manifest says what a backup holds. It names no person and no key.
type Manifest struct {
	Format  string    `json:"format"`
	Created time.Time `json:"created"`
	Region  string    `json:"region"` // where the operator keeps it, in the operator's words
	Keys    string    `json:"keys"`   // which key file it belongs to
	Apps    []App     `json:"apps"`
	Files   []File    `json:"files"`
}

// App is an app of the server with the policy that its files stood under.
type App struct {
	App    privacy.AppID      `json:"app"`
	Policy privacy.PolicyHash `json:"policy"`
}

// File is one file of the backup.
type File struct {
	Path   string `json:"path"` // below the data directory, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Bytes returns how much the files take.
func (m Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// Order says what is copied, and where to.
type Order struct {
	Data    string // the data directory
	To      string // a folder that does not exist yet
	Region  string
	Apps    []App
	Created time.Time
}

// Create copies the data directory into a new folder. It fails with ErrRunning beside a server that runs,
// and leaves nothing where it fails.
func Create(ctx context.Context, o Order) (m Manifest, err error) {
	held, err := hold(o.Data)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	if err := Unfinished(o.Data); err != nil {
		return m, err
	}
	if _, err := os.Lstat(o.To); !errors.Is(err, fs.ErrNotExist) {
		return m, errors.New("backup: the folder for the backup exists already; name a new one")
	}
	if err := apart(o.Data, o.To); err != nil {
		return m, err
	}
	m = Manifest{Format: Format, Created: o.Created.UTC(), Region: o.Region, Keys: held.Name(), Apps: o.Apps}
	parent := filepath.Dir(filepath.Clean(o.To))
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return m, failed("make folder", err)
	}
	temp, err := os.MkdirTemp(parent, ".vow-backup-*")
	if err != nil {
		return m, failed("make folder", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }() // renamed by then, or to be forgotten
	if m.Files, err = copyOut(ctx, o.Data, filepath.Join(temp, filesName)); err != nil {
		return m, err
	}
	if err := m.write(temp); err != nil {
		return m, err
	}
	if err := os.Rename(temp, o.To); err != nil {
		return m, failed("name the backup", err)
	}
	return m, syncDir(parent)
}

// hold takes the lock that a running server has.
func hold(data string) (*keyring.Hold, error) {
	held, err := keyring.HoldFile(filepath.Join(data, keysName))
	switch {
	case errors.Is(err, keyring.ErrLocked):
		return nil, ErrRunning
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNoKeys
	}
	return held, err
}

// apart refuses a backup inside what it copies.
func apart(data, to string) error {
	abs, err := filepath.Abs(data)
	if err != nil {
		return failed("find the data directory", err)
	}
	there, err := filepath.Abs(to)
	if err != nil {
		return failed("find the folder", err)
	}
	if there == abs || strings.HasPrefix(there, abs+string(filepath.Separator)) {
		return errors.New("backup: the folder for the backup must lie outside the data directory")
	}
	return nil
}

// Unfinished fails with ErrUnfinished where a restore was cut off: what is there is half of something.
func Unfinished(data string) error {
	switch _, err := os.Lstat(filepath.Join(data, partialName)); {
	case err == nil:
		return ErrUnfinished
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return failed("look at the data directory", err)
	}
}

// write writes the manifest into a folder.
func (m Manifest) write(dir string) error { return document(dir, manifestName, m) }

// document writes a new file of JSON and makes it durable.
func document(dir, name string, what any) error {
	raw, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return fmt.Errorf("backup: %s: %w", name, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return failed("write "+name, err)
	}
	_, err = f.Write(append(raw, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return failed("write "+name, err)
	}
	return syncDir(dir)
}

// read reads the manifest of a backup and checks that it is one.
func read(dir string) (m Manifest, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, errors.New("backup: there is no backup in this folder")
	}
	if err != nil {
		return m, failed("read manifest", err)
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.Format != Format {
		return m, errors.New("backup: this program does not read this backup's manifest")
	}
	seen := map[string]bool{}
	for _, f := range m.Files {
		local := filepath.FromSlash(f.Path)
		top, _, _ := strings.Cut(f.Path, "/")
		if !filepath.IsLocal(local) || filepath.Clean(local) != local || seen[f.Path] || left(top) || top == partialName {
			return m, errors.New("backup: the manifest names a file that no backup holds")
		}
		seen[f.Path] = true
	}
	return m, nil
}

// left reports whether something at the top of the data directory is never copied and may stay where a
// backup is put back: the keys, the clock of a demonstration and its simulated buckets.
func left(name string) bool {
	switch name {
	case keysName, "clock", "clock.next", ".vow-demo", "simulated", putBackName:
		return true
	}
	return strings.HasPrefix(name, ".keyring-")
}

// failed drops the path from an error of the os package: paths stay out of texts.
func failed(what string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	return fmt.Errorf("backup: %s: %w", what, err)
}
