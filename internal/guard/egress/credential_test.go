package egress_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/log"
)

func nolog() log.Logger { return log.Logger{} }

func TestCredentialsComeFromFileOrEnvironmentAndAreNeverShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(apiKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VOW_TEST_KEY", apiKey)
	fromFile, err := egress.CredentialFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fromEnv, err := egress.CredentialFromEnv("VOW_TEST_KEY")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []egress.Credential{fromFile, fromEnv} {
		encoded, err := json.Marshal(map[string]any{"c": c})
		if err != nil {
			t.Fatal(err)
		}
		if out := fmt.Sprintf("%v %+v %#v %s %x", c, c, c, c, c) + string(encoded); strings.Contains(out, apiKey) || !strings.Contains(out, "[secret]") {
			t.Errorf("prints %s", out)
		}
	}
	r := newRecipient(t, nil)
	cfg := config(r.URL)
	cfg.Credentials["api_key"] = fromFile
	if _, err := open(t, cfg).Follow(t.Context(), "runninghub", wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"k": wire.Secret("api_key")}}); err != nil {
		t.Fatal(err)
	}
	if _, bodies := r.seen(); bodies[0] != `{"k":"`+apiKey+`"}` {
		t.Errorf("sent %s", bodies[0])
	}
}

func TestAMissingCredentialIsAnError(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VOW_TEST_EMPTY", " ")
	if _, err := egress.CredentialFromFile(empty); err == nil {
		t.Error("an empty file is accepted")
	}
	if _, err := egress.CredentialFromFile(empty + "x"); err == nil || strings.Contains(err.Error(), empty) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := egress.CredentialFromEnv("VOW_TEST_EMPTY"); err == nil {
		t.Error("an empty variable is accepted")
	}
	if _, err := egress.CredentialFromEnv("VOW_TEST_UNSET"); err == nil {
		t.Error("an unset variable is accepted")
	}
}
