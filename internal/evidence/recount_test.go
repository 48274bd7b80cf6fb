package evidence_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
)

func TestARewrittenLogIsNoticedByWhoeverKeptACheckpointOrAReceipt(t *testing.T) {
	t.Parallel()
	dir, honest, forged := t.TempDir(), logOf(t, 300), logOf(t, 400) // other salts, other log
	first := export(t, honest, t.TempDir())
	signed, err := signer(t).Checkpoint(first.Origin, first.Size, first.Root)
	if err != nil {
		t.Fatal(err)
	}
	r, err := evidence.BuildReceipt(context.Background(), honest, signer(t), facts(honest, 4))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	export(t, forged, dir)
	for name, since := range map[string]string{"checkpoint": signed, "receipt": string(kept)} {
		rep, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), write(t, since))
		if !errors.Is(err, evidence.ErrNotVerified) || !strings.Contains(rep.Text(), "the log was rewritten") {
			t.Errorf("%s: %v\n%s", name, err, rep.Text())
		}
	}
}

func TestAnEarlierCheckpointThatSaysNothingIsRefused(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), logOf(t, 3)
	export(t, tree, dir)
	longer, err := signer(t).Checkpoint(origin, 4, tlog.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := signer(t).Checkpoint(origin+"/other", 1, tlog.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := signerOf(t, origin, 9).Checkpoint(origin, 1, tlog.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	for name, since := range map[string]string{
		"longer": write(t, longer), "another log": write(t, elsewhere), "another key": write(t, stranger),
		"not a receipt": write(t, "{}"), "nothing": write(t, ""), "no file": filepath.Join(dir, "none"), "a folder": dir,
	} {
		if _, err := evidence.VerifyExport(dir, "", since); !errors.Is(err, evidence.ErrNotVerified) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestEveryChangedFileOfAnExportIsNoticed(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), logOf(t, 300)
	export(t, tree, dir)
	for _, name := range files(t, dir) {
		path := filepath.Join(dir, name)
		good := read(t, path)
		step := max(1, len(good)/31)
		for i := 0; i < len(good); i += step {
			bad := []byte(good)
			bad[i] ^= 1
			replace(t, path, string(bad))
			if _, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), ""); err == nil {
				t.Errorf("%s: byte %d changed, accepted", name, i)
			}
		}
		for what, bad := range map[string]string{"shorter": good[:len(good)-1], "longer": good + "x", "far too long": good + strings.Repeat("x", 20<<20)} {
			replace(t, path, bad)
			if _, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), ""); err == nil && name != "verifier_key" {
				t.Errorf("%s: %s, accepted", name, what)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), ""); err == nil && name != "verifier_key" {
			t.Errorf("%s missing, accepted", name)
		}
		replace(t, path, good)
	}
	if rep, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), ""); err != nil {
		t.Errorf("the repaired export fails: %v\n%s", err, rep.Text())
	}
}

func replace(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnExportOfAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	export(t, logOf(t, 3), dir)
	if rep, err := evidence.VerifyExport(dir, signerOf(t, origin, 9).VerifierKey(), ""); !errors.Is(err, evidence.ErrNotVerified) {
		t.Errorf("%v\n%s", err, rep.Text())
	}
	if err := os.Remove(filepath.Join(dir, "verifier_key")); err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), ""); err != nil {
		t.Errorf("a given key is enough: %v", err)
	}
	if _, err := evidence.VerifyExport(dir, "", ""); err == nil {
		t.Error("an export without any key is accepted")
	}
	for _, nothing := range []string{t.TempDir(), filepath.Join(dir, "none")} {
		if _, err := evidence.VerifyExport(nothing, "", ""); err == nil || errors.Is(err, evidence.ErrNotVerified) {
			t.Errorf("no export: got %v", err)
		}
	}
}

func TestARootThatTheEntriesDoNotLeadToIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cp := export(t, logOf(t, 300), dir)
	cp.Root[0] ^= 1
	signed, err := signer(t).Checkpoint(cp.Origin, cp.Size, cp.Root)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, filepath.Join(dir, "checkpoint"), signed)
	rep, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), "")
	if !errors.Is(err, evidence.ErrNotVerified) || strings.Join(failed(rep), " ") != "root" {
		t.Errorf("%v\n%s", err, rep.Text())
	}
}

func TestASignedLogOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), audittest.New()
	record := []byte("not a leaf record")
	hashes, err := tlog.StoredHashes(0, record, noHashes())
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Append(context.Background(), audit.Leaf{Data: record}, hashes); err != nil {
		t.Fatal(err)
	}
	export(t, tree, dir)
	if rep, err := evidence.VerifyExport(dir, "", ""); err == nil || !strings.Contains(rep.Text(), "entry 0") {
		t.Errorf("%v\n%s", err, rep.Text())
	}
}

func noHashes() tlog.HashReader {
	return tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil })
}
