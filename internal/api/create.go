package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

func (a *API) createRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/features", ID: "listFeatures", Tag: "create", AppKey: true, Summary: "What the app offers, and who would receive what"}, a.listFeatures)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/features/{id}", ID: "getFeature", Tag: "create", AppKey: true, Summary: "One feature"}, a.getFeature)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/features/{id}/disclosure", ID: "getDisclosure", Tag: "create", AppKey: true, Summary: "The exact text of the consent screen"}, a.getDisclosure)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/v1/consents", ID: "createConsent", Tag: "create", Summary: "Agree to, or decline, a disclosure", Status: http.StatusCreated}, a.createConsent)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/consents", ID: "listConsents", Always: true, Tag: "create", Summary: "Decisions, newest first"}, a.listConsents)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/consents/{id}/text", ID: "getConsentText", Always: true, Tag: "create", Summary: "The exact text that was shown for this decision"}, a.consentText)
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/consents/{id}", ID: "withdrawConsent", Always: true, Tag: "create", Summary: "Withdraw a consent and stop the work that stands on it"}, a.withdrawConsent)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/v1/uploads", ID: "createUpload", Tag: "create", Status: http.StatusCreated,
		Summary: "Hand over a photo, a video or a recording: the raw bytes, or multipart with one part named file"}, a.createUpload)
	uploadBody(a.rest.Huma.OpenAPI().Paths["/v1/uploads"].Post) // after registering: huma must not read the body itself
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/uploads/{id}", ID: "getUpload", Tag: "create", Summary: "State and clock of an upload; its content is never given back"}, a.getUpload)
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/uploads/{id}", ID: "deleteUpload", Always: true, Tag: "create", Summary: "Erase an upload now"}, a.deleteObject)
}

func (a *API) listFeatures(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Page[client.Feature]], error) {
	who := rest.WhoOf(ctx)
	out := client.Page[client.Feature]{Data: []client.Feature{}}
	for _, f := range who.Policy.Features() {
		v, err := a.feature(ctx, who, f)
		if err != nil {
			return nil, err
		}
		out.Data = append(out.Data, v)
	}
	return rest.Reply(out)
}

func (a *API) getFeature(ctx context.Context, in *struct {
	rest.IDPath
	rest.LangQuery
}) (*rest.Answer[client.Feature], error) {
	who := rest.WhoOf(ctx)
	f, ok := who.Policy.Feature(privacy.FeatureID(in.ID))
	if !ok {
		return nil, fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this feature.")
	}
	v, err := a.feature(ctx, who, f)
	if err != nil {
		return nil, err
	}
	return rest.Reply(v)
}

// feature shows a feature as this person finds it: without a permission of the device that it uses, it alone
// is not available (MIX-4-01).
func (a *API) feature(ctx context.Context, who *rest.Credential, f policy.Feature) (client.Feature, error) {
	out := a.featureView(ctx, who, f)
	out.Permissions = f.Permissions
	if a.Tasks == nil || who.Subject == "" || !out.Available {
		return out, nil
	}
	denied, err := a.Tasks.Reported.Denied(ctx, who.App(), who.Subject, f.Permissions)
	if err != nil || denied == "" {
		return out, err
	}
	out.Available, out.Reason, out.Needs = false, "permission", denied
	out.ReasonText = reasonText(out.Reason, who.Lang)
	return out, nil
}

func (a *API) getDisclosure(ctx context.Context, in *struct {
	rest.IDPath
	rest.LangQuery
}) (*rest.Answer[client.Disclosure], error) {
	who := rest.WhoOf(ctx)
	screen, err := who.Policy.Screen(privacy.FeatureID(in.ID), who.Lang)
	if err != nil {
		return nil, fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this feature.")
	}
	return rest.Reply(disclosureView(who, screen))
}

func (a *API) createConsent(ctx context.Context, in *struct{ Body client.ConsentCreate }) (*rest.Answer[client.Consent], error) {
	who := rest.WhoOf(ctx)
	f, ok := who.Policy.Feature(privacy.FeatureID(in.Body.Feature))
	if !ok || !f.Live {
		return nil, fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this feature.")
	}
	if string(f.Recipient) != in.Body.Recipient {
		return nil, rest.Invalid("/recipient", "not_the_recipient", "The recipient of this feature is "+string(f.Recipient)+".")
	}
	mode, ok := chosen(f, in.Body.Scope)
	if !ok {
		return nil, rest.Invalid("/scope", "not_the_scope", "The scope of this feature is "+strings.Join(scopes(f.Consent), " or ")+".")
	}
	screen, ok := shown(who.Policy, f.ID, in.Body.DisclosureHash)
	if !ok {
		return nil, consent.ErrStale.With("feature", string(f.ID)).With("recipient", string(f.Recipient))
	}
	rec := consent.Record{
		ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: who.App(), Subject: who.Subject, Feature: f.ID, Recipient: f.Recipient,
		Decision: consent.Refused, Screen: screen.Hash, Language: screen.Language, PolicyHash: who.Policy.Hash(), Version: who.Policy.Version(),
		Mode: mode, At: a.Clock.Now(),
	}
	if in.Body.Decision == "granted" { // whatever else is said is a no
		rec.Decision = consent.Given
	}
	if err := a.recordConsent(ctx, who, rec); err != nil {
		return nil, err
	}
	if rec.Decision == consent.Refused {
		if _, err := a.Rights.Decline(ctx, who.Who); err != nil {
			return nil, err
		}
	}
	return rest.Reply(consentView(rec))
}

