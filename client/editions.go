package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// PolicyVersion is one published version of an app's policy. It never changes.
type PolicyVersion struct {
	Version     string     `json:"version" example:"pixplus/v2"`
	Number      int        `json:"number"`
	Hash        string     `json:"hash"`
	Updated     string     `json:"last_updated" doc:"Date or month that the text names"`
	State       string     `json:"state" enum:"past,in_force,upcoming"`
	PublishedAt time.Time  `json:"published_at"`
	EffectiveAt *time.Time `json:"effective_at,omitempty" doc:"Absent: in force from the start"`
}

// PolicyChange is one difference between two versions.
type PolicyChange struct {
	Kind          string `json:"kind" example:"clock.longer"`
	What          string `json:"what" doc:"Id of what changed" example:"source_photo.task_failed"`
	Text          string `json:"text" doc:"The change in one sentence"`
	From          string `json:"from,omitempty"`
	To            string `json:"to,omitempty"`
	Class         string `json:"class" enum:"protects,neutral,material,significant"`
	ReducesRights bool   `json:"reduces_rights"`
	Reconsent     bool   `json:"needs_reconsent" doc:"A consent screen reads otherwise: its consents are void"`
	SensitiveNew  bool   `json:"sensitive_new"`
}

// PolicyDiff is everything that one version changes against another.
type PolicyDiff struct {
	From          string         `json:"from"`
	To            string         `json:"to"`
	Class         string         `json:"class" enum:"protects,neutral,material,significant"`
	ReducesRights bool           `json:"reduces_rights"`
	SensitiveNew  bool           `json:"sensitive_new"`
	Reconsent     []string       `json:"needs_reconsent" doc:"Features that ask again"`
	Changes       []PolicyChange `json:"changes"`
}

// Notice is an announcement to a person: a change of the policy, an incident, the end of the service.
type Notice struct {
	ID             string         `json:"id"`
	Kind           string         `json:"kind" example:"policy_change"`
	Title          string         `json:"title"`
	Lines          []string       `json:"lines"`
	Version        string         `json:"version,omitempty" doc:"That it announces"`
	Prominent      bool           `json:"prominent"`
	Changes        []PolicyChange `json:"changes"`
	CreatedAt      time.Time      `json:"created_at"`
	EffectiveAt    time.Time      `json:"effective_at"`
	ShownAt        time.Time      `json:"shown_at" doc:"From when the time that you are promised runs"`
	AcknowledgedAt *time.Time     `json:"acknowledged_at,omitempty"`
	NeedsConsent   bool           `json:"needs_consent" doc:"The version binds you only if you agree; until then the old terms go on"`
	Binds          bool           `json:"binds" doc:"The version binds you already"`
}

// NoticeCount says how many announcements a person has not acknowledged.
type NoticeCount struct {
	Count int `json:"count"`
}

// NoticeAck says that a person has seen an announcement, or agrees to the version that it announces.
type NoticeAck struct {
	Decision string `json:"decision,omitempty" enum:"seen,agree" default:"seen"`
}

// PolicyDraft asks for the publication of a policy file.
type PolicyDraft struct {
	YAML        string    `json:"yaml" maxLength:"1048576"`
	EffectiveAt time.Time `json:"effective_at"`
}

// PublishedPolicy is a version that was published just now.
type PublishedPolicy struct {
	PolicyVersion
	Diff   PolicyDiff `json:"diff" doc:"Against the version before"`
	Notice string     `json:"notice" doc:"Id of the announcement"`
}

// PolicyVersions lists every version of an app's policy, oldest first.
func (c *Client) PolicyVersions(ctx context.Context, app string) ([]PolicyVersion, error) {
	var out Page[PolicyVersion]
	err := c.get(ctx, at("/v1/apps/", app, "/policy/versions"), nil, &out)
	return out.Data, err
}

// PolicyVersion returns the text of one version.
func (c *Client) PolicyVersion(ctx context.Context, app string, number int, lang string) (PolicyDocument, error) {
	var out PolicyDocument
	err := c.get(ctx, at("/v1/apps/", app, "/policy/versions/"+strconv.Itoa(number)), langQuery(lang), &out)
	return out, err
}

// PolicyDiff returns what one version changes against another.
func (c *Client) PolicyDiff(ctx context.Context, app string, from, to int) (PolicyDiff, error) {
	var out PolicyDiff
	err := c.get(ctx, at("/v1/apps/", app, "/policy/diff"), url.Values{"from": {strconv.Itoa(from)}, "to": {strconv.Itoa(to)}}, &out)
	return out, err
}

// Notices lists the announcements that concern the person, newest first. Reading them counts as being
// shown them.
func (c *Client) Notices(ctx context.Context) ([]Notice, error) {
	var out Page[Notice]
	err := c.get(ctx, "/v1/notices", nil, &out)
	return out.Data, err
}

// NoticesWaiting counts the announcements that the person has not acknowledged, without showing one.
func (c *Client) NoticesWaiting(ctx context.Context) (int, error) {
	var out NoticeCount
	err := c.get(ctx, "/v1/notices/waiting", nil, &out)
	return out.Count, err
}

// AcknowledgeNotice says that the person has seen an announcement ("seen") or agrees to its version ("agree").
func (c *Client) AcknowledgeNotice(ctx context.Context, id, decision string) (Notice, error) {
	var out Notice
	err := c.post(ctx, at("/v1/notices/", id, "/ack"), nil, NoticeAck{Decision: decision}, &out)
	return out, err
}

// PublishPolicy publishes a policy file as the next version of its app. It needs the credential of an
// officer or a developer.
func (c *Client) PublishPolicy(ctx context.Context, d PolicyDraft) (PublishedPolicy, error) {
	var out PublishedPolicy
	err := c.post(ctx, "/v1/admin/policies", nil, d, &out)
	return out, err
}

// MessageKind is one kind of messages with every channel of the policy, as the person has it.
type MessageKind struct {
	Kind string       `json:"kind" example:"task_status"`
	Ways []MessageWay `json:"ways"`
}

// MessageWay is one kind of messages on one channel.
type MessageWay struct {
	Channel  string `json:"channel" example:"push" enum:"in_app,push,email,sms,announcement"`
	Sent     bool   `json:"sent" doc:"Messages of this kind go over this channel"`
	CanBeOff bool   `json:"can_be_off" doc:"The person may switch them off here; a change of the policy and a security alert are always sent"`
	Off      bool   `json:"off"`
	Switch   string `json:"switch,omitempty" doc:"The switch of the policy that the whole channel hangs on"`
}

// MessageChoice is what a person wants of one kind of messages on one channel.
type MessageChoice struct {
	Kind    string `json:"kind" maxLength:"64" example:"task_status"`
	Channel string `json:"channel" maxLength:"64" example:"push"`
	Off     bool   `json:"off"`
}

// Messages lists what the person is written to about, and which of it is switched off.
func (c *Client) Messages(ctx context.Context) (out Page[MessageKind], err error) {
	err = c.get(ctx, "/v1/me/messages", nil, &out)
	return out, err
}

// SetMessages switches kinds of messages off, or on again. Where one is refused, none is changed.
func (c *Client) SetMessages(ctx context.Context, set []MessageChoice) (out Page[MessageKind], err error) {
	err = c.put(ctx, "/v1/me/messages", set, &out)
	return out, err
}
