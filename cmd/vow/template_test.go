package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/samples"
)

// templateFolder writes the first built-in template as files.
func templateFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "materials")
	if err := os.CopyFS(dir, material.FS()); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "templates", material.List(material.Template)[0].ID)
}

// checkTemplates runs the command and returns what it prints.
func checkTemplates(t *testing.T, c templateCheckCmd, asJSON bool) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := c.Run(t.Context(), output{streams: streams{out: &out}, json: asJSON})
	return out.String(), err
}

func TestAGoodTemplateIsOK(t *testing.T) {
	t.Parallel()
	dir := templateFolder(t)
	if got, err := checkTemplates(t, templateCheckCmd{Dirs: []string{dir}}, false); err != nil || got != "OK  "+dir+"\n" {
		t.Errorf("printed %q, %v", got, err)
	}
}

func TestFindingsOfTemplatesNameTheFileAndEndWithCode1(t *testing.T) {
	t.Parallel()
	good, bad := templateFolder(t), templateFolder(t)
	if err := os.Remove(filepath.Join(bad, "mask.png")); err != nil {
		t.Fatal(err)
	}
	got, err := checkTemplates(t, templateCheckCmd{Dirs: []string{bad, good}}, false)
	coded := new(codedError)
	if !errors.As(err, &coded) || coded.code != exitFailed {
		t.Errorf("the error is %v", err)
	}
	if !strings.Contains(got, bad+"/mask.png: file: is missing\n") || !strings.Contains(got, "OK  "+good) {
		t.Errorf("printed %q", got)
	}
	text, _ := checkTemplates(t, templateCheckCmd{Dirs: []string{bad, good}}, true)
	var doc templateCheckDoc
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.OK || len(doc.Templates) != 2 || len(doc.Templates[0].Findings) != 1 || !doc.Templates[1].OK {
		t.Errorf("printed %s, %v", text, err)
	}
}

func TestTemplateCheckSaysWhichArgumentIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]templateCheckCmd{
		"no such folder":           {Dirs: []string{"no/such"}},
		"--preview: takes one":     {Dirs: []string{"a", "b"}, Preview: "x.jpg"},
		"--photo: needs --preview": {Dirs: []string{"a"}, Photo: "x.jpg"},
	} {
		_, err := checkTemplates(t, c, false)
		if usage := new(usageError); !errors.As(err, &usage) || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want a usage error with %q", err, name)
		}
	}
}

func TestAPreviewIsWrittenOnceAndShowsThePhoto(t *testing.T) {
	t.Parallel()
	dir := templateFolder(t)
	out, me := filepath.Join(t.TempDir(), "look.jpg"), filepath.Join(t.TempDir(), "me.jpg")
	b, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(me, b, 0o600); err != nil {
		t.Fatal(err)
	}
	size := func() int {
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cfg, err := jpeg.DecodeConfig(f)
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Width
	}
	c := templateCheckCmd{Dirs: []string{dir}, Preview: out}
	if _, err := checkTemplates(t, c, false); err != nil {
		t.Fatal(err)
	}
	alone := size()
	if _, err := checkTemplates(t, c, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("the preview was replaced: %v", err)
	}
	c.Force, c.Photo = true, me
	if _, err := checkTemplates(t, c, false); err != nil || size() != 2*alone {
		t.Errorf("the preview is %d wide, alone %d: %v", size(), alone, err)
	}
}

func TestTheBuiltInTemplatesAreListed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := (templateListCmd{}).Run(output{streams: streams{out: &out}}); err != nil {
		t.Fatal(err)
	}
	for _, m := range material.List(material.Template) {
		if !strings.Contains(out.String(), m.ID+" ") || !strings.Contains(out.String(), m.Title["en"]) {
			t.Errorf("%s is not in the list:\n%s", m.ID, out.String())
		}
	}
}
