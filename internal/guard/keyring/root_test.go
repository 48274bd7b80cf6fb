package keyring

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path string, content []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, content, mode); err != nil {
		t.Fatal(err)
	}
}

func TestARootKeyIsReadInEveryForm(t *testing.T) {
	key := testRoot(9)
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"hex":    []byte(hex.EncodeToString(key[:]) + "\n"),
		"base64": []byte(base64.StdEncoding.EncodeToString(key[:]) + "\n"),
		"raw":    key[:],
	} {
		path := filepath.Join(dir, name)
		write(t, path, content, 0o600)
		t.Setenv("CREDENTIALS_DIRECTORY", dir)
		for source, root := range map[string]Root{"file": RootFromFile(path), "credential": RootFromCredential(name)} {
			if got, err := root.Key(); err != nil || got != key {
				t.Errorf("%s from %s: %v", name, source, err)
			}
		}
	}
	t.Setenv("VOW_TEST_ROOT", hex.EncodeToString(key[:]))
	if got, err := RootFromEnv("VOW_TEST_ROOT").Key(); err != nil || got != key {
		t.Errorf("environment: %v", err)
	}
}

func TestWhatIsNoRootKeyIsRefusedWithoutSayingWhatItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := testRoot(9)
	file := func(name string, content []byte, mode os.FileMode) Root {
		write(t, filepath.Join(dir, name), content, mode)
		return RootFromFile(filepath.Join(dir, name))
	}
	for name, root := range map[string]Root{
		"readable by others":  file("open", key[:], 0o644),
		"missing":             RootFromFile(filepath.Join(dir, "missing")),
		"short":               file("short", []byte("secret-canary"), 0o600),
		"zeros":               file("zeros", make([]byte, 32), 0o600),
		"zero bytes value":    RootFromBytes([KeySize]byte{}),
		"no variable":         RootFromEnv("VOW_TEST_NO_SUCH"),
		"credential by path":  RootFromCredential("../short"),
		"credential unnamed":  RootFromCredential(""),
		"hex with a bad rune": file("bad", []byte(strings.Repeat("zz", 32)), 0o600),
	} {
		_, err := root.Key()
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: the error says too much: %v", name, err)
		}
		if _, err := Open(filepath.Join(dir, "ring"), root); err == nil {
			t.Errorf("%s: a ring opened", name)
		}
	}
}

func TestACreatedRootFileIsPrivateAndNeverOverwritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "root.key")
	if err := CreateRootFile(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	first, err := RootFromFile(path).Key()
	if err != nil {
		t.Fatal(err)
	}
	if err := CreateRootFile(path); err == nil {
		t.Error("overwritten")
	}
	if again, err := RootFromFile(path).Key(); err != nil || again != first {
		t.Error("the key changed")
	}
	if err := CreateRootFile(filepath.Join(path, "below")); err == nil {
		t.Error("made below a file")
	}
}

func TestARootFileInsideTheDataDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	data := filepath.Join(top, "data")
	if err := os.MkdirAll(filepath.Join(data, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(data, filepath.Join(top, "alias")); err != nil {
		t.Fatal(err)
	}
	for path, refused := range map[string]bool{
		filepath.Join(data, "root.key"):          true,
		filepath.Join(data, "sub", "root.key"):   true,
		filepath.Join(data, "new", "root.key"):   true,
		filepath.Join(top, "alias", "root.key"):  true,
		filepath.Join(data, "..", "root.key"):    false,
		filepath.Join(top, "data-2", "root.key"): false,
		filepath.Join(top, "..root.key"):         false,
	} {
		if err := RefuseInside(path, data); (err != nil) != refused {
			t.Errorf("%s: %v", strings.TrimPrefix(path, top), err)
		}
	}
	if err := RefuseInside(filepath.Join(data, "..root.key"), data); err == nil {
		t.Error("a name that begins with two dots is let in")
	}
}
