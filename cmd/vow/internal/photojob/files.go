package photojob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"vow.example/vow/client"
)

// openInput opens a picture.
func openInput(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("input: %v", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err == nil && info.Size() == 0 {
		err = errors.New("the file is empty")
	}
	if err != nil {
		f.Close()
		return nil, usage("input %s: %v", path, err)
	}
	return f, nil
}

// CheckOutput refuses a file that could not be written in the end. The flag by which it was named stands in
// the message.
func CheckOutput(flag, path string, force bool) error {
	info, err := os.Stat(filepath.Dir(path))
	if err != nil || !info.IsDir() {
		return usage("%s %s: the folder does not exist", flag, path)
	}
	info, err = os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usage("%s %s: %v", flag, path, err)
	case info.IsDir():
		return usage("%s %s: is a folder", flag, path)
	case !force:
		return usage("%s %s: exists already (--force replaces it)", flag, path)
	}
	return nil
}

// WriteFile makes path appear whole or not at all. Only the person can read it: it may be a face.
func WriteFile(path string, force bool, fill func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".vow-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(tmp.Name()) // fails, rightly, after a rename
	if err = errors.Join(fill(tmp), tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if !force {
		err = os.Link(tmp.Name(), path) // unlike a rename, never replaces a file
		if err == nil || errors.Is(err, fs.ErrExist) {
			return wrapPath(path, err)
		}
		if err := CheckOutput("-o", path, force); err != nil {
			return err
		}
	}
	return wrapPath(path, os.Rename(tmp.Name(), path))
}

func wrapPath(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write %s: %w", path, err)
}

// mediaType looks at the first bytes. It is a hint for the server, which looks for itself.
func mediaType(f *os.File) (string, error) {
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return http.DetectContentType(head[:n]), nil
}

// fits reports whether a file name says what the media type says.
func fits(path, kind string) bool {
	ending, named := client.Ending(kind), strings.ToLower(filepath.Ext(path))
	return ending == "" || named == ending || ending == ".jpg" && named == ".jpeg"
}

// keepReceipts writes every receipt of the task into the folder the person named.
func (j *job) keepReceipts(ctx context.Context) error {
	if j.opts.Receipts == "" {
		return nil
	}
	if err := os.MkdirAll(j.opts.Receipts, 0o700); err != nil {
		return fmt.Errorf("make folder of receipts: %w", err)
	}
	for _, id := range j.result.Receipts {
		r, err := j.api.Receipt(ctx, id)
		if err != nil {
			return fmt.Errorf("read receipt %s: %w", id, err)
		}
		path := filepath.Join(j.opts.Receipts, filepath.Base(id)+".json")
		if err := WriteFile(path, true, func(w io.Writer) error { return WriteReceipt(w, r) }); err != nil {
			return err
		}
		j.ui.Note("Receipt: " + path)
	}
	return nil
}

// WriteReceipt writes a receipt in the form that `vow receipt verify` reads.
func WriteReceipt(w io.Writer, receipt any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(receipt)
}
