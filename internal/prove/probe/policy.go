package probe

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"vow.example/vow/apps"
	"vow.example/vow/client"
)

// Policy returns the published policy of the app in a language.
func (p *Probe) Policy(lang string) client.PolicyDocument {
	var doc client.PolicyDocument
	p.Ask("GET", "/v1/apps/"+p.App+"/policy?lang="+lang, nil).Fine().Into(&doc)
	return doc
}

// Facts reads one of the machine-readable parts of the policy: "purposes", "retention", "sdks" ….
func (p *Probe) Facts(part string) Answer {
	return p.Ask("GET", "/v1/apps/"+p.App+"/policy/"+part, nil)
}

// Says ends the check unless the published policy, which needs no session, says every phrase: pairs of
// English and Chinese.
func (p *Probe) Says(pairs ...string) {
	for i, lang := range []string{"en", "zh-Hans"} {
		text := ""
		for _, s := range p.Policy(lang).Sections {
			text += s.Title + "\n" + strings.Join(s.Body, "\n") + "\n"
		}
		for j := i; j < len(pairs); j += 2 {
			p.Must(strings.Contains(text, pairs[j]), "the policy in %s says “%s”", lang, pairs[j])
		}
	}
}

// Vow runs another command of the program and returns what it printed and whether it succeeded.
func (p *Probe) Vow(args ...string) (printed string, ok bool) {
	if !p.OK() {
		return "", false
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, p.World.Binary, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.Check(err)
	}
	return out.String(), err == nil
}

// source is the app's policy file as shipped.
func (p *Probe) source() string {
	raw, err := apps.FS.ReadFile(p.App + "/policy.yaml")
	p.Check(err)
	return string(raw)
}

// Folder makes a folder that goes with the check, and hands it over.
func (p *Probe) Folder(use func(dir string)) {
	if !p.OK() {
		return
	}
	dir, err := os.MkdirTemp("", "vow-check-")
	if err != nil {
		p.Check(err)
		return
	}
	defer func() { p.Check(os.RemoveAll(dir)) }()
	use(dir)
}

// Refuses ends the check unless the program refuses the app's policy file once every old text (pairs of
// old and new) is replaced, with a message that contains the words. The unchanged file must be accepted,
// so that the refusal is about the change.
func (p *Probe) Refuses(what, message string, pairs ...string) {
	source := p.source()
	changed := source
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(changed, pairs[i]) {
			p.Failf("the policy file does not contain %q", pairs[i])
			return
		}
		changed = strings.Replace(changed, pairs[i], pairs[i+1], 1)
	}
	p.Folder(func(dir string) {
		file := filepath.Join(dir, "policy.yaml")
		p.Check(os.WriteFile(file, []byte(source), 0o600))
		if said, ok := p.Vow("policy", "check", file); !ok {
			p.Failf("the unchanged policy is refused: %.300s", said)
		}
		p.Check(os.WriteFile(file, []byte(changed), 0o600))
		said, ok := p.Vow("policy", "check", file)
		said = strings.ReplaceAll(said, dir+string(filepath.Separator), "")
		p.Must(!ok && strings.Contains(said, message), "a policy with %s is refused: “%s”", what, firstWith(said, message))
	})
}

// firstWith returns the first line that contains the words.
func firstWith(text, words string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, words) {
			return strings.TrimSpace(line)
		}
	}
	return "…" + words
}
