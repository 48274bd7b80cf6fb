package api

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/progress"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/outcome"
	"vow.example/vow/internal/task/result"
)

// recipientView shows a recipient as the person's policy names it, or as an earlier version did.
func (a *API) recipientView(who *rest.Credential, id privacy.RecipientID) client.RecipientRef {
	r, ok := who.Policy.Recipient(id)
	if !ok {
		r, ok = a.Policies.Recipient(who.App(), id)
	}
	if !ok {
		return groundView(who, id)
	}
	return recipientRef(r, who.Lang)
}

// groundView names, in the place of a recipient of a feature, the ground on which staff handed something over.
func groundView(who *rest.Credential, id privacy.RecipientID) client.RecipientRef {
	for _, g := range who.Policy.Terms().Disclosures {
		if g.ID == string(id) {
			return client.RecipientRef{ID: g.ID, Name: g.Text.In(who.Lang), Kind: "ground"}
		}
	}
	return client.RecipientRef{ID: string(id), Name: strangerText(string(id), who.Lang), Kind: "local"}
}

func recipientRef(r policy.Recipient, lang privacy.Lang) client.RecipientRef {
	return client.RecipientRef{ID: string(r.ID), Name: r.Name.In(lang), Kind: string(r.Class), Region: r.Region, PolicyURL: r.PolicyURL}
}

func (a *API) featureView(ctx context.Context, who *rest.Credential, f policy.Feature) client.Feature {
	out := client.Feature{
		ID: string(f.ID), App: string(who.App()), Title: f.Title.In(who.Lang), Summary: f.Summary.In(who.Lang), State: "planned",
		Inputs: []client.Input{}, Recipient: a.recipientView(who, f.Recipient), Consent: "each_time", MinAge: who.Policy.MinAge(),
		Makes: f.ResultKind(), Model: f.Model, Reason: "planned", Preview: task.Previews(f), Once: f.Once,
	}
	if f.Live {
		out.State, out.Reason = "live", ""
		if a.Tasks != nil {
			out.Reason = a.Tasks.Refuses(f)
		}
	}
	out.Available = out.Reason == ""
	out.ReasonText = reasonText(out.Reason, who.Lang)
	if f.Consent == policy.PerFeature {
		out.Consent = "once_per_version"
	}
	out.Sample = a.sampleView(ctx, who, f, out)
	for _, in := range f.Inputs {
		v := client.Input{
			Role: string(in.Field), Kind: string(in.Kind), Required: in.Required, Label: in.Label.In(who.Lang), Accept: in.Accept,
			MaxBytes: in.MaxBytes, MaxPixels: in.MaxPixels, MaxSide: in.MaxSide, MaxLength: in.MaxLength, MaxSeconds: in.MaxSeconds, Default: in.Default, Material: in.Material,
		}
		if in.Kind == policy.Number {
			v.Bounds = &client.Bounds{Min: in.Min, Max: in.Max, Step: in.Step}
		}
		for _, c := range in.Choices {
			if in.Material != "" && !a.offers(ctx, who.App(), in.Material, c.Value) {
				continue
			}
			v.Choices = append(v.Choices, client.Choice{Value: c.Value, Label: c.Label.In(who.Lang), PictureURL: pictureURL(who.App(), in.Material, c.Value)})
		}
		out.Inputs = append(out.Inputs, v)
	}
	return out
}

func disclosureView(who *rest.Credential, s policy.Screen) client.Disclosure {
	out := client.Disclosure{
		Hash: s.Hash, Language: string(s.Language), PolicyVersion: s.PolicyVersion, Feature: string(s.Feature), Title: s.Title, Summary: s.Summary,
		NotSent: s.NotSent, Why: s.Why, AcceptLabel: s.Accept, DeclineLabel: s.Decline, Scope: scope(s.Consent), Scopes: scopes(s.Consent),
		Model: s.Model, Fixed: s.Fixed,
	}
	for _, l := range s.What {
		out.What = append(out.What, client.DisclosureItem{Field: string(l.Field), Text: l.Text, Sensitive: l.Sensitive})
	}
	for _, r := range s.Who {
		out.Who = append(out.Who, recipientRef(r, s.Language))
	}
	for _, k := range s.Keep {
		out.Keep = append(out.Keep, client.DisclosureKeep{Where: k.Where, What: k.What, Text: k.Text})
	}
	for _, l := range s.Links {
		out.Links = append(out.Links, client.Link{Text: l.Text, URL: l.URL})
	}
	return out
}

