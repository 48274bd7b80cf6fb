// Package photojob is the main job from the terminal: one photo, one feature, one decision.
//
// It promises that nothing is uploaded before the person has seen the exact disclosure and agreed
// to it, that it always says whether anything was sent, and that a result file appears whole or
// not at all. It never answers a question for the person, except as the person told it to.
package photojob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"vow.example/vow/client"
)

// Answer is what to do with the disclosure.
type Answer int

// The answers. Ask is the zero value: silence is no agreement.
const (
	Ask Answer = iota
	Agree
	Decline
)

// Options is one job.
type Options struct {
	Server      string // its address, to make links of the disclosure whole
	App, AppKey string // the key, where there is one, decides
	Feature     string
	Input       string // path of the photo
	Output      string // path of the result
	Prompt      string
	Params      map[string]string
	Answer      Answer
	Rewrite     bool // take a prompt that the review changed, without asking
	Person      bool // somebody sits at the terminal
	Lang        string
	Force       bool   // replace an existing output
	Erase       bool   // erase everything on the server after the download
	Receipts    string // folder that takes the receipts; empty: none
}

// UI is how the job talks to a person or a script.
type UI interface {
	// Disclosure shows the exact text before anything is uploaded.
	Disclosure(f client.Feature, d client.Disclosure)
	// Confirm asks; the question names both answers.
	Confirm(ctx context.Context, question string) (bool, error)
	// State shows how far the task is.
	State(s client.TaskState)
	// Transfer shows that something left the server.
	Transfer(t client.TransferState)
	// Note says something in one line.
	Note(text string)
}

// Sent is one transfer in a Result.
type Sent struct {
	Recipient string   `json:"recipient"`
	Fields    []string `json:"fields"`
}

// Result is what a script gets in the end.
type Result struct {
	Task      string   `json:"task"`
	State     string   `json:"state"` // a task state, or "declined"
	WasSent   bool     `json:"was_sent"`
	Transfers []Sent   `json:"transfers"`
	Output    string   `json:"output"`
	Receipts  []string `json:"receipts"`
}

// ErrDeclined says that the person did not agree. Nothing was uploaded.
var ErrDeclined = errors.New("declined: nothing was uploaded and nothing was sent")

// UsageError says which flag breaks which rule.
type UsageError struct{ text string }

