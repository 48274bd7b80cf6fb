package privacy

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestTextNeverPrintsItsContent(t *testing.T) {
	t.Parallel()
	const secret = "canary-7f3a"
	type wrapper struct {
		Name   Text
		hidden Text
		ptr    *Text
	}
	txt := NewText(secret)
	w := wrapper{Name: txt, hidden: txt, ptr: &txt}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T|%v", "%10.3s", "%t"} {
		for _, arg := range []any{txt, &txt, w, &w, []Text{txt}, map[string]Text{"k": txt}} {
			out := fmt.Sprintf(verb, arg)
			if strings.Contains(out, secret) || strings.Contains(out, fmt.Sprintf("%x", secret)) {
				t.Errorf("verb %s of %T prints the content: %s", verb, arg, out)
			}
		}
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "text", txt, "w", w)
	encoded, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var gobbed bytes.Buffer
	if err := gob.NewEncoder(&gobbed).Encode(txt); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"slog": logged.String(), "json": string(encoded), "gob": gobbed.String()} {
		if strings.Contains(out, secret) {
			t.Errorf("%s holds the content: %s", name, out)
		}
	}
	if txt.Reveal() != secret {
		t.Error("Reveal does not return the content")
	}
}

func TestIdentifiersAreWellFormedAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := NewID(PrefixTask)
		if !HasPrefix(id, PrefixTask) || HasPrefix(id, PrefixUpload) || seen[id] {
			t.Fatalf("bad identifier %q", id)
		}
		seen[id] = true
	}
	for _, bad := range []string{"", "tsk_", "tsk", "tsk_../../etc/passwd", "tsk_0", "tsk_ilou0000000000000000000000"} {
		if HasPrefix(bad, PrefixTask) {
			t.Errorf("%q is accepted", bad)
		}
	}
}
