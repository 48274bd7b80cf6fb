package film

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// memory makes a file that exists in memory only. The tool opens it again by its number, so that it
// can seek in it, which pipes do not allow and MP4 needs.
func memory() (*os.File, error) {
	const neverRun = 0x8 // MFD_NOEXEC_SEAL, since Linux 6.3
	fd, err := unix.MemfdCreate("film", unix.MFD_CLOEXEC|neverRun)
	if err != nil {
		fd, err = unix.MemfdCreate("film", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, fmt.Errorf("film: memory file: %w", err)
	}
	return os.NewFile(uintptr(fd), "film"), nil
}

// memoryOf returns a memory file that holds b.
func memoryOf(b []byte) (*os.File, error) {
	f, err := memory()
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(b); err != nil {
		erase(f)
		return nil, fmt.Errorf("film: memory file: %w", err)
	}
	return f, nil
}

// pour copies a memory file from its start.
func pour(f *os.File, w io.Writer) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("film: memory file: %w", err)
	}
	buf := make([]byte, 1<<16)
	defer clear(buf)
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, io.NewSectionReader(f, 0, info.Size()), buf)
	if err != nil {
		return fmt.Errorf("film: write: %w", err)
	}
	return nil
}

// erase overwrites a memory file and closes it.
func erase(f *os.File) {
	if info, err := f.Stat(); err == nil {
		zeros := make([]byte, 1<<16)
		for at := int64(0); at < info.Size(); at += int64(len(zeros)) {
			if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), info.Size()-at)], at); err != nil {
				break // the pages go back to the kernel with the next line anyway
			}
		}
	}
	_ = f.Close()
}
