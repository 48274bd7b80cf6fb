package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/transcript"
)

// TryOptions say which features of a recipient to try.
type TryOptions struct {
	Server    ServeOptions
	Recipient string
	App       string // empty: every app
	Feature   string // empty: every feature of the recipient
	DryRun    bool   // to a simulator on this machine, with every request shown
}

// Trial is what came of sending a sample for one feature.
type Trial struct {
	App       string   `json:"app"`
	Feature   string   `json:"feature"`
	Recipient string   `json:"recipient"`
	Disclosed []string `json:"disclosed"`          // fields on the consent screen
	Recorded  []string `json:"recorded"`           // fields in the ledger
	Received  []string `json:"received,omitempty"` // fields that arrived, of a dry run
	Requests  []string `json:"requests,omitempty"` // of a dry run, secrets masked
	Results   []string `json:"results,omitempty"`  // media types of what came back
	Held      []string `json:"held,omitempty"`     // what the recipient still holds, in words
	Failure   string   `json:"failure,omitempty"`  // problem code
}

// Outcome is the trial in one line.
func (t Trial) Outcome() string {
	if t.Failure != "" {
		return "failed (" + t.Failure + ")"
	}
	line := fmt.Sprintf("on the screen %s; in the ledger %s", strings.Join(t.Disclosed, ", "), strings.Join(t.Recorded, ", "))
	if t.Received != nil {
		line += "; arrived " + strings.Join(t.Received, ", ")
	}
	return line + "; came back " + strings.Join(t.Results, ", ")
}

// trialTime bounds the trial of one feature, a video included.
const trialTime = 3 * time.Minute

// TryRecipient sends a sample for every chosen feature through consent, review and egress, in a
// server of its own that is erased at the end.
func TryRecipient(ctx context.Context, o TryOptions) ([]Trial, error) {
	conf, err := o.Server.file()
	if err != nil {
		return nil, err
	}
	apps, err := loadApps(conf.Apps, testKey)
	if err != nil {
		return nil, err
	}
	wanted := apps.featuresOf(privacy.RecipientID(o.Recipient))
	wanted = slices.DeleteFunc(wanted, func(name string) bool { return o.Feature != "" && name != o.App+"/"+o.Feature })
	if len(wanted) == 0 {
		return nil, fmt.Errorf("server: no live feature of that name sends to %q; see: vow provider list", o.Recipient)
	}
	var list []Trial
	for _, name := range wanted {
		one, err := tryOne(ctx, o, conf, name)
		if err != nil {
			return list, fmt.Errorf("server: try %s: %w", name, err)
		}
		list = append(list, one)
	}
	return list, nil
}

// tryOne gives each feature a server of its own, so that nothing of another shows in it.
func tryOne(ctx context.Context, o TryOptions, conf config, name string) (Trial, error) {
	t, err := openTrial(ctx, o, conf)
	if err != nil {
		return Trial{}, err
	}
	defer t.close()
	app, feature, _ := strings.Cut(name, "/")
	return t.run(ctx, app, feature)
}

// trial is a server that lives for one feature.
type trial struct {
	core  *core
	demo  *demo // of a dry run
	conf  config
	close func()
}

func openTrial(ctx context.Context, o TryOptions, conf config) (*trial, error) {
	dir, err := os.MkdirTemp("", "vow-try-")
	if err != nil {
		return nil, fmt.Errorf("server: temporary directory: %w", cause(err))
	}
	addr := "127.0.0.1:0"
	if !o.DryRun {
		addr = conf.Addr
	}
	l, err := listen(addr)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	t := &trial{conf: conf}
	if o.DryRun {
		t.demo, err = startDemo(ctx, DemoOptions{Dir: filepath.Join(dir, "data"), RealTime: true, Out: io.Discard, AppsDir: conf.Apps, tap: true, models: conf.Recipients}, l)
		if err == nil {
			t.core = t.demo.core
		}
	} else {
		t.core, err = realTrial(ctx, o, conf, dir, l)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close(), os.RemoveAll(dir))
	}
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(running, l, t.core) }()
	t.close = func() {
		cancel()
		<-done
		if t.demo != nil {
			t.demo.closeSims()
		}
		_ = os.RemoveAll(dir) // a temporary directory of ciphertext; its key goes with it
	}
	return t, nil
}

// realTrial builds a server that sends to the one configured recipient, and to nobody else.
func realTrial(ctx context.Context, o TryOptions, conf config, dir string, l net.Listener) (*core, error) {
	root := filepath.Join(dir, "root.key")
	if err := keyring.CreateRootFile(root); err != nil {
		return nil, err
	}
	key, err := randomKey() // the address may be public: nobody else may use the account meanwhile
	if err != nil {
		return nil, err
	}
	set, err := loadApps(conf.Apps, "pk_try_"+key+"_")
	if err != nil {
		return nil, err
	}
	if err := safeAddress(conf.Addr, conf.PublicURL); err != nil {
		return nil, err
	}
	id := privacy.RecipientID(o.Recipient)
	conf.Recipients.Rename(set.wiring)
	links, err := conf.Recipients.Links(set.wiring, []privacy.RecipientID{id})
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	limits, err := conf.Recipients.Traffic()
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s := defaults(filepath.Join(dir, "data"), conf.PublicURL)
	s.root, s.apps, s.egress, s.limits = keyring.RootFromFile(root), set, links, limits
	if s.publicURL == "" {
		s.publicURL = "http://" + l.Addr().String()
	}
	return build(ctx, s)
}