// shown finds in which language the text with this hash would be shown by the policy in force.
func shown(p *policy.Policy, f privacy.FeatureID, hash string) (policy.Screen, bool) {
	for _, lang := range p.Languages() {
		if screen, err := p.Screen(f, lang); err == nil && screen.Hash == hash {
			return screen, true
		}
	}
	return policy.Screen{}, false
}

// consentText finds the text of a decision by its hash, under the version of that day.
func (a *API) consentText(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Disclosure], error) {
	who := rest.WhoOf(ctx)
	rec, err := a.DB.App(who.App()).Consent(ctx, who.Subject, privacy.ConsentID(in.ID))
	if errors.Is(err, consent.ErrNoRecord) {
		return nil, rest.NotFound()
	}
	if err != nil {
		return nil, err
	}
	if p, ok := a.Policies.ByHash(who.App(), rec.PolicyHash); ok {
		if screen, ok := shown(p, rec.Feature, rec.Screen); ok {
			return rest.Reply(disclosureView(who, screen))
		}
	}
	return nil, rest.NotFound()
}

func (a *API) recordConsent(ctx context.Context, who *rest.Credential, rec consent.Record) error {
	until, err := a.Eraser.EvidenceUntil(who.App(), "consent_record")
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.App(who.App()).Subject(ctx, who.Subject); errors.Is(err, store.ErrNotFound) {
			return fault.New(fault.Refused, "unauthenticated", "This account was erased.") // since the request began
		}
		_, err := audit.Append(ctx, tx.Tree(who.Subject, until), audit.Event{
			Kind: "consent_decided", App: rec.App, Subject: rec.Subject, Object: string(rec.ID), At: rec.At, PolicyHash: rec.PolicyHash,
			Data: map[string]string{"decision": rec.Decision.String(), "feature": string(rec.Feature), "recipient": string(rec.Recipient), "screen": rec.Screen, "scope": scope(rec.Mode)},
		})
		if err != nil {
			return err
		}
		return tx.InsertConsent(ctx, rec, until)
	})
}

func (a *API) listConsents(ctx context.Context, in *rest.Paging) (*rest.Answer[client.Page[client.Consent]], error) {
	who := rest.WhoOf(ctx)
	rows, err := a.DB.App(who.App()).Consents(ctx, who.Subject, privacy.ConsentID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return rest.Reply(rest.Page(rows, in.Limit, func(r consent.Record) string { return string(r.ID) }, consentView))
}

func (a *API) withdrawConsent(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Consent], error) {
	who := rest.WhoOf(ctx)
	if err := a.Tasks.Withdraw(ctx, who.Who, privacy.ConsentID(in.ID)); err != nil {
		return nil, err
	}
	rec, err := a.DB.App(who.App()).Consent(ctx, who.Subject, privacy.ConsentID(in.ID))
	if err != nil {
		return nil, err
	}
	return rest.Reply(consentView(rec))
}

// uploadInput takes the body as a stream: a photo is never held whole.
type uploadInput struct {
	ContentType string `header:"Content-Type"`
	Expect      string `header:"Expect"`
	Origin      string `query:"origin" enum:"library,capture,import" doc:"Where the medium comes from; the permission behind it must not be denied"`
	body        io.Reader
}

// Resolve keeps the stream for the handler. A sender that never comes to an end is cut off: what it
// has sent lies encrypted, but without a row, until then.
func (u *uploadInput) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	_ = ctx.SetReadDeadline(clock.Real{}.Now().Add(uploadTime)) // where unsupported the front has its own
	return nil
}

func uploadBody(o *huma.Operation) {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"image/jpeg": binary, "image/png": binary, "image/webp": binary, "audio/wav": binary, "audio/mpeg": binary, "audio/mp4": binary, "audio/ogg": binary, "audio/webm": binary,
		"multipart/form-data": {Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"file": {Type: "string", Format: "binary"}}, Required: []string{"file"}}},
	}}
}

const (
	drainBytes = 64 << 20
	uploadTime = 30 * time.Minute
)

