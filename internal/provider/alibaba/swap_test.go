package alibaba_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/driver"
)

// calls lists what went out, by name.
func (l *line) calls() (list []string) {
	for _, r := range l.seen {
		list = append(list, r.Sign.(wire.ACS3).Action)
	}
	return list
}

func swapLine(answers ...answer) *line {
	return &line{media: []privacy.Field{"photo", "template_photo"}, answers: answers}
}

const (
	add   = "AddFaceImageTemplate"
	merge = "MergeImageFace"
	drop  = "DeleteFaceImageTemplate"
	look  = "QueryFaceImageTemplate"
)

func TestAFaceSwapDeletesItsTemplateInTheSameJob(t *testing.T) {
	t.Parallel()
	l := swapLine(answer{body: added}, answer{body: colorized}, answer{body: dropped})
	begun, err := begin(t, l, swapFlow(), nil)
	if err != nil || !slices.Equal(l.calls(), []string{add, merge, drop}) || len(l.saved) != 3 {
		t.Fatalf("%v, %v, %d saves", err, l.calls(), len(l.saved))
	}
	if got := wire.Fields(l.seen[0]); !slices.Equal(got, []privacy.Field{"template_photo"}) {
		t.Errorf("the template is made of %v", got)
	}
	if got := wire.Fields(l.seen[1]); !slices.Equal(got, []privacy.Field{"photo"}) {
		t.Errorf("the face is taken from %v", got)
	}
	after := &line{answers: []answer{{body: absent}}}
	residue, err := alibaba.Driver{}.Forget(t.Context(), after, begun.Ticket)
	want := []driver.Held{{What: "inputs", Reason: "no-erase-call"}, {What: "result", For: 30 * time.Minute, Reason: "no-erase-call"}}
	if err != nil || !slices.Equal(residue.Erased, []string{"template"}) || !slices.Equal(residue.Held, want) || !slices.Equal(after.calls(), []string{look}) {
		t.Errorf("%+v, %v after %v", residue, err, after.calls())
	}
}

func TestATemplateWhoseDeletionFailedIsLeftForForget(t *testing.T) {
	t.Parallel()
	for name, failed := range map[string]answer{
		"it is refused": refusal(500, "InternalError", egress.UnknownOutcome), "its answer is lost": {err: &egress.Error{Class: egress.UnknownOutcome, Code: "timeout"}},
	} {
		l := swapLine(answer{body: added}, answer{body: colorized}, failed)
		begun, err := begin(t, l, swapFlow(), nil)
		if err != nil || len(l.saved) != 3 {
			t.Fatalf("%s: %v", name, err)
		}
		if s, _ := ends(t, begun.Ticket); s.State != driver.Done {
			t.Errorf("%s: the result is lost: %+v", name, s)
		}
		after := &line{answers: []answer{{body: present}, {body: dropped}, {body: absent}}}
		residue, err := alibaba.Driver{}.Forget(t.Context(), after, begun.Ticket)
		if err != nil || !slices.Equal(residue.Erased, []string{"template"}) || !slices.Equal(after.calls(), []string{look, drop, look}) {
			t.Errorf("%s: %+v, %v after %v", name, residue, err, after.calls())
		}
	}
}

// TestOnlyALookThatFindsNothingCounts lets the deletion claim success, and every look at it fail.
func TestOnlyALookThatFindsNothingCounts(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]answer{
		"it is still there": {body: present}, "the look is refused": refusal(403, "AuthFailed", egress.Auth), "the look says nothing": {body: `{"RequestId":"7C29675C","Data":{}}`},
		"the look shows others": {body: `{"RequestId":"7C29675C","Data":{"Total":3,"Elements":[]}}`},
	} {
		l := &line{answers: []answer{{body: present}, {body: dropped}, second}}
		residue, err := alibaba.Driver{}.Forget(t.Context(), l, driver.Ticket(`{"template":"6cd509ea-54fa-4730-8e9d-c94cadcda048"}`))
		want := []driver.Held{{What: "inputs", Reason: "no-erase-call"}, {What: "template", Reason: "erase-failed"}}
		if err != nil || len(residue.Erased) > 0 || !slices.Equal(residue.Held, want) {
			t.Errorf("%s: %+v, %v", name, residue, err)
		}
	}
}

