package photojob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/client"
)

// The kinds of results that are words: they can be shown where no file is named.
const (
	facts = "attributes"
	plain = "text"
)

// maxWords bounds a result that is shown.
const maxWords = 1 << 20

// Words is a result that can be read: facts about a picture, or a text.
type Words struct {
	Kind       string             `json:"kind"` // attributes or text
	Attributes *client.Attributes `json:"attributes,omitempty"`
	Text       string             `json:"text,omitempty"`
}

// endings lists how the name of a result file may end, by what the feature makes.
func endings(makes string) (names []string, noun string) {
	switch makes {
	case "image":
		return []string{".jpg", ".jpeg", ".png", ".webp"}, "a picture"
	case "video":
		return []string{".mp4", ".webp", ".gif"}, "a film"
	case facts:
		return []string{".json"}, "facts about a picture"
	case plain:
		return []string{".txt"}, "a text"
	case "points":
		return []string{".json"}, "feature points"
	default:
		return nil, ""
	}
}

// checkEnding compares the name of the result file with what the feature makes.
func checkEnding(f client.Feature, path string) error {
	names, noun := endings(f.Makes)
	or := strings.Join(names, ", ")
	switch {
	case path == "" && (f.Makes == facts || f.Makes == plain):
		return nil
	case path == "":
		return usage("-o FILE: feature %s makes %s: name a file for it (%s)", f.ID, noun, or)
	case len(names) > 0 && !slices.Contains(names, strings.ToLower(filepath.Ext(path))):
		return usage("-o %s: feature %s makes %s: the file must end in %s", path, f.ID, noun, or)
	}
	return nil
}

// finish fetches what the task made, or says why it made nothing.
func (j *job) finish(ctx context.Context, t client.Task) error {
	if t.State != "succeeded" {
		return errors.Join(&Failure{outcome(t)}, j.keepReceipts(ctx))
	}
	if len(t.Outputs) == 0 {
		return &Failure{"the task succeeded, but the server lists no result" + sentence(t)}
	}
	out := t.Outputs[0]
	if err := j.fetch(ctx, out); err != nil {
		return err
	}
	j.result.Output = j.opts.Output
	if out.Once {
		j.ui.Note("The server erased its copy when it handed the result over.")
	} else if out.Clock.DeleteAt != nil && !j.opts.Erase {
		j.ui.Note("The server erases its copy of the result at " + out.Clock.DeleteAt.Format("2006-01-02 15:04 MST") + ".")
	}
	if j.opts.Erase {
		if err := j.erase(ctx, t.ID); err != nil {
			return err
		}
	}
	return j.keepReceipts(ctx)
}

// fetch takes the result: words are shown, and everything goes into the file that was named.
func (j *job) fetch(ctx context.Context, out client.Output) error {
	body, kind, err := j.api.Content(ctx, out.ID)
	if err != nil {
		return fmt.Errorf("download result: %w", err)
	}
	defer body.Close()
	if out.Kind == facts || out.Kind == plain {
		return j.words(out.Kind, body)
	}
	if !fits(j.opts.Output, kind) {
		j.ui.Note("The result is " + kind + "; the file name says something else.")
	}
	return WriteFile(j.opts.Output, j.opts.Force, func(w io.Writer) error {
		_, err := io.Copy(w, body)
		return err
	})
}

// words shows facts always, and a text where no file was named for it.
func (j *job) words(kind string, body io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(body, maxWords+1))
	if err == nil && len(raw) > maxWords {
		err = errors.New("it is too long for words")
	}
	w := Words{Kind: kind}
	switch {
	case err != nil:
	case kind == facts:
		w.Attributes = new(client.Attributes)
		err = json.Unmarshal(raw, w.Attributes)
	default:
		w.Text = string(raw)
	}
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	if kind == facts || j.opts.Output == "" {
		j.ui.Words(w)
	}
	if j.opts.Output == "" {
		return nil
	}
	return WriteFile(j.opts.Output, j.opts.Force, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(raw))
		return err
	})
}

func (j *job) erase(ctx context.Context, task string) error {
	receipts, err := j.api.DeleteTask(ctx, task)
	if err != nil {
		return fmt.Errorf("erase task on the server: %w", err)
	}
	known := map[string]bool{}
	for _, id := range j.result.Receipts {
		known[id] = true
	}
	for _, r := range receipts {
		if !known[r.ID] {
			j.result.Receipts = append(j.result.Receipts, r.ID)
		}
	}
	return nil
}
