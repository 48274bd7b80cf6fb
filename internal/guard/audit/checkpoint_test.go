package audit_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
)

func signer(t testing.TB) *audit.Signer { return signerOf(t, origin, 7) }

func signerOf(t testing.TB, name string, first byte) *audit.Signer {
	t.Helper()
	s, err := audit.NewSigner(name, [32]byte{first})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, c audit.Checkpoint) string {
	t.Helper()
	signed, err := signer(t).Checkpoint(c.Origin, c.Size, c.Root)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestACheckpointIsAC2SPNoteThatTheNotePackageOpens(t *testing.T) {
	t.Parallel()
	tree := audittest.New()
	grow(t, tree, 5)
	cp := at(t, tree, 5)
	signed := sign(t, cp)
	v, err := note.NewVerifier(signer(t).VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("vow.example/log\n5\n%s\n", base64.StdEncoding.EncodeToString(cp.Root[:])); n.Text != want {
		t.Errorf("text %q, want %q", n.Text, want)
	}
	for name, open := range map[string]func(string, string) (audit.Checkpoint, error){
		"open": audit.OpenCheckpoint, "open sole": audit.OpenSoleCheckpoint,
	} {
		if got, err := open(signed, signer(t).VerifierKey()); err != nil || got != cp {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestTheSameSeedIsTheSameKey(t *testing.T) {
	t.Parallel()
	if signer(t).VerifierKey() != signer(t).VerifierKey() {
		t.Error("the key differs from call to call")
	}
	if signer(t).VerifierKey() == signerOf(t, origin, 8).VerifierKey() {
		t.Error("two seeds give one key")
	}
}

func TestASignerPrintsWithoutItsPrivateKey(t *testing.T) {
	t.Parallel()
	s := signer(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		if got := fmt.Sprintf(verb, s); got != s.VerifierKey() {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestEveryFlippedByteOfACheckpointIsNoticed(t *testing.T) {
	t.Parallel()
	tree := audittest.New()
	grow(t, tree, 3)
	signed, key := sign(t, at(t, tree, 3)), signer(t).VerifierKey()
	for i := range len(signed) {
		for _, bit := range []byte{1, 0x20, 0x80} {
			bad := []byte(signed)
			bad[i] ^= bit
			if _, err := audit.OpenSoleCheckpoint(string(bad), key); err == nil {
				t.Errorf("byte %d (%q) flipped by %#x: accepted", i, signed[i], bit)
			}
		}
	}
	for i := range len(key) {
		for _, bit := range []byte{1, 0x20} {
			bad := []byte(key)
			bad[i] ^= bit
			if _, err := audit.OpenSoleCheckpoint(signed, string(bad)); err == nil {
				t.Errorf("key byte %d (%q) flipped by %#x: accepted", i, key[i], bit)
			}
		}
	}
}

func TestASignatureHasOneSpellingOnly(t *testing.T) {
	t.Parallel()
	signed, key := sign(t, audit.Checkpoint{Origin: origin, Size: 1}), signer(t).VerifierKey()
	end := strings.LastIndex(signed, "=")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	next := alphabet[strings.IndexByte(alphabet, signed[end-1])+1] // differs in an unused bit
	line := signed[strings.Index(signed, "\n\n")+2:]
	for name, bad := range map[string]string{
		"an unused bit":            signed[:end-1] + string(next) + signed[end:],
		"a break in the base64":    signed[:end-8] + "\r" + signed[end-8:],
		"the same signature again": signed + line,
	} {
		if _, err := audit.OpenSoleCheckpoint(bad, key); err == nil {
			t.Errorf("%s: accepted in a receipt", name)
		}
		if _, err := audit.OpenCheckpoint(bad, key); err == nil && bad != signed+line {
			t.Errorf("%s: accepted in an export", name)
		}
	}
}

func TestAWitnessMayAddItsSignatureToAPublishedCheckpointOnly(t *testing.T) {
	t.Parallel()
	tree := audittest.New()
	grow(t, tree, 3)
	cp := at(t, tree, 3)
	witness, err := signerOf(t, "witness.example", 9).Checkpoint(cp.Origin, cp.Size, cp.Root)
	if err != nil {
		t.Fatal(err)
	}
	both := sign(t, cp) + witness[strings.Index(witness, "\n\n")+2:]
	key := signer(t).VerifierKey()
	if got, err := audit.OpenCheckpoint(both, key); err != nil || got != cp {
		t.Errorf("with a witness: %+v, %v", got, err)
	}
	if _, err := audit.OpenSoleCheckpoint(both, key); err == nil {
		t.Error("a receipt accepts a signature that it cannot check")
	}
	if _, err := audit.OpenCheckpoint(witness, key); err == nil {
		t.Error("the witness alone speaks for the log")
	}
}

func TestAKeySpeaksForItsOwnLogsOnly(t *testing.T) {
	t.Parallel()
	key := signer(t).VerifierKey()
	for where, ok := range map[string]bool{
		origin: true, origin + "/pixplus": true, origin + "pixplus": false, "vow.example/other": false,
	} {
		signed, err := signer(t).Checkpoint(where, 0, tlog.Hash{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.OpenCheckpoint(signed, key); (err == nil) != ok {
			t.Errorf("%s: %v", where, err)
		}
	}
}

func TestAReceiptSignatureNeverPassesForACheckpoint(t *testing.T) {
	t.Parallel()
	s := signer(t)
	signed, err := s.Receipt(`{"id":"rcp_1"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := audit.OpenReceipt(signed, s.VerifierKey()); err != nil || got != `{"id":"rcp_1"}` {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := audit.OpenCheckpoint(signed, s.VerifierKey()); err == nil {
		t.Error("a receipt opens as a checkpoint")
	}
	cp, err := s.Checkpoint(origin, 0, tlog.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.OpenReceipt(cp, s.VerifierKey()); err == nil {
		t.Error("a checkpoint opens as a receipt")
	}
	if _, err := s.Checkpoint("vow/erasure-receipt/v1", 0, tlog.Hash{}); err == nil {
		t.Error("a log may call itself a receipt")
	}
}

func TestASignerNeedsAPlainName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "two words", "a+b", "日志", "line\nbreak", "vow/erasure-receipt/v1", strings.Repeat("x", 300)} {
		if _, err := audit.NewSigner(name, [32]byte{}); err == nil {
			t.Errorf("%q is accepted", name)
		}
	}
	if _, err := signer(t).Checkpoint("two words", 1, tlog.Hash{}); err == nil {
		t.Error("a checkpoint of a log with a blank in its name")
	}
	for _, statement := range []string{"a\x00b", "two\nlines", "\xff"} {
		if _, err := signer(t).Receipt(statement); err == nil {
			t.Errorf("a statement %q is signed", statement)
		}
	}
}

func TestAMalformedKeyIsRefused(t *testing.T) {
	t.Parallel()
	signed := sign(t, audit.Checkpoint{Origin: origin})
	good := signer(t).VerifierKey()
	for name, key := range map[string]string{
		"no key":           "",
		"a name only":      origin,
		"another key":      signerOf(t, origin, 8).VerifierKey(),
		"capital digits":   upperHash(good),
		"a line break":     good[:len(good)-4] + "\n" + good[len(good)-4:],
		"a name too long":  "x" + good,
		"a truncated body": good[:len(good)-4],
	} {
		if _, err := audit.OpenCheckpoint(signed, key); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := audit.OpenReceipt(signed, key); err == nil {
			t.Errorf("%s: accepted for a receipt", name)
		}
	}
}

func upperHash(key string) string {
	parts := strings.SplitN(key, "+", 3)
	return parts[0] + "+" + strings.ToUpper(parts[1]) + "+" + parts[2]
}

func TestACheckpointInAnyOtherFormIsRefused(t *testing.T) {
	t.Parallel()
	root := tlog.Hash{1}.String()
	good := "vow.example/log\n5\n" + root + "\n"
	if _, err := audit.ParseCheckpoint(good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"nothing":             "",
		"no last line break":  strings.TrimSuffix(good, "\n"),
		"a fourth line":       good + "more\n",
		"no origin":           "\n5\n" + root + "\n",
		"a blank in the name": "vow log\n5\n" + root + "\n",
		"a leading zero":      "vow.example/log\n05\n" + root + "\n",
		"a plus sign":         "vow.example/log\n+5\n" + root + "\n",
		"a negative size":     "vow.example/log\n-5\n" + root + "\n",
		"a size without end":  "vow.example/log\n4611686018427387909\n" + root + "\n",
		"a short root":        "vow.example/log\n5\nAAAA\n",
		"unused bits":         "vow.example/log\n5\n" + root[:42] + "B=\n",
	} {
		if _, err := audit.ParseCheckpoint(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("vow.example/log\n5\n" + tlog.Hash{1}.String() + "\n")
	f.Add("a\n0\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := audit.ParseCheckpoint(text)
		if err != nil {
			return
		}
		signed, err := signer(t).Checkpoint(c.Origin, c.Size, c.Root)
		if err != nil || !strings.HasPrefix(signed, text+"\n") {
			t.Errorf("accepted, but written differently: %q", text)
		}
	})
}

func FuzzParseRecord(f *testing.F) {
	payload, err := event().Payload()
	if err != nil {
		f.Fatal(err)
	}
	record, err := audit.RecordOf(make([]byte, 32), payload)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record)
	f.Add([]byte{1, 0, 0, 0, 0, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := audit.ParseRecord(data)
		if err == nil && (rec.Kind == "" || len(data) != 70+len(rec.Kind) || rec.Hour.Minute() != 0) {
			t.Errorf("accepted %x as %+v", data, rec)
		}
	})
}

func FuzzParsePayload(f *testing.F) {
	for _, e := range []audit.Event{event(), erasure().Event()} {
		payload, err := e.Payload()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := audit.ParsePayload(payload)
		if err != nil {
			return
		}
		again, err := e.Payload()
		if err != nil || string(again) != string(payload) {
			t.Errorf("two payloads for one event: %q and %q", payload, again)
		}
	})
}
