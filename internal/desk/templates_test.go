package desk

import (
	"testing"

	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/desk"
)

// swapping lets the world's policy be one with templates for face swaps.
func (w *world) swapping() privacy.AppID {
	p := sample(w.t)
	for _, candidate := range []string{"aifitting", "picwiz", "pixplus", "mixoo"} {
		if p = policytest.Load(w.t, policytest.Source(w.t, candidate)); uses(p, "template") {
			break
		}
	}
	if !uses(p, "template") {
		w.t.Fatal("no app swaps faces")
	}
	fixed, _ := w.Policies.(book.Fixed)
	fixed[p.App()] = p
	return p.App()
}

func TestATemplateIsOfferedOnlyAfterSomebodyElseReviewedTheseVeryFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.swapping()
	author, judge := w.staff(Developer), w.staff(Moderator)
	w.template("mine", "")
	ref := facts.Template{App: in, Kind: "template", ID: "mine"}
	offered := func() bool { return w.Offers(t.Context(), in, "template", "mine") }
	_, err := w.Publish(t.Context(), judge, ref)
	is(t, err, "not-found")
	_, err = w.Submit(t.Context(), judge, ref)
	is(t, err, "forbidden")
	_, err = w.Submit(t.Context(), author, facts.Template{App: in, Kind: "template", ID: "no such"})
	is(t, err, "not-found")
	_, err = w.Submit(t.Context(), author, ref)
	must(t, err)
	_, err = w.Publish(t.Context(), judge, ref)
	is(t, err, "conflict")
	_, err = w.Review(t.Context(), author, ref, Approved)
	is(t, err, "forbidden")
	himself := judge
	himself.ID = author.ID // who hands in and judges
	_, err = w.Review(t.Context(), himself, ref, Approved)
	is(t, err, "same-person")
	_, err = w.Review(t.Context(), judge, ref, "nice")
	is(t, err, "validation")
	_, err = w.Review(t.Context(), judge, ref, Rejected)
	must(t, err)
	_, err = w.Publish(t.Context(), judge, ref)
	is(t, err, "conflict")
	_, err = w.Review(t.Context(), judge, ref, Approved)
	is(t, err, "conflict")
	_, err = w.Submit(t.Context(), author, ref)
	must(t, err)
	_, err = w.Review(t.Context(), judge, ref, Approved)
	must(t, err)
	if offered() {
		t.Error("approved is not published")
	}
	_, err = w.Publish(t.Context(), judge, ref)
	must(t, err)
	if !offered() || w.Offers(t.Context(), "other", "template", "mine") || w.Offers(t.Context(), in, "hair", "mine") {
		t.Error("it must be offered here, and nowhere else")
	}
	w.template("mine", "edited ")
	if offered() {
		t.Error("an edit must take it back")
	}
	list, err := w.Templates(t.Context(), author, in)
	if err != nil || len(list) != 1 || list[0].State != Draft {
		t.Errorf("%+v, %v", list, err)
	}
	_, err = w.Publish(t.Context(), judge, ref)
	is(t, err, "conflict")
	w.template("mine", "")
	if !offered() {
		t.Error("the files that were reviewed are back")
	}
	_, err = w.Unpublish(t.Context(), judge, ref)
	must(t, err)
	if offered() {
		t.Error("it was taken back")
	}
}

func TestAnAppThatSwapsNoFacesTakesNoTemplate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Submit(t.Context(), w.staff(Developer), facts.Template{App: app, Kind: "template", ID: material.List(material.Template)[0].ID})
	is(t, err, "feature-unavailable")
	if w.Offers(t.Context(), app, "template", material.List(material.Template)[0].ID) {
		t.Error("a face of somebody else is offered where no feature uses one")
	}
}

func TestWhatCameWithTheProgramCanBeTakenBackWithoutADemonstration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, judge := w.swapping(), w.staff(Moderator)
	ref := facts.Template{App: in, Kind: "template", ID: material.List(material.Template)[0].ID}
	_, err := w.Unpublish(t.Context(), judge, ref)
	must(t, err)
	if w.Offers(t.Context(), in, "template", ref.ID) {
		t.Error("what was taken back is offered")
	}
	_, err = w.Unpublish(t.Context(), judge, facts.Template{App: in, Kind: "template", ID: "nobodys"})
	is(t, err, "not-found")
}

func TestADemonstrationPublishesWhatItShipsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, judge := w.swapping(), w.staff(Moderator)
	id := material.List(material.Template)[0].ID
	if !w.Offers(t.Context(), in, "template", id) || w.Offers(t.Context(), in, "template", "nobodys") {
		t.Fatal("what came with the program was reviewed by its makers, and nothing else was")
	}
	must(t, w.Seed(t.Context(), judge, in))
	if !w.Offers(t.Context(), in, "template", id) {
		t.Error("what is shipped must be offered")
	}
	_, err := w.Unpublish(t.Context(), judge, facts.Template{App: in, Kind: "template", ID: id})
	must(t, err)
	must(t, w.Seed(t.Context(), judge, in))
	if w.Offers(t.Context(), in, "template", id) {
		t.Error("a second start must not undo what was decided")
	}
	is(t, w.Seed(t.Context(), w.staff(Support), in), "forbidden")
}