// run takes one feature from the consent screen to its result.
func (t *trial) run(ctx context.Context, app, feature string) (Trial, error) {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	pol := t.core.apps.policies[privacy.AppID(app)]
	f, _ := pol.Feature(privacy.FeatureID(feature))
	out := Trial{App: app, Feature: feature, Recipient: string(f.Recipient)}
	api, err := t.enter(ctx, app)
	if err != nil {
		return out, err
	}
	screen, err := api.Disclosure(ctx, feature, "en")
	if err != nil {
		return out, err
	}
	for _, line := range screen.What {
		out.Disclosed = append(out.Disclosed, line.Field)
	}
	out.Disclosed = set(out.Disclosed)
	consent, err := api.CreateConsent(ctx, client.ConsentCreate{
		Feature: feature, Recipient: string(f.Recipient), Decision: "granted", DisclosureHash: screen.Hash, Scope: screen.Scope,
	})
	if err != nil {
		return out, err
	}
	made, err := ordered(ctx, api, f, consent.ID)
	if err != nil {
		return out, err
	}
	task, err := finished(ctx, api, made)
	if err != nil {
		return out, err
	}
	return t.report(out, task)
}

// sampleOrder fills every input of a feature with a sample.
func sampleOrder(ctx context.Context, api *client.Client, f policy.Feature) (client.TaskCreate, error) {
	in := client.TaskCreate{Feature: string(f.ID), Params: map[string]string{}}
	for _, i := range f.Inputs {
		switch i.Kind {
		case policy.Photo:
			photo, err := samples.Open(samples.Astronaut)
			if err != nil {
				return in, err
			}
			up, err := api.Upload(ctx, bytes.NewReader(photo), "image/jpeg")
			if err != nil {
				return in, err
			}
			in.Inputs = append(in.Inputs, client.TaskInput{Role: string(i.Field), Upload: up.ID})
		case policy.Voice:
			up, err := api.Upload(ctx, bytes.NewReader(hum()), "audio/wav")
			if err != nil {
				return in, err
			}
			in.Inputs = append(in.Inputs, client.TaskInput{Role: string(i.Field), Upload: up.ID})
		case policy.Prompt:
			if i.Field == "negative_prompt" {
				in.NegativePrompt = "rain"
				continue
			}
			in.Prompt = "a quiet lake in the morning"
		case policy.Option, policy.Number:
			in.Params[string(i.Field)] = i.Default
			if i.Default == "" && len(i.Choices) > 0 {
				in.Params[string(i.Field)] = i.Choices[0].Value
			}
		}
	}
	return in, nil
}

// finished waits for the end of a task.
func finished(ctx context.Context, api *client.Client, id string) (client.Task, error) {
	const pause = 100 * time.Millisecond
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		t, err := api.Task(ctx, id)
		if err != nil || t.EndedAt != nil {
			return t, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return t, ctx.Err()
		}
	}
}

// report lays what the screen said beside the ledger and what arrived.
func (t *trial) report(out Trial, task client.Task) (Trial, error) {
	for _, row := range task.Transfers {
		out.Recorded = append(out.Recorded, row.Fields...)
		for _, h := range row.Held {
			out.Held = append(out.Held, h.Text)
		}
	}
	out.Recorded = set(out.Recorded)
	for _, o := range task.Outputs {
		out.Results = append(out.Results, o.MediaType)
	}
	if task.Error != nil {
		out.Failure = task.Error.Code
	} else if task.State != "succeeded" {
		out.Failure = task.State
	}
	if t.demo == nil {
		return out, nil
	}
	id := privacy.RecipientID(out.Recipient)
	sim := t.demo.sims[id]
	out.Received = []string{}
	for _, r := range sim.Received().Requests {
		out.Received = append(out.Received, r.Fields...)
	}
	out.Received = set(out.Received)
	show := transcript.Options{Secrets: sim.Credentials, Own: t.core.publicURL, Hosts: map[string]string{hostOf(sim.Base): t.host(id)}}
	for _, raw := range sim.Drain() {
		list, err := transcript.Requests(raw, show)
		if err != nil {
			return out, err
		}
		for _, r := range list {
			if !slices.Contains(out.Requests, r) { // a question that is asked again
				out.Requests = append(out.Requests, r)
			}
		}
	}
	return out, nil
}

// host is the configured host of a recipient, or a word for it.
func (t *trial) host(id privacy.RecipientID) string {
	if c, ok := t.conf.Recipients[id]; ok {
		return hostOf(c.Address())
	}
	return "[host of " + string(id) + "]"
}

// hostOf returns the host of an address.
func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

func set(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