func consentView(c consent.Record) client.Consent {
	reason := ""
	if c.Decision == consent.Revoked {
		reason = "restored"
	}
	return client.Consent{
		Reason: reason,
		ID:     string(c.ID), Feature: string(c.Feature), Recipient: string(c.Recipient), Decision: c.Decision.String(), DisclosureHash: c.Screen,
		PolicyVersion: c.Version, Language: string(c.Language), Scope: scope(c.Mode), Task: string(c.Task), CreatedAt: c.At, WithdrawnAt: rest.TimeOrNil(c.ChangedAt),
	}
}

func clockView(o store.Object) client.Clock {
	due := o.Due()
	return client.Clock{Rule: o.Rule, Starts: string(o.Starts), DeleteAt: &due}
}

// uploadState says whether a task may take an upload: one that failed gives it back.
func (a *API) uploadState(ctx context.Context, o store.Object) string {
	if o.Task == "" {
		return "ready"
	}
	k, err := a.DB.App(o.App).TaskByID(ctx, o.Task)
	if err == nil && k.State.Ended() && k.State != store.Succeeded {
		return "ready"
	}
	return "in_use"
}

func (a *API) uploadView(ctx context.Context, o store.Object) client.Upload {
	stripped := o.Stripped
	if stripped == nil {
		stripped = []string{}
	}
	return client.Upload{
		ID: string(o.Object), State: a.uploadState(ctx, o), MediaType: o.MediaType, Bytes: o.Bytes, Width: o.Width, Height: o.Height,
		Storage: string(o.Storage), Origin: o.Origin, Stripped: stripped, Clock: clockView(o),
	}
}

// deletedUpload is how a task shows a source that is gone.
func deletedUpload(r store.Receipt) client.Upload {
	when := r.DeletedAt
	return client.Upload{ID: string(r.Object), State: "deleted", Stripped: []string{}, Clock: client.Clock{Rule: r.Rule, DeletedAt: &when, Receipt: string(r.ID)}}
}

// outputView shows a result; produce is the pseudonym in its file, as long as its task lives.
func outputView(p *policy.Policy, o store.Object, produce string) client.Output {
	kind, marks := result.KindOf(o.MediaType), []string{}
	if kind == result.Image || kind == result.Video {
		marks = append(marks, "iptc")
	}
	if produce != "" {
		marks = append(marks, "tc260")
	}
	return client.Output{
		ID: string(o.Object), Task: string(o.Task), Feature: string(o.Feature), MediaType: o.MediaType, Kind: kind, Bytes: o.Bytes, Width: o.Width, Height: o.Height,
		ContentURL: "/v1/outputs/" + string(o.Object) + "/content", AILabel: client.AILabel{Visible: o.Labelled, Metadata: marks, ProduceID: produce}, Once: readOnce(p, o), Notices: noticesOf(o),
		CreatedAt: o.WrittenAt, Clock: clockView(o), Owner: "subject",
	}
}

// noticesOf returns what a result must be shown with. A machine made every one of them, also those that
// were stored before that was written down.
func noticesOf(o store.Object) []string {
	if len(o.Notices) == 0 {
		return []string{"ai_generated"}
	}
	return o.Notices
}

// readOnce reports whether a result goes to its owner one single time. p may be nil where the app is not
// loaded.
func readOnce(p *policy.Policy, o store.Object) bool {
	if result.KindOf(o.MediaType) == result.Points || p == nil {
		return result.KindOf(o.MediaType) == result.Points
	}
	f, ok := p.Feature(o.Feature)
	return ok && f.Once && f.Result == o.Category
}

