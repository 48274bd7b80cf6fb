package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Restore puts a backup into a data directory in which nothing is but the keys. Every file is compared with
// the manifest before any of them is there; a restore that is cut off stops the server from starting, and
// is run again. What was erased since is not brought back: the ring remembers it, and the next start of the
// server erases it again before it answers anybody. That the backup was put back stands beside it until
// Settled: what stood then has to be ended first.
func Restore(ctx context.Context, from, data string) (m Manifest, err error) {
	if m, err = read(from); err != nil {
		return m, err
	}
	held, err := hold(data)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	if held.Name() != m.Keys {
		return m, ErrOther
	}
	if err := empty(data); err != nil {
		return m, err
	}
	stage := filepath.Join(data, partialName)
	if err := m.stage(ctx, from, stage); err != nil {
		return m, errors.Join(err, os.RemoveAll(stage)) // as it was before
	}
	return m, settle(data, stage)
}

// empty refuses a directory that holds more than what may stay. What an earlier restore left half done goes:
// it began with nothing there.
func empty(data string) error {
	list, err := os.ReadDir(data)
	if err != nil {
		return failed("read the data directory", err)
	}
	again := Unfinished(data) != nil
	for _, d := range list {
		if left(d.Name()) {
			continue
		}
		if !again {
			return ErrTaken
		}
		if d.Name() == partialName {
			continue // the last to go: it says that the rest is half of something
		}
		if err := os.RemoveAll(filepath.Join(data, d.Name())); err != nil {
			return failed("clear what was cut off", err)
		}
	}
	if err := os.RemoveAll(filepath.Join(data, partialName)); err != nil {
		return failed("clear what was cut off", err)
	}
	return nil
}

// stage copies every file into a folder beside the keys and compares it. The Mark goes with them.
func (m Manifest) stage(ctx context.Context, from, stage string) error {
	if err := os.Mkdir(stage, 0o700); err != nil {
		return failed("make folder", err)
	}
	if err := syncDir(filepath.Dir(stage)); err != nil {
		return err
	}
	for _, want := range m.Files {
		local := filepath.FromSlash(want.Path)
		got, err := copyFile(ctx, filepath.Join(from, filesName, local), filepath.Join(stage, local))
		if err != nil {
			return fmt.Errorf("%w (%s)", err, want.Path)
		}
		if got.Bytes != want.Bytes || got.SHA256 != want.SHA256 {
			return fmt.Errorf("backup: %s is not what the manifest says: the backup is damaged, nothing was put back", want.Path)
		}
	}
	if err := m.mark(stage); err != nil {
		return err
	}
	return syncTree(stage)
}

// settle moves what was staged to its place. Until the last of it is there the stage stands, and no server
// starts beside it.
func settle(data, stage string) error {
	list, err := os.ReadDir(stage)
	if err != nil {
		return failed("read what was staged", err)
	}
	for _, d := range list {
		if err := os.Rename(filepath.Join(stage, d.Name()), filepath.Join(data, d.Name())); err != nil {
			return failed("put back", err)
		}
	}
	if err := syncDir(data); err != nil {
		return err
	}
	if err := os.Remove(stage); err != nil {
		return failed("end the restore", err)
	}
	return syncDir(data)
}
