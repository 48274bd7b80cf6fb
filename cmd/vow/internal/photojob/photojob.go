// Package photojob is the main job from the terminal: one feature, its pictures and words, one
// decision.
//
// It promises that nothing is uploaded before every argument fits the feature and the person has
// seen the exact disclosure and agreed to it, that it always says whether anything was sent, and
// that a result file appears whole or not at all. It never answers a question for the person,
// except as the person told it to.
package photojob

import (
	"context"
	"errors"
	"fmt"
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
	Photo       string   // path of the picture for the role that asks first; may be empty
	Inputs      []string // further pictures, each as ROLE=FILE
	Output      string   // path of the result; may be empty where it is words
	Prompt      string
	Negative    string // what the result must not show
	Params      map[string]string
	Answer      Answer
	OfAge       bool // the person is as old as the app asks for
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
	// Words shows a result that is facts about a picture or a text.
	Words(w Words)
	// Note says something in one line.
	Note(text string)
}

// Sent is one transfer in a Result.
type Sent struct {
	Recipient string             `json:"recipient"`
	Fields    []string           `json:"fields"`
	Held      []string           `json:"held"`     // what the recipient still holds, in plain words
	Readings  []client.LinkFetch `json:"readings"` // of a link of ours, by the recipient
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
	pictures, err := openPictures(j.opts.Photo, j.opts.Inputs)
	defer closeAll(pictures)
	if err != nil {
		return err
	}
	if j.opts.Output != "" {
		if err := CheckOutput("-o", j.opts.Output, j.opts.Force); err != nil {
			return err
		}
	}
	if info, err := os.Stat(j.opts.Receipts); err == nil && !info.IsDir() {
		return usage("--receipts %s: is a file, not a folder", j.opts.Receipts)
	}
	end, err := j.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	if err := j.check(ctx, pictures); err != nil {
		return err
	}
	consent, err := j.decide(ctx)
	if err != nil {
		return err
	}
	task, err := j.start(ctx, pictures, consent)
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
	end = func() {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		if err := j.api.EndSession(ctx); err != nil {
			j.ui.Note("The session could not be ended; it ends by itself.")
		}
	}
	if err := j.enter(ctx, s); err != nil {
		end()
		return nil, err
	}
	return end, nil
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
		Decision: decision, DisclosureHash: d.Hash, Scope: "single_job", // it is asked at each run
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

// start uploads the pictures and asks for the task.
func (j *job) start(ctx context.Context, pictures []*picture, consent string) (client.Task, error) {
	inputs, err := j.upload(ctx, pictures)
	if err != nil {
		return client.Task{}, err
	}
	once := consent
	if len(inputs) > 0 {
		once = inputs[0].Upload
	}
	task, err := j.api.CreateTask(ctx, client.TaskCreate{
		Feature: j.feature.ID, Inputs: inputs, Prompt: j.opts.Prompt, NegativePrompt: j.opts.Negative,
		Params: j.opts.Params, Consent: consent,
	}, once)
	if err != nil {
		task, err = j.rescue(ctx, inputs, err)
	}
	if err == nil {
		j.record(task)
	}
	return task, err
}

// upload hands every picture to the server. Where one fails, those before it are erased again.
func (j *job) upload(ctx context.Context, pictures []*picture) ([]client.TaskInput, error) {
	var inputs []client.TaskInput
	for _, p := range pictures {
		kind, err := mediaType(p.file)
		if err != nil {
			return nil, j.takeBack(ctx, inputs, err)
		}
		up, err := j.api.Upload(ctx, p.file, kind)
		if ctx.Err() != nil {
			return nil, j.takeBack(ctx, inputs, fmt.Errorf("stopped during the upload: nothing was sent to anybody: %w", ctx.Err()))
		}
		if err != nil {
			return nil, j.takeBack(ctx, inputs, fmt.Errorf("upload %s: %w", p.path, err))
		}
		inputs = append(inputs, client.TaskInput{Role: p.role, Upload: up.ID})
	}
	return inputs, nil
}

// takeBack erases uploads that no task will use, and says so behind the cause.
func (j *job) takeBack(ctx context.Context, inputs []client.TaskInput, cause error) error {
	if len(inputs) == 0 {
		return cause
	}
	last, cancel := afterwards(ctx)
	defer cancel()
	for _, in := range inputs {
		if _, err := j.api.DeleteUpload(last, in.Upload); err != nil {
			return fmt.Errorf("%w (an upload could not be erased; its clock will)", cause)
		}
	}
	return fmt.Errorf("%w (what was uploaded was erased again)", cause)
}

// rescue deals with a task that could not be started. Where the answer was lost, rather than a
// refusal received, the task may run all the same: then it is found, and canceled after Ctrl-C.
// Otherwise the uploads are erased again.
func (j *job) rescue(ctx context.Context, inputs []client.TaskInput, cause error) (client.Task, error) {
	if refused := new(client.Problem); !errors.As(cause, &refused) {
		last, cancel := afterwards(ctx)
		defer cancel()
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
	return client.Task{}, j.takeBack(ctx, inputs, fmt.Errorf("start task: %w; nothing was sent", cause))
}

// record takes over what the server says about the task.
func (j *job) record(t client.Task) {
	j.result.Task, j.result.State, j.result.WasSent = t.ID, t.State, t.WasSent
	j.result.Transfers = make([]Sent, 0, len(t.Transfers))
	for _, tr := range t.Transfers {
		j.result.Transfers = append(j.result.Transfers, sent(tr))
	}
	j.result.Receipts = append([]string{}, t.Receipts...)
}

// sent is a transfer in the words of the result. What is gone at the recipient is left out.
func sent(t client.Transfer) Sent {
	s := Sent{Recipient: t.Recipient.ID, Fields: t.Fields, Held: []string{}, Readings: append([]client.LinkFetch{}, t.Fetches...)}
	for _, h := range t.Held {
		if h.State != "closed" {
			s.Held = append(s.Held, h.Text)
		}
	}
	return s
}