// taskView gathers a task with its inputs, results, transfers and receipts.
func (a *API) taskView(ctx context.Context, who *rest.Credential, k store.Task) (client.Task, error) {
	app := a.DB.App(k.App)
	objects, err := app.TaskObjects(ctx, k.ID)
	if err != nil {
		return client.Task{}, err
	}
	transfers, err := app.TaskTransfers(ctx, k.ID)
	if err != nil {
		return client.Task{}, err
	}
	receipts, err := app.TaskReceipts(ctx, k.ID)
	if err != nil {
		return client.Task{}, err
	}
	verdict, err := app.Verdict(ctx, k.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return client.Task{}, err
	}
	out := client.Task{
		ID: string(k.ID), Feature: string(k.Feature), State: string(k.State), WasSent: k.WasSent, Consent: string(k.Consent),
		Recipient: a.recipientView(who, k.Recipient), CancelOutcome: k.CancelOutcome, CreatedAt: k.CreatedAt, EndedAt: rest.TimeOrNil(k.EndedAt),
		Progress:  progress.Of(k, a.Tasks.Usual(k), who.Lang),
		Transfers: []client.Transfer{}, Receipts: []string{}, Error: a.taskError(k, who.Lang),
	}
	if f, ok := who.Policy.Feature(k.Feature); ok && out.Error != nil {
		if in, ok := f.Input(culprit(k, verdict, f)); ok {
			out.Error.Field, out.Error.FieldLabel = string(in.Field), in.Label.In(who.Lang)
		}
	}
	for _, o := range objects {
		switch {
		case privacy.HasPrefix(string(o.Object), privacy.PrefixOutput) && a.Clock.Now().Before(o.Due()):
			out.Outputs = append(out.Outputs, outputView(who.Policy, o, k.Produce))
		case privacy.HasPrefix(string(o.Object), privacy.PrefixUpload):
			out.Inputs = append(out.Inputs, a.uploadView(ctx, o))
		}
	}
	for _, t := range transfers {
		if t.Outcome != "refused" {
			view, err := a.transferView(ctx, who, t)
			if err != nil {
				return out, err
			}
			out.Transfers = append(out.Transfers, view)
		}
	}
	for _, r := range receipts {
		out.Receipts = append(out.Receipts, string(r.ID))
		if privacy.HasPrefix(string(r.Object), privacy.PrefixUpload) {
			out.Inputs = append(out.Inputs, deletedUpload(r))
		}
	}
	if out.Copies, err = a.copyViews(ctx, k, who.Lang); err != nil {
		return out, err
	}
	out.Review, err = a.reviewView(ctx, who, k, verdict)
	out.Steps = progress.Steps(progress.Facts{Task: k, Verdict: verdict, Receipts: receipts}, out, who.Lang)
	return out, err
}

// copyViews tells of the smaller copies that a task has made, from the events that said so at once.
func (a *API) copyViews(ctx context.Context, k store.Task, lang privacy.Lang) (list []client.SmallerCopy, err error) {
	events, err := a.DB.App(k.App).Events(ctx, k.ID, 0)
	for _, e := range events {
		var c client.SmallerCopy
		if e.Kind == "copy" && json.Unmarshal(e.Data, &c) == nil {
			c.Text = progress.Copy(c, k, lang)
			list = append(list, c)
		}
	}
	return list, err
}