func (a *API) createUpload(ctx context.Context, in *uploadInput) (*rest.Answer[client.Upload], error) {
	who := rest.WhoOf(ctx)
	incoming := task.Incoming{Body: in.body, Declared: in.ContentType, Origin: in.Origin}
	behind := func() error { return nil }
	if strings.HasPrefix(in.ContentType, "multipart/") {
		form, part, err := filePart(in.body, in.ContentType)
		if err != nil {
			return nil, err
		}
		incoming = task.Incoming{Body: part, Declared: part.Header.Get("Content-Type"), Name: part.FileName(), Origin: in.Origin}
		behind = func() error { return nothingElse(form) }
	}
	o, err := a.Tasks.Upload(ctx, who.Who, incoming)
	if err == nil {
		if err = behind(); err != nil {
			_, erased := a.Tasks.Discard(ctx, who.Who, o.Object)
			err = errors.Join(err, erased)
		}
	}
	if err != nil {
		if in.Expect == "" { // a client that is still sending would see a broken connection instead of the reason
			_, _ = io.CopyN(io.Discard, in.body, drainBytes)
		}
		return nil, err
	}
	return rest.Reply(a.uploadView(ctx, o))
}

// filePart returns the part named file. Any other part is refused before it is read.
func filePart(body io.Reader, contentType string) (*multipart.Reader, *multipart.Part, error) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return nil, nil, rest.Invalid("/file", "multipart", "The multipart body has no boundary.")
	}
	form := multipart.NewReader(body, params["boundary"])
	part, err := form.NextPart()
	if errors.Is(err, io.EOF) {
		return nil, nil, rest.Invalid("/file", "required", "The form has no part named file.")
	}
	if err != nil {
		return nil, nil, rest.Invalid("/file", "multipart", "The multipart body cannot be read.")
	}
	if part.FormName() != "file" {
		return nil, nil, rest.Invalid("/file", "unknown_field", "The only part of the form is named file.")
	}
	return form, part, nil
}

// nothingElse refuses a form that goes on behind its file, or breaks off before its end.
func nothingElse(form *multipart.Reader) error {
	_, err := form.NextPart()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return rest.Invalid("/file", "multipart", "The multipart body breaks off before its end.")
	}
	return rest.Invalid("/file", "unknown_field", "The only part of the form is named file.")
}

func (a *API) getUpload(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Upload], error) {
	who := rest.WhoOf(ctx)
	id := privacy.ObjectID(in.ID)
	if !privacy.HasPrefix(in.ID, privacy.PrefixUpload) {
		return nil, rest.NotFound()
	}
	o, err := a.DB.App(who.App()).Object(ctx, who.Subject, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !a.readable(ctx, o) {
		return nil, a.erased(ctx, who, id)
	}
	if err != nil {
		return nil, err
	}
	return rest.Reply(a.uploadView(ctx, o))
}

// readable reports whether an object may still be read: by time, whatever the sweeper did.
func (a *API) readable(ctx context.Context, o store.Object) bool {
	return a.Clock.Now().Before(o.Due()) && a.Vault.Holds(ctx, o.Ref)
}

// erased tells what was erased from what never was the caller's.
func (a *API) erased(ctx context.Context, who *rest.Credential, id privacy.ObjectID) error {
	r, err := a.DB.App(who.App()).ReceiptOf(ctx, who.Subject, id)
	if err == nil {
		return fault.New(fault.Gone, "erased", "").With("receipt", string(r.ID)).With("deleted_at", r.DeletedAt)
	}
	if o, err := a.DB.App(who.App()).Object(ctx, who.Subject, id); err == nil {
		if o.HeldAt(a.Clock.Now()) {
			return erasure.ErrHeld // "erased" would not be true: it is sealed
		}
		return fault.New(fault.Gone, "erased", "").With("deleted_at", o.Due())
	}
	return rest.NotFound()
}

func (a *API) deleteObject(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Receipt], error) {
	if !privacy.HasPrefix(in.ID, privacy.PrefixUpload) && !privacy.HasPrefix(in.ID, privacy.PrefixOutput) {
		return nil, rest.NotFound()
	}
	return a.deleteItem(ctx, in)
}

func (a *API) deleteItem(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Receipt], error) {
	who := rest.WhoOf(ctx)
	r, err := a.Tasks.Discard(ctx, who.Who, privacy.ObjectID(in.ID))
	if err != nil {
		return nil, err
	}
	view, err := a.receipt(ctx, r)
	if err != nil {
		return nil, err
	}
	return rest.Reply(view)
}

func scope(m policy.ConsentMode) string {
	if m == policy.PerTask {
		return "single_job"
	}
	return "until_policy_changes"
}

// scopes lists how long a yes can hold, as the person likes: for one task and, where the policy allows it,
// until the policy changes. The narrower comes first: nothing wider is ever chosen for anybody.
func scopes(m policy.ConsentMode) []string {
	if m == policy.PerTask {
		return []string{scope(m)}
	}
	return []string{scope(policy.PerTask), scope(m)}
}

// chosen reads the scope of a decision; without one it is what the policy says. False: it is not offered.
func chosen(f policy.Feature, said string) (policy.ConsentMode, bool) {
	switch {
	case said == "":
		return f.Consent, true
	case !slices.Contains(scopes(f.Consent), said):
		return "", false
	case said == scope(policy.PerTask):
		return policy.PerTask, true
	default:
		return policy.PerFeature, true
	}
}