func TestASwapThatIsRefusedLeavesNoTemplate(t *testing.T) {
	t.Parallel()
	l := swapLine(answer{body: added}, refusal(400, "InvalidFile.Content", egress.Bug), answer{body: dropped})
	_, err := begin(t, l, swapFlow(), nil)
	if e := asError(t, err); e.Class != egress.BadMedia || !slices.Equal(l.calls(), []string{add, merge, drop}) {
		t.Errorf("%+v after %v", e, l.calls())
	}
	left, ok := alibaba.Driver{}.Leftover(l.saved[len(l.saved)-1])
	residue, err := alibaba.Driver{}.Forget(t.Context(), &line{answers: []answer{{body: absent}}}, left)
	if !ok || err != nil || !slices.Equal(residue.Erased, []string{"template"}) {
		t.Errorf("left %v: %+v, %v", ok, residue, err)
	}
	if _, err := (alibaba.Driver{}).Poll(t.Context(), &line{}, left); !isRefusal(err) {
		t.Errorf("what is left can be polled: %v", err)
	}
}

func TestATemplateWithoutAFaceIsDeletedAtOnce(t *testing.T) {
	t.Parallel()
	for _, faces := range []string{`[]`, `[{"TemplateFaceID":"../x"}]`} {
		l := swapLine(answer{body: `{"RequestId":"798A721D","Data":{"TemplateId":"6cd509ea-54fa","FaceInfos":` + faces + `}}`}, answer{body: dropped})
		_, err := begin(t, l, swapFlow(), nil)
		if e := asError(t, err); e.Class != egress.NoFace || !slices.Equal(l.calls(), []string{add, drop}) {
			t.Errorf("%+v after %v", e, l.calls())
		}
	}
}

func TestASwapGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	l := swapLine(answer{body: added}, refusal(400, "Throttling.User", egress.Bug))
	_, err := begin(t, l, swapFlow(), nil)
	if e := asError(t, err); e.Class != egress.Throttled || !slices.Equal(l.calls(), []string{add, merge}) {
		t.Fatalf("%+v after %v", e, l.calls())
	}
	again := swapLine(answer{body: colorized}, answer{body: dropped})
	if _, err := begin(t, again, swapFlow(), l.saved[0]); err != nil || !slices.Equal(again.calls(), []string{merge, drop}) {
		t.Errorf("%v after %v", err, again.calls())
	}
	last := swapLine(answer{body: dropped})
	if _, err := begin(t, last, swapFlow(), again.saved[0]); err != nil || !slices.Equal(last.calls(), []string{drop}) {
		t.Errorf("%v after %v", err, last.calls())
	}
}

func TestALostAnswerIsNotFollowedByAnotherCall(t *testing.T) {
	t.Parallel()
	lost := answer{err: &egress.Error{Class: egress.UnknownOutcome, Code: "timeout", WasSent: true}}
	l := swapLine(answer{body: added}, lost)
	_, err := begin(t, l, swapFlow(), nil)
	if e := asError(t, err); e.Class != egress.UnknownOutcome || !slices.Equal(l.calls(), []string{add, merge}) {
		t.Errorf("%+v after %v", e, l.calls())
	}
	if _, ok := (alibaba.Driver{}).Leftover(l.saved[0]); !ok {
		t.Error("the template is forgotten")
	}
	for _, first := range []string{`{"RequestId":"798A721D","Data":{"TemplateId":"a b"}}`, `{"RequestId":"798A721D"}`} {
		l = swapLine(answer{body: first})
		_, err = begin(t, l, swapFlow(), nil)
		if e := asError(t, err); e.Class != egress.UnknownOutcome || len(l.saved) > 0 {
			t.Errorf("%s: %+v", first, e)
		}
	}
}

func TestWhatCannotBeSavedStopsTheSwap(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	for n, answers := range [][]answer{{{body: added}}, {{body: colorized}}} {
		l := swapLine(answers...)
		l.saveErr = broken
		var resume []byte
		if n == 1 {
			resume = []byte(`{"template":"6cd509ea-54fa","face":"6cd509ea-54fa_0"}`)
		}
		if _, err := begin(t, l, swapFlow(), resume); !errors.Is(err, broken) || len(l.seen) != 1 {
			t.Errorf("%v after %v", err, l.calls())
		}
	}
}

func TestAFaceMayBeNamedAloneInsteadOfInAList(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"ImageURL":              {"AddWatermark", "ImageURL", "ModelVersion", "TemplateId"},
		"MergeInfos.1.ImageURL": {"AddWatermark", "MergeInfos.1.ImageURL", "MergeInfos.1.TemplateFaceID", "ModelVersion", "TemplateId"},
	} {
		w := swapFlow()
		w.Nodes["photo"] = driver.Node{ID: "MergeImageFace", Name: name}
		l := swapLine(answer{body: added}, answer{body: colorized}, answer{body: dropped})
		if _, err := begin(t, l, w, nil); err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(l.seen[1].Body.(wire.Form))); !slices.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