// Error prints the rule.
func (e *UsageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Failure is a task that ended without a result, in plain words.
type Failure struct{ text string }

// Error prints why, and whether anything was sent.
func (e *Failure) Error() string { return e.text }

// job is one run in progress.
type job struct {
	api     *client.Client
	ui      UI
	opts    Options
	feature client.Feature
	result  Result
}

// Run does the job on the server of api and reports what happened, also when it fails.
func Run(ctx context.Context, api *client.Client, opts Options, ui UI) (Result, error) {
	j := &job{api: api.WithLanguage(opts.Lang), ui: ui, opts: opts}
	j.result = Result{State: "failed", Transfers: []Sent{}, Receipts: []string{}}
	err := j.run(ctx)
	return j.result, err
}

func (j *job) run(ctx context.Context) error {
	photo, err := openInput(j.opts.Input)
	if err != nil {
		return err
	}
	defer photo.Close()
	if err := checkOutput(j.opts.Output, j.opts.Force); err != nil {
		return err
	}
	end, err := j.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	role, err := j.check(ctx, photo)
	if err != nil {
		return err
	}
	consent, err := j.decide(ctx)
	if err != nil {
		return err
	}
	task, err := j.start(ctx, photo, role, consent)
	if err != nil {
		return err
	}
	if task, err = j.follow(ctx, task); err != nil {
		return err
	}
	return j.finish(ctx, task)
}

// open starts a session. The returned function ends it.
func (j *job) open(ctx context.Context) (end func(), err error) {
	in := client.SessionCreate{AppKey: j.opts.AppKey}
	if in.AppKey == "" {
		in.App = j.opts.App
	}
	s, err := j.api.NewSession(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("open session with app %s: %w", j.opts.App, err)
	}
	j.api = j.api.WithToken(s.AccessToken)
	return func() {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		if err := j.api.EndSession(ctx); err != nil {
			j.ui.Note("The session could not be ended; it ends by itself.")
		}
	}, nil
}

// decide shows the disclosure and takes the decision to the server. It returns the consent.
func (j *job) decide(ctx context.Context) (string, error) {
	d, err := j.api.Disclosure(ctx, j.feature.ID, j.opts.Lang)
	if err != nil {
		return "", fmt.Errorf("read disclosure: %w", err)
	}
	for i, l := range d.Links {
		d.Links[i].URL = whole(j.opts.Server, l.URL)
	}
	j.ui.Disclosure(j.feature, d)
	granted := j.opts.Answer == Agree
	if j.opts.Answer == Ask {
		if granted, err = j.ui.Confirm(ctx, d.AcceptLabel+" [y] / "+d.DeclineLabel+" [N]: "); err != nil {
			return "", fmt.Errorf("no decision, nothing was uploaded: %w", err)
		}
	}
	decision := "declined"
	if granted {
		decision = "granted"
	}
	consent, err := j.api.CreateConsent(ctx, client.ConsentCreate{
		Feature: j.feature.ID, Recipient: j.feature.Recipient.ID,
		Decision: decision, DisclosureHash: d.Hash, Scope: d.Scope,
	})
	if !granted {
		j.result.State = "declined"
		return "", ErrDeclined // also where the server could not record it
	}
	if err != nil {
		return "", fmt.Errorf("record consent: %w", err)
	}
	return consent.ID, nil
}

// whole turns a link of the server into one that can be opened from a terminal.
func whole(server, link string) string {
	base, err := url.Parse(server)
	if err != nil {
		return link
	}
	u, err := base.Parse(link)
	if err != nil {
		return link
	}
	return u.String()
}

// start uploads the photo and asks for the task.
func (j *job) start(ctx context.Context, photo *os.File, role, consent string) (client.Task, error) {
	kind, err := mediaType(photo)
	if err != nil {
		return client.Task{}, err
	}
	up, err := j.api.Upload(ctx, photo, kind)
	if ctx.Err() != nil {
		return client.Task{}, fmt.Errorf("stopped during the upload: nothing was sent to anybody: %w", ctx.Err())
	}
	if err != nil {
		return client.Task{}, fmt.Errorf("upload %s: %w", j.opts.Input, err)
	}
	task, err := j.api.CreateTask(ctx, client.TaskCreate{
		Feature: j.feature.ID, Inputs: []client.TaskInput{{Role: role, Upload: up.ID}},
		Prompt: j.opts.Prompt, Params: j.opts.Params, Consent: consent,
	}, up.ID)
	if err != nil {
		task, err = j.rescue(ctx, up.ID, err)
	}
	if err == nil {
		j.record(task)
	}
	return task, err
}

// rescue deals with a task that could not be started. Where the answer was lost, rather than a
// refusal received, the task may run all the same: then it is found, and canceled after Ctrl-C.
// Otherwise the upload is erased again.
func (j *job) rescue(ctx context.Context, upload string, cause error) (client.Task, error) {
	last, cancel := afterwards(ctx)
	defer cancel()
	if refused := new(client.Problem); !errors.As(cause, &refused) {
		tasks, err := client.Collect(j.api.Tasks(last)) // of this session, which is new
		if err != nil {
			return client.Task{}, fmt.Errorf("start task: %w (it may run; the server could not be asked)", cause)
		}
		if len(tasks) > 0 && ctx.Err() != nil {
			return j.cancel(last, tasks[0].ID)
		}
		if len(tasks) > 0 {
			return tasks[0], nil
		}
	}
	if _, err := j.api.DeleteUpload(last, upload); err != nil {
		return client.Task{}, fmt.Errorf("start task: %w (the upload could not be erased; its clock will)", cause)
	}
	return client.Task{}, fmt.Errorf("start task: %w (nothing was sent; the upload was erased again)", cause)
}

// record takes over what the server says about the task.
func (j *job) record(t client.Task) {
	j.result.Task, j.result.State, j.result.WasSent = t.ID, t.State, t.WasSent
	j.result.Transfers = make([]Sent, 0, len(t.Transfers))
	for _, tr := range t.Transfers {
		j.result.Transfers = append(j.result.Transfers, Sent{Recipient: tr.Recipient.ID, Fields: tr.Fields})
	}
	j.result.Receipts = append([]string{}, t.Receipts...)
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
	if out.Clock.DeleteAt != nil && !j.opts.Erase {
		j.ui.Note("The server erases its copy of the result at " + out.Clock.DeleteAt.Format("2006-01-02 15:04 MST") + ".")
	}
	if j.opts.Erase {
		if err := j.erase(ctx, t.ID); err != nil {
			return err
		}
	}
	return j.keepReceipts(ctx)
}

func (j *job) fetch(ctx context.Context, out client.Output) error {
	body, kind, err := j.api.Content(ctx, out.ID)
	if err != nil {
		return fmt.Errorf("download result: %w", err)
	}
	defer body.Close()
	if !fits(j.opts.Output, kind) {
		j.ui.Note("The result is " + kind + "; the file name says something else.")
	}
	return WriteFile(j.opts.Output, j.opts.Force, func(w io.Writer) error {
		_, err := io.Copy(w, body)
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
