package alibaba

import (
	"context"
	"encoding/json"
	"errors"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// swap is what a face swap notes after each of its calls: template made, faces merged, template
// deleted. The template stays noted to the end, because Forget looks whether it is really gone.
type swap struct {
	Template string `json:"template"` // identifier of the template at Alibaba
	Face     string `json:"face"`     // identifier of the face in it
	File     string `json:"file"`     // address of the result
}

func (w swap) sound() bool {
	return isName(w.Template) && (w.Face == "" || isName(w.Face)) && (w.File == "" || isLink(w.File))
}

// begin goes on where an earlier attempt ended. Both pictures' places are checked before the first
// of them leaves.
func (w swap) begin(ctx context.Context, s driver.Sender, flow driver.Workflow) (driver.Begun, error) {
	add, _ := actionOf(addTemplate)
	merge, _ := actionOf(mergeImageFace)
	first, err := add.fill(s, flow)
	if err != nil {
		return driver.Begun{}, err
	}
	second, err := merge.fill(s, flow)
	if err != nil {
		return driver.Begun{}, err
	}
	if w.Template == "" {
		if err := w.add(ctx, s, add.request(first)); err != nil {
			return driver.Begun{}, err
		}
	}
	if w.File == "" {
		if err := w.merge(ctx, s, merge, second); err != nil {
			return driver.Begun{}, err
		}
	}
	if err := w.drop(ctx, s); err != nil {
		return driver.Begun{}, err
	}
	return ticket{File: w.File, Template: w.Template}.begun()
}

func (w *swap) add(ctx context.Context, s driver.Sender, r wire.Request) error {
	answer, err := s.Send(ctx, r)
	if err != nil {
		return refine(answer, err)
	}
	var data struct {
		TemplateID string `json:"TemplateId"`
		FaceInfos  []struct{ TemplateFaceID string }
	}
	if err := read(answer, &data); err != nil {
		return err
	}
	if !isName(data.TemplateID) {
		return lost("template-reply")
	}
	w.Template = data.TemplateID
	if len(data.FaceInfos) > 0 && isName(data.FaceInfos[0].TemplateFaceID) {
		w.Face = data.FaceInfos[0].TemplateFaceID
	}
	return w.save(ctx, s)
}

func (w *swap) merge(ctx context.Context, s driver.Sender, a action, p params) error {
	if w.Face == "" {
		return w.giveUp(ctx, s, driver.Fail(egress.NoFace, "no-face-in-template"))
	}
	p["TemplateId"] = wire.Literal(w.Template)
	if p["ImageURL"] == nil { // a list says which face of the template is meant
		p["MergeInfos.1.TemplateFaceID"] = wire.Literal(w.Face)
	}
	answer, err := s.Send(ctx, a.request(p))
	if err != nil {
		return w.giveUp(ctx, s, refine(answer, err))
	}
	if w.File, err = linkIn(answer); err != nil {
		return err
	}
	return w.save(ctx, s)
}

// giveUp deletes the template when the swap is refused for good. Where the same step may be tried
// again it is still needed, and where the outcome is unknown nothing more is sent: then it is left
// for Forget.
func (w *swap) giveUp(ctx context.Context, s driver.Sender, cause error) error {
	var e *egress.Error
	if !errors.As(cause, &e) || e.Class.Retryable() || e.Class == egress.UnknownOutcome {
		return cause
	}
	if err := w.drop(ctx, s); err != nil {
		return err
	}
	return cause
}

// drop deletes the template in the job that made it. A deletion that fails is left for Forget,
// which looks in any case.
func (w *swap) drop(ctx context.Context, s driver.Sender) error {
	_, _ = s.Send(ctx, about(dropTemplate, facebody).request(params{"TemplateId": wire.Literal(w.Template)}))
	return w.save(ctx, s)
}

func (w *swap) save(ctx context.Context, s driver.Sender) error {
	state, err := json.Marshal(w)
	if err != nil {
		return driver.Fail(egress.Bug, "state")
	}
	return s.Save(ctx, state)
}