func (a *API) reviewView(ctx context.Context, who *rest.Credential, k store.Task, v review.Verdict) (*client.ReviewResult, error) {
	if v.At.IsZero() {
		return nil, nil
	}
	out := &client.ReviewResult{Outcome: v.Outcome.String(), Rule: v.Rule}
	if v.Outcome == review.Cleared && k.Rule != "" { // PIX-8-02: the task says that its words were changed
		out.Outcome, out.Rule = review.Rewritten.String(), k.Rule
	}
	if out.Rule != "" {
		out.Explanation, out.Change = a.Explain(out.Rule, who.Lang), a.Advise(out.Rule, who.Lang)
	}
	if f, ok := who.Policy.Feature(k.Feature); ok && out.Outcome != review.Cleared.String() {
		if in, ok := f.Input(v.Field); ok {
			out.Field, out.FieldLabel = string(in.Field), in.Label.In(who.Lang)
		}
	}
	if k.State != store.AwaitingConfirmation {
		return out, nil
	}
	text, err := a.Tasks.Proposed(ctx, k)
	if err != nil {
		return out, nil // the wording is gone: the state alone is shown
	}
	out.ShownPrompt = text.Reveal()
	return out, nil
}

// listTaskTexts shows a person's own words to that person, in the order of the feature's inputs. The
// marks are found anew each time: only the rule and the field are stored.
func (a *API) listTaskTexts(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Page[client.TaskText]], error) {
	who, k, err := a.task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	texts, err := a.Tasks.Texts(ctx, who.Who, k.ID)
	if err != nil {
		return nil, err
	}
	verdict, err := a.DB.App(k.App).Verdict(ctx, k.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	out := client.Page[client.TaskText]{Data: []client.TaskText{}}
	feature, _ := who.Policy.Feature(k.Feature)
	for _, input := range feature.Inputs {
		text, ok := texts[input.Field]
		if !ok || text.Empty() {
			continue
		}
		view := client.TaskText{Field: string(input.Field), Label: input.Label.In(who.Lang), Text: text.Reveal(), Marks: []client.Mark{}}
		if verdict.Field == input.Field {
			view.Marks = append(view.Marks, a.Marks(verdict.Rule, input.Field, text.Reveal())...)
		}
		out.Data = append(out.Data, view)
	}
	return rest.Reply(out)
}

// textEvent writes pieces of a text that is being made as one server-sent event. It has no id: a
// reader that comes again goes on after the last event that was stored.
func textEvent(at int, pieces []privacy.Text, notices []string) string {
	var all strings.Builder
	for _, p := range pieces {
		all.WriteString(p.Reveal())
	}
	data, _ := json.Marshal(client.TextPiece{At: at, Piece: all.String(), Notices: notices}) // a string always encodes
	return "event: text\ndata: " + string(data) + "\n\n"
}

// culprit names the input that a failure is about: the one that the review named, or, of a recipient that
// says what kind of thing it refused and not which, the only one that can be meant.
func culprit(k store.Task, v review.Verdict, f policy.Feature) privacy.Field {
	var meant []privacy.Field
	switch k.ErrorCode {
	case "review-blocked", "review-held":
		return v.Field
	case "content-refused":
		for _, in := range f.Inputs {
			if in.IsMedium() || k.Texts[in.Field] != "" || in.Field == review.Main && k.Prompt != "" {
				meant = append(meant, in.Field)
			}
		}
	case "no-face", "picture-refused", "real-person-refused":
		for _, in := range f.Inputs {
			if in.IsMedium() {
				meant = append(meant, in.Field)
			}
		}
	}
	if len(meant) != 1 {
		return ""
	}
	return meant[0]
}

// taskError says why a task ended without a result. It always says whether anything was sent.
func (a *API) taskError(k store.Task, lang privacy.Lang) *client.TaskError {
	if !k.State.Ended() || k.State == store.Succeeded {
		return nil
	}
	code := k.ErrorCode
	if code == "" {
		code = string(k.State)
	}
	text := rest.ProblemOf(code)
	out := &client.TaskError{Code: code, Title: text.Title(lang), Detail: text.Detail(lang), WasSent: k.WasSent}
	if code == "review-blocked" {
		out.Detail = a.Explain(k.Rule, lang)
	}
	advice := outcome.AdviceFor(code)
	out.Advice, out.AdviceText = string(advice), advice.Words().In(lang)
	out.Retry = k.State == store.Failed && code != "upload-again" && advice != outcome.Nothing
	return out
}
