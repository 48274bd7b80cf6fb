package photojob

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// jpeg is enough of a photo for the look at its first bytes.
const jpeg = "\xFF\xD8\xFF\xE0 photo"

// options returns a job that agrees, with its photo and a folder of its own.
func options(t *testing.T, f *fakeServer) Options {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, "in.jpg")
	if err := os.WriteFile(in, []byte(jpeg), 0o600); err != nil {
		t.Fatal(err)
	}
	return Options{Server: f.URL, App: "pixplus", Feature: "avatar", Photo: in, Output: filepath.Join(dir, "out.jpg"), Answer: Agree, Lang: "en"}
}

func TestAgreeingMakesTheResult(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	o, ui := options(t, f), &fakeUI{}
	o.Prompt, o.Params, o.Receipts = "hello", map[string]string{"style": "bold"}, filepath.Join(t.TempDir(), "r")
	res, err := Run(t.Context(), client.New(f.URL, "", nil), o, ui)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(o.Output); err != nil || string(got) != "pixels" {
		t.Errorf("the result file has %q, %v", got, err)
	}
	if res.Task != "tsk_1" || res.State != "succeeded" || !res.WasSent || res.Output != o.Output ||
		len(res.Transfers) != 1 || res.Transfers[0].Recipient != "runninghub" || len(res.Receipts) != 1 {
		t.Errorf("the result is %+v", res)
	}
	if f.upload != "image/jpeg "+jpeg {
		t.Errorf("uploaded %q", f.upload)
	}
	if f.consent.Decision != "granted" || f.consent.DisclosureHash != "sha256:1" || f.consent.Recipient != "runninghub" || f.consent.Scope != "single_job" {
		t.Errorf("recorded %+v", f.consent)
	}
	if f.create.Consent != "con_1" || f.create.Prompt != "hello" || f.create.Params["style"] != "bold" ||
		len(f.create.Inputs) != 1 || f.create.Inputs[0] != (client.TaskInput{Role: "photo", Upload: "upl_1"}) {
		t.Errorf("created %+v", f.create)
	}
	if _, err := os.Stat(filepath.Join(o.Receipts, "rcp_1.json")); err != nil {
		t.Error("the receipt was not kept")
	}
	shown := strings.Join(ui.shown, "\n")
	for _, want := range []string{"disclosure avatar", "link " + f.URL + "/pixplus/policy", "state generating", "transfer runninghub [photo]", "erases its copy of the result at 2026-11-28 14:02 UTC"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q was not shown in\n%s", want, shown)
		}
	}
	if !f.called("DELETE /v1/sessions/current") {
		t.Error("the session was left open")
	}
}

func TestDecliningUploadsNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer Answer
		ui     *fakeUI
	}{
		"by flag":                 {Decline, &fakeUI{}},
		"by answering no":         {Ask, &fakeUI{answers: []bool{false}}},
		"by saying nothing":       {Ask, &fakeUI{}},
		"when it is not recorded": {Decline, &fakeUI{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			if strings.HasPrefix(name, "when") {
				f.refuse["POST /v1/consents"] = client.Problem{Status: 500, Code: "internal"}
			}
			o := options(t, f)
			o.Answer = tt.answer
			res, err := Run(t.Context(), client.New(f.URL, "", nil), o, tt.ui)
			if !errors.Is(err, ErrDeclined) || res.State != "declined" || res.WasSent || res.Task != "" || res.Transfers == nil || res.Receipts == nil {
				t.Errorf("got %+v, %v", res, err)
			}
			if f.called("POST /v1/uploads") || f.called("POST /v1/tasks") {
				t.Error("something was uploaded")
			}
			if !f.called("POST /v1/consents") || len(tt.ui.shown) == 0 {
				t.Error("the decision was not taken to the server after the disclosure was shown")
			}
			if _, err := os.Stat(o.Output); err == nil {
				t.Error("a result file appeared")
			}
		})
	}
}

func TestNoDecisionAtAllIsNoAgreement(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	o := options(t, f)
	o.Answer = Ask
	_, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{err: context.Canceled})
	if !errors.Is(err, context.Canceled) || f.called("POST /v1/consents") || f.called("POST /v1/uploads") {
		t.Errorf("got %v after %v", err, f.calls)
	}
}

func TestARewrittenPromptIsShownAndAnswered(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer          Answer
		rewrite, person bool
		answers         []bool
		want            bool
	}{
		"yes at the terminal":                     {Ask, false, true, []bool{true, true}, true},
		"no at the terminal":                      {Ask, false, true, []bool{true, false}, false},
		"yes by its own flag":                     {Agree, true, false, nil, true},
		"the flag for the disclosure is no yes":   {Agree, false, false, nil, false},
		"agreed by flag, asked about the rewrite": {Agree, false, true, []bool{true}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			f.stream = "event: state\ndata: {\"state\":\"awaiting_confirmation\"}\n\nevent: done\ndata: {\"state\":\"canceled\"}\n\n"
			f.task.State = "awaiting_confirmation"
			f.task.Review = &client.ReviewResult{Explanation: "A name was removed.", ShownPrompt: "a person"}
			o, ui := options(t, f), &fakeUI{answers: tt.answers}
			o.Answer, o.Rewrite, o.Person = tt.answer, tt.rewrite, tt.person
			_, _ = Run(t.Context(), client.New(f.URL, "", nil), o, ui)
			if f.accepted == nil || *f.accepted != tt.want {
				t.Errorf("answered %v", f.accepted)
			}
			if shown := strings.Join(ui.shown, "\n"); !strings.Contains(shown, "New prompt: a person") || !strings.Contains(shown, "A name was removed.") {
				t.Errorf("shown was\n%s", shown)
			}
		})
	}
}

