package intake

import (
	"context"
	"encoding/json"

	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/store"
)

// wirePassed is the name under which a body says which ground the person was told of before they wrote.
const wirePassed = "passed_on"

// told refuses a complaint whose writer was not told that it is handed on: the app names the ground that it has
// shown. One that is not handed on names none.
func told(in terms.Intake, env map[string]json.RawMessage) error {
	ground, ok := form.String(env[wirePassed])
	if ok && ground == in.PassedOn {
		return nil
	}
	detail := "What is written here is handed on to nobody: name no ground."
	if in.PassedOn != "" {
		detail = "Tell the person first on which ground this is handed on, and name it: " + in.PassedOn + "."
	}
	return refuse(form.CodeRule, "/"+wirePassed, "not_told", detail)
}

// Complain keeps a complaint in the named source. Nobody answers it there; who it is about can ask for it, where
// the source says so. On which device it was written is nobody's business then, and is not kept.
func (s *Service) Complain(ctx context.Context, source string, c Call) (store.Object, error) {
	l, err := s.letter(ctx, terms.Complaint, source, c)
	switch {
	case err != nil:
		return store.Object{}, err
	case l.unwanted:
		return store.Object{}, errObjected
	case len(l.data) == 0:
		return store.Object{}, refuse(form.CodeRule, "/"+wireText, "required", "Write something.")
	}
	l.platform = ""
	r, err := s.file(ctx, c.Who, l.intake.Category, s.recordOf(l))
	if err != nil {
		return store.Object{}, err
	}
	err = s.keep(ctx, c.Who, []sealedRecord{r}, l.may, nil)
	if err != nil && unlessUnwanted(err) == nil {
		err = errObjected
	}
	if err != nil {
		return store.Object{}, err
	}
	return s.DB.App(c.Who.App()).Object(ctx, c.Who.Subject, r.Object.Object)
}
