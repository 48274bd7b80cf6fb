package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// shared is the file through which processes share a database; nobody needs it while nobody runs.
const shared = "vow.db-shm"

// copyOut copies every file of the data directory that belongs into a backup.
func copyOut(ctx context.Context, data, to string) (files []File, err error) {
	if err := os.Mkdir(to, 0o700); err != nil {
		return nil, failed("make folder", err)
	}
	err = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return failed("read the data directory", err)
		}
		rel, err := filepath.Rel(data, path)
		if err != nil {
			return failed("read the data directory", err)
		}
		top := filepath.Dir(rel) == "."
		switch {
		case top && rel != "." && left(rel) && d.IsDir():
			return fs.SkipDir
		case top && (left(rel) || rel == shared), d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return errors.New("backup: there is something in the data directory that is neither a file nor a folder")
		}
		f, err := copyFile(ctx, path, filepath.Join(to, rel))
		f.Path = filepath.ToSlash(rel)
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return files, syncTree(to)
}

// copyFile copies one file into a new one and makes it durable.
func copyFile(ctx context.Context, from, to string) (f File, err error) {
	if err := ctx.Err(); err != nil {
		return f, fmt.Errorf("backup: stopped: %w", err)
	}
	in, err := os.Open(from)
	if err != nil {
		return f, failed("read", err)
	}
	defer func() { _ = in.Close() }() // only read
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return f, failed("make folder", err)
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return f, failed("write", err)
	}
	sum := sha256.New()
	f.Bytes, err = io.Copy(io.MultiWriter(out, sum), in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return f, failed("copy", err)
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, nil
}

// syncTree makes the names in a folder and below it durable.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return failed("make durable", err)
		}
		if d.IsDir() {
			return syncDir(path)
		}
		return nil
	})
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return failed("make durable", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return failed("make durable", err)
	}
	return nil
}
