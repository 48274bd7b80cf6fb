package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySize is the length of every key in bytes.
const KeySize = 32

// Root is where the root key comes from: outside the data directory.
type Root interface {
	// Key returns the root key.
	Key() ([KeySize]byte, error)
}

type rootFunc func() ([KeySize]byte, error)

func (f rootFunc) Key() ([KeySize]byte, error) { return f() }

// RootFromBytes is a root key that the caller already holds.
func RootFromBytes(key [KeySize]byte) Root {
	return rootFunc(func() ([KeySize]byte, error) { return key, strong(key) })
}

// RootFromFile reads the root key from a file: 64 hexadecimal digits, standard base64, or 32 raw
// bytes. A file that others than its owner can read is refused.
func RootFromFile(path string) Root {
	return rootFunc(func() (key [KeySize]byte, err error) {
		info, err := os.Stat(path)
		if err != nil {
			return key, fmt.Errorf("keyring: root key file: %w", cause(err))
		}
		if info.Mode().Perm()&0o077 != 0 {
			return key, errors.New("keyring: the root key file can be read by others; give it mode 0600")
		}
		return readKey(path)
	})
}

// RootFromCredential reads the root key from a systemd credential (LoadCredential=, or the
// encrypted form of it).
func RootFromCredential(name string) Root {
	return rootFunc(func() (key [KeySize]byte, err error) {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" || name == "" || name != filepath.Base(name) {
			return key, errors.New("keyring: there is no such systemd credential")
		}
		return readKey(filepath.Join(dir, name))
	})
}

// RootFromEnv reads the root key from an environment variable.
func RootFromEnv(name string) Root {
	return rootFunc(func() ([KeySize]byte, error) {
		value, ok := os.LookupEnv(name)
		if !ok {
			return [KeySize]byte{}, errors.New("keyring: the environment variable with the root key is not set")
		}
		return parseKey([]byte(value))
	})
}

// CreateRootFile makes a new root key and writes it to a file of mode 0600. It refuses to overwrite.
func CreateRootFile(path string) error {
	var key [KeySize]byte
	_, _ = rand.Read(key[:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keyring: create root key file: %w", cause(err))
	}
	_, err = f.WriteString(hex.EncodeToString(key[:]) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keyring: write root key file: %w", cause(err))
	}
	return syncDir(filepath.Dir(path))
}

// RefuseInside fails where the root key file lies in the data directory: whoever carries off the
// directory would carry off the key.
func RefuseInside(rootPath, dataDir string) error {
	root, err := resolve(rootPath)
	if err != nil {
		return fmt.Errorf("keyring: find root key file: %w", cause(err))
	}
	data, err := resolve(dataDir)
	if err != nil {
		return fmt.Errorf("keyring: find data directory: %w", cause(err))
	}
	rel, err := filepath.Rel(data, root)
	if err != nil {
		return nil // another volume
	}
	if rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return nil
	}
	return errors.New("keyring: the root key file must lie outside the data directory")
}

// resolve follows links of the longest part of the path that exists.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	target, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(abs) != abs {
		parent, err := resolve(filepath.Dir(abs))
		return filepath.Join(parent, filepath.Base(abs)), err
	}
	return target, err
}

func readKey(path string) (key [KeySize]byte, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return key, fmt.Errorf("keyring: read root key: %w", cause(err))
	}
	defer clear(raw)
	return parseKey(raw)
}

func parseKey(raw []byte) (key [KeySize]byte, err error) {
	text := strings.TrimSpace(string(raw))
	var got []byte
	switch {
	case len(raw) == KeySize:
		got = raw
	case len(text) == hex.EncodedLen(KeySize):
		got, err = hex.DecodeString(text)
	default:
		got, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil || len(got) != KeySize {
		return key, errors.New("keyring: a root key is 64 hexadecimal digits, base64 of 32 bytes, or 32 raw bytes")
	}
	copy(key[:], got)
	return key, strong(key)
}

// strong refuses what is plainly no key.
func strong(key [KeySize]byte) error {
	seen := map[byte]bool{}
	for _, b := range key {
		seen[b] = true
	}
	if len(seen) < 8 {
		return errors.New("keyring: the root key is not random")
	}
	return nil
}

// cause drops the path from an error of the os package: paths stay out of texts.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
