package evidence_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/internal/evidence"
)

func TestAReceiptInAFileVerifiesHoweverItIsLaidOut(t *testing.T) {
	t.Parallel()
	r := receipt(t)
	pretty, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	compact, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	schema := append([]byte(`{"$schema":"https://vow.example/schemas/Receipt.json",`), compact[1:]...)
	for name, data := range map[string][]byte{"pretty": pretty, "compact": compact, "with $schema": schema} {
		path := filepath.Join(t.TempDir(), "receipt.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if rep, err := evidence.VerifyReceiptFile(path, signer(t).VerifierKey()); err != nil {
			t.Errorf("%s: %v\n%s", name, err, rep.Text())
		}
	}
}

func TestEveryFlippedByteOfAReceiptFileIsNoticed(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(receipt(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= []byte{1, 0x20}[i%2]
		r, err := evidence.ParseReceipt(bad)
		if err != nil {
			continue
		}
		if _, err := evidence.VerifyReceipt(r, ""); err == nil {
			t.Errorf("byte %d flipped is accepted: …%s…", i, bad[max(0, i-20):min(len(bad), i+20)])
		}
	}
}

func TestAFileThatIsNoReceiptIsRefused(t *testing.T) {
	t.Parallel()
	good, err := json.Marshal(receipt(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"empty":              "",
		"a list":             "[]",
		"not closed":         string(good[:len(good)-1]),
		"two receipts":       string(good) + string(good),
		"a member more":      `{"verified":true,` + string(good[1:]),
		"a member less":      `{"id":"rcp_1"}`,
		"a member twice":     `{"id":"rcp_other",` + string(good[1:]),
		"a misspelt member":  strings.Replace(string(good), `"id"`, `"ID"`, 1),
		"a wrong type":       strings.Replace(string(good), `"log_index":4`, `"log_index":"4"`, 1),
		"far too long":       `{"id":"` + strings.Repeat("x", 2<<20) + `"}`,
		"a name not closed":  `{"id`,
		"a value left out":   `{"id":}`,
		"garbage at the end": string(good) + "x",
	} {
		path := filepath.Join(t.TempDir(), "receipt.json")
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if rep, err := evidence.VerifyReceiptFile(path, ""); err == nil || rep.OK {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := evidence.VerifyReceiptFile(filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("a missing file is accepted")
	}
	if _, err := evidence.VerifyReceiptFile(t.TempDir(), ""); err == nil {
		t.Error("a folder is accepted")
	}
}

func FuzzParseReceipt(f *testing.F) {
	good, err := json.Marshal(receipt(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"id":"rcp_1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := evidence.ParseReceipt(data)
		if err != nil {
			return
		}
		if rep, err := evidence.VerifyReceipt(r, ""); (err == nil) != rep.OK {
			t.Errorf("the error and the report disagree: %v, %s", err, rep.Text())
		}
	})
}