func TestCtrlCCancelsTheTaskAndSaysWhatThatAchieved(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		outcome string
		sent    bool
		want    string
	}{
		"nothing was sent":         {"nothing_sent", false, "canceled (nothing was sent)"},
		"stopped at the recipient": {"stopped_at_recipient", true, "RunningHub, which stopped its work"},
		"may finish there":         {"may_finish_there", true, "may finish its work; the result is thrown away"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			f.stream = "event: state\ndata: {\"state\":\"generating\"}\n\n"
			f.hang = true
			f.task.State, f.task.CancelOutcome, f.task.WasSent = "canceled", tt.outcome, tt.sent
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := options(t, f)
			res, err := Run(ctx, client.New(f.URL, "", nil), o, &fakeUI{onState: cancel})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if res.State != "canceled" || res.WasSent != tt.sent || !f.called("POST /v1/tasks/{id}/cancel") {
				t.Errorf("the result is %+v", res)
			}
			if _, err := os.Stat(o.Output); err == nil {
				t.Error("a result file appeared")
			}
		})
	}
}

func TestACancelThatFailsIsNotCalledACancel(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	f.stream, f.hang = "event: state\ndata: {\"state\":\"generating\"}\n\n", true
	f.refuse["POST /v1/tasks/{id}/cancel"] = client.Problem{Status: 503, Code: "unavailable"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Run(ctx, client.New(f.URL, "", nil), options(t, f), &fakeUI{onState: cancel})
	if err == nil || !strings.Contains(err.Error(), "may still be running") {
		t.Errorf("got %v", err)
	}
}

func TestATaskWithoutResultSaysWhyAndWhetherAnythingWasSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(t *client.Task)
		want   []string
	}{
		"failed": {func(t *client.Task) {
			t.State, t.Error = "failed", &client.TaskError{Code: "provider-unavailable", Detail: "RunningHub does not answer.", Retry: true}
		}, []string{"provider-unavailable: RunningHub does not answer.", "data may have left", "a new try makes sense"}},
		"blocked": {func(t *client.Task) {
			t.State, t.WasSent, t.Review = "blocked", false, &client.ReviewResult{Rule: "minors", Explanation: "No."}
		}, []string{"blocked by the review (minors): No.", "nothing was sent"}},
		"expired":          {func(t *client.Task) { t.State = "expired" }, []string{"ended as expired"}},
		"empty-handed":     {func(t *client.Task) { t.Outputs = nil }, []string{"lists no result"}},
		"canceled already": {func(t *client.Task) { t.State, t.CancelOutcome = "canceled", "nothing_sent" }, []string{"canceled"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			tt.change(&f.task)
			o := options(t, f)
			res, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			if res.Output != "" || res.State != f.task.State {
				t.Errorf("the result is %+v", res)
			}
		})
	}
}

func TestARefusedTaskErasesItsUploadAgain(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	f.refuse["POST /v1/tasks"] = client.Problem{Status: 422, Code: "review-blocked", Detail: "No."}
	_, err := Run(t.Context(), client.New(f.URL, "", nil), options(t, f), &fakeUI{})
	if err == nil || !strings.Contains(err.Error(), "erased again") || !f.called("DELETE /v1/uploads/{id}") {
		t.Errorf("got %v", err)
	}
	f.refuse["DELETE /v1/uploads/{id}"] = client.Problem{Status: 500, Code: "internal"}
	_, err = Run(t.Context(), client.New(f.URL, "", nil), options(t, f), &fakeUI{})
	if err == nil || !strings.Contains(err.Error(), "could not be erased") {
		t.Errorf("got %v", err)
	}
}

func TestATaskWhoseAnswerWasLostIsFoundAgain(t *testing.T) {
	t.Parallel()
	for name, interrupted := range map[string]bool{"and followed": false, "and canceled after Ctrl-C": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.lose = func() {
				if interrupted {
					f.task.State, f.task.CancelOutcome, f.task.WasSent = "canceled", "nothing_sent", false
					cancel()
				}
			}
			res, err := Run(ctx, client.New(f.URL, "", nil), options(t, f), &fakeUI{})
			if res.Task != "tsk_1" || f.called("POST /v1/tasks/{id}/cancel") != interrupted || (err != nil) != interrupted {
				t.Errorf("got %+v, %v", res, err)
			}
			if f.called("DELETE /v1/uploads/{id}") {
				t.Error("the upload of a running task was erased")
			}
		})
	}
}

func TestEraseLeavesNothingOnTheServer(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	o := options(t, f)
	o.Erase = true
	res, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
	if err != nil || strings.Join(res.Receipts, " ") != "rcp_1 rcp_2" {
		t.Errorf("got %v, %v", res.Receipts, err)
	}
}

func TestEveryRefusalOfTheServerEndsTheJob(t *testing.T) {
	t.Parallel()
	for _, route := range []string{
		"POST /v1/sessions", "GET /v1/features", "GET /v1/features/{id}/disclosure", "POST /v1/consents",
		"POST /v1/uploads", "GET /v1/tasks/{id}", "GET /v1/receipts/{id}", "DELETE /v1/tasks/{id}",
	} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			f.refuse[route] = client.Problem{Status: 500, Code: "internal"}
			o := options(t, f)
			o.Erase, o.Receipts = true, t.TempDir()
			_, err := Run(t.Context(), client.New(f.URL, "", nil), o, &fakeUI{})
			var p *client.Problem
			if !errors.As(err, &p) || p.Code != "internal" {
				t.Errorf("got %v", err)
			}
		})
	}
}
