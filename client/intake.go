package client

import (
	"context"
	"iter"
	"net/url"
	"time"
)

// Bootstrap returns what an app on a platform may do for the person, or for a visitor with an app key.
func (c *Client) Bootstrap(ctx context.Context, platform string) (Bootstrap, error) {
	var out Bootstrap
	err := c.get(ctx, "/v1/bootstrap", url.Values{"platform": {platform}}, &out)
	return out, err
}

// Telemetry hands over facts about device, build and connection.
func (c *Client) Telemetry(ctx context.Context, in Telemetry) (Accepted, error) {
	return c.collect(ctx, "/v1/telemetry", in)
}

// CrashReport hands over a report about a crash.
func (c *Client) CrashReport(ctx context.Context, in Telemetry) (Accepted, error) {
	return c.collect(ctx, "/v1/crash-reports", in)
}

// ReportEvents hands over named events.
func (c *Client) ReportEvents(ctx context.Context, in EventReport) (Accepted, error) {
	return c.collect(ctx, "/v1/events", in)
}

// Feedback says what the person thinks.
func (c *Client) Feedback(ctx context.Context, in Letter) (Accepted, error) {
	return c.collect(ctx, "/v1/feedback", in)
}

// Survey hands over answers to a questionnaire.
func (c *Client) Survey(ctx context.Context, id string, in Letter) (Accepted, error) {
	return c.collect(ctx, at("/v1/surveys/", id, ""), in)
}

// Complain complains about something of somebody else's, in a source of the policy.
func (c *Client) Complain(ctx context.Context, source string, in Letter) (Complaint, error) {
	var out Complaint
	err := c.post(ctx, at("/v1/complaints/", source, ""), nil, in, &out)
	return out, err
}

func (c *Client) collect(ctx context.Context, path string, in any) (Accepted, error) {
	var out Accepted
	err := c.post(ctx, path, nil, in, &out)
	return out, err
}

// LoginRisk compares the identifiers of the device with those of earlier logins.
func (c *Client) LoginRisk(ctx context.Context, in Telemetry) (LoginRisk, error) {
	var out LoginRisk
	err := c.post(ctx, "/v1/login-risk", nil, in, &out)
	return out, err
}

// Device gives the app on this device a name, which is drawn at random.
func (c *Client) Device(ctx context.Context, in DeviceCreate) (Device, error) {
	var out Device
	err := c.post(ctx, "/v1/devices", nil, in, &out)
	return out, err
}

// ForgetDevice erases the name of a device.
func (c *Client) ForgetDevice(ctx context.Context, id string) error {
	return c.delete(ctx, at("/v1/devices/", id, ""), nil)
}

// Support writes to support: it begins a conversation.
func (c *Client) Support(ctx context.Context, in Letter) (SupportThread, error) {
	var out SupportThread
	err := c.post(ctx, "/v1/support", nil, in, &out)
	return out, err
}

// SupportReply writes to a conversation that is open.
func (c *Client) SupportReply(ctx context.Context, id string, in Letter) (SupportThread, error) {
	var out SupportThread
	err := c.post(ctx, at("/v1/support/", id, "/messages"), nil, in, &out)
	return out, err
}

// SupportThreads lists the person's conversations, newest first.
func (c *Client) SupportThreads(ctx context.Context) iter.Seq2[SupportThread, error] {
	return pages[SupportThread](ctx, c, "/v1/support", nil)
}

// SupportThread returns a conversation with everything that was said.
func (c *Client) SupportThread(ctx context.Context, id string) (SupportThread, error) {
	var out SupportThread
	err := c.get(ctx, at("/v1/support/", id, ""), nil, &out)
	return out, err
}

// CloseSupport ends a conversation, which starts the clock of its messages.
func (c *Client) CloseSupport(ctx context.Context, id string) (SupportThread, error) {
	var out SupportThread
	err := c.post(ctx, at("/v1/support/", id, "/close"), nil, nil, &out)
	return out, err
}

// ShareTargets lists the apps that the device may be asked about, to offer them for sharing.
func (c *Client) ShareTargets(ctx context.Context, platform string) (ShareTargets, error) {
	var out ShareTargets
	err := c.get(ctx, "/v1/share-targets", url.Values{"platform": {platform}}, &out)
	return out, err
}

// Telemetry is one set of facts under a schema of the policy.
type Telemetry struct {
	Platform string         `json:"platform" enum:"ios,android,web"`
	Schema   string         `json:"schema,omitempty" doc:"Id of the schema, see bootstrap; needed where the policy lists several"`
	AppState string         `json:"app_state,omitempty" enum:"foreground" doc:"Required of telemetry, crashes and events: nothing is taken from the background"`
	Data     map[string]any `json:"data,omitempty" doc:"Fields of the schema and no other; an unknown one refuses the whole call"`
}

// EventReport is a list of named events; they are taken all or none.
type EventReport struct {
	Platform string       `json:"platform" enum:"ios,android,web"`
	Schema   string       `json:"schema,omitempty"`
	AppState string       `json:"app_state" enum:"foreground"`
	Events   []NamedEvent `json:"events" minItems:"1" maxItems:"50"`
}

// NamedEvent is one event with its fields.
type NamedEvent struct {
	Name string         `json:"name"`
	At   time.Time      `json:"at" doc:"Within a day of now"`
	Data map[string]any `json:"data,omitempty"`
}

// Accepted says how much was kept: nothing where the person has switched this off or objects to it.
type Accepted struct {
	Accepted int `json:"accepted"`
}

// LoginRisk is what a login should ask for.
type LoginRisk struct {
	StepUp          bool `json:"step_up" doc:"The device is not one of those that were seen: ask for a further proof"`
	ReducedSecurity bool `json:"reduced_security" doc:"No identifier came along, so that a stranger's device cannot be noticed"`
}

// DeviceCreate asks for a name of the app on this device.
type DeviceCreate struct {
	Platform string `json:"platform" enum:"ios,android,web"`
	ID       string `json:"id,omitempty" maxLength:"64" doc:"The name that it had, which is kept where it is the person's"`
}

// Device is the name of the app on a device: drawn at random, and known to this app alone.
type Device struct {
	ID        string    `json:"id" doc:"dev_…"`
	Platform  string    `json:"platform"`
	CreatedAt time.Time `json:"created_at"`
	DeleteAt  time.Time `json:"delete_at" doc:"Unless it is seen again before"`
}

// Letter is what a person writes.
type Letter struct {
	Platform string         `json:"platform" enum:"ios,android,web"`
	Text     string         `json:"text,omitempty"`
	Email    string         `json:"email,omitempty" doc:"Where to answer; never required"`
	Data     map[string]any `json:"data,omitempty" doc:"Further fields of the schema"`
	PassedOn string         `json:"passed_on,omitempty" doc:"Of a complaint that is handed on: the ground that the person was told of before they wrote"`
}

// Complaint is the receipt of one. It is listed with everything else that is held.
type Complaint struct {
	ID       string    `json:"id" doc:"itk_…"`
	Source   string    `json:"source"`
	At       time.Time `json:"at"`
	DeleteBy time.Time `json:"delete_by"`
}

// SupportThread is a conversation with support.
type SupportThread struct {
	ID        string           `json:"id" doc:"thr_…"`
	State     string           `json:"state" enum:"open,closed"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
	ClosesAt  time.Time        `json:"closes_at" doc:"By itself, where nobody closes it"`
	DeleteBy  time.Time        `json:"delete_by"`
	Messages  []SupportMessage `json:"messages,omitempty"`
}

// SupportMessage is one thing that was said.
type SupportMessage struct {
	Author string         `json:"author" enum:"subject,staff"`
	At     time.Time      `json:"at"`
	Text   string         `json:"text,omitempty"`
	Email  string         `json:"email,omitempty"`
	Data   map[string]any `json:"data,omitempty"`
	Erased bool           `json:"erased,omitempty"`
}

// ShareTargets are apps to share to.
type ShareTargets struct {
	Targets []string `json:"targets"`
}

// SharePresence says which of the listed apps are on the device. It is answered and not kept.
type SharePresence struct {
	Platform string          `json:"platform" enum:"ios,android,web"`
	Targets  map[string]bool `json:"targets" doc:"Only those that listShareTargets names"`
}

// Bootstrap is what an app on a platform may do.
type Bootstrap struct {
	App           string             `json:"app"`
	PolicyVersion string             `json:"policy_version"`
	Platform      string             `json:"platform"`
	SDKs          []PolicySDK        `json:"sdks" doc:"The kits that this platform's app may hold, and no other"`
	Permissions   []PolicyPermission `json:"permissions"`
	Collection    []PolicySchema     `json:"collection" doc:"What may be handed over beside the inputs of features"`
	Switches      []PolicySwitch     `json:"switches"`
	Notices       []string           `json:"notices" doc:"Ids of notices that wait for the person"`
	Features      []FeatureState     `json:"features"`
}

// FeatureState says whether a feature is available with the permissions that were reported.
type FeatureState struct {
	ID          string   `json:"id"`
	Available   bool     `json:"available"`
	Permissions []string `json:"permissions,omitempty"`
	Needs       string   `json:"needs,omitempty" doc:"The permission that was reported as denied"`
}

// PolicySDK is one embedded kit of somebody else.
type PolicySDK struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Company   string   `json:"company"`
	PolicyURL string   `json:"policy_url"`
	Text      string   `json:"text"`
	Platforms []string `json:"platforms,omitempty" doc:"Absent: all"`
	Purpose   string   `json:"purpose,omitempty"`
	Fields    []string `json:"fields,omitempty"`
	Recipient string   `json:"recipient,omitempty"`
	Version   string   `json:"version,omitempty"`
	Pending   bool     `json:"pending" doc:"Waits for its security check and stays out of the apps"`
	Clause    string   `json:"clause,omitempty"`
}

// PolicyMessage is something that people are written about.
type PolicyMessage struct {
	Kind     string   `json:"kind" example:"task_status"`
	Channels []string `json:"channels" doc:"in_app always; push, email, sms and announcement where the app can reach the person there"`
	CanBeOff []string `json:"can_be_off" doc:"Channels on which each person may switch this kind off: PUT /v1/me/messages"`
	Switch   string   `json:"switch,omitempty" doc:"Turns a whole channel off, never in_app; absent: nothing does"`
	Clause   string   `json:"clause,omitempty"`
}

// PolicyPermission is one permission of the device that the app may ask for.
type PolicyPermission struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Text      string   `json:"text" doc:"What it is used for"`
	Help      string   `json:"help,omitempty" doc:"Where to take it back"`
	Platforms []string `json:"platforms,omitempty" doc:"Absent: all"`
	Clause    string   `json:"clause,omitempty"`
}

// PolicySwitch is one choice of the person.
type PolicySwitch struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Text   string `json:"text"`
	On     bool   `json:"on"`
	Clause string `json:"clause,omitempty"`
}

// PolicySchema is one closed schema of what an app may hand over.
type PolicySchema struct {
	ID         string        `json:"id"`
	Kind       string        `json:"kind" enum:"telemetry,events,crash,support,feedback,survey,complaint,login_risk,share_targets"`
	Category   string        `json:"category,omitempty"`
	Purpose    string        `json:"purpose,omitempty"`
	Platforms  []string      `json:"platforms,omitempty" doc:"Absent: all"`
	Switch     string        `json:"switch,omitempty"`
	Permission string        `json:"permission,omitempty"`
	Fields     []PolicyField `json:"fields,omitempty"`
	Events     []PolicyEvent `json:"events,omitempty"`
	PassedOn   *PolicyEntry  `json:"passed_on,omitempty" doc:"Of a complaint: the ground on which it is handed on; people are told before they write"`
	Clause     string        `json:"clause,omitempty"`
}

// PolicyField is one permitted field.
type PolicyField struct {
	ID         string   `json:"id"`
	Name       string   `json:"name,omitempty" doc:"In plain words"`
	Kind       string   `json:"kind" enum:"word,version,language,region,number,flag,choice,moment,digest,address,mail,text"`
	Max        int      `json:"max,omitempty"`
	Least      float64  `json:"least,omitempty"`
	Most       float64  `json:"most,omitempty"`
	Choices    []string `json:"choices,omitempty"`
	Required   bool     `json:"required,omitempty"`
	Platforms  []string `json:"platforms,omitempty"`
	Permission string   `json:"permission,omitempty"`
}

// PolicyEvent is one permitted event.
type PolicyEvent struct {
	ID     string        `json:"id"`
	Fields []PolicyField `json:"fields,omitempty"`
}

// PolicyEntry is one row of a list of the policy: a purpose, a right, a ground, or what is never accepted.
type PolicyEntry struct {
	ID       string   `json:"id"`
	List     string   `json:"list,omitempty" doc:"Which list of grounds it belongs to"`
	Text     string   `json:"text"`
	Basis    string   `json:"basis,omitempty"`
	Deadline string   `json:"deadline,omitempty"`
	Fields   []string `json:"fields,omitempty"`
	Needs    []string `json:"needs,omitempty"`
	Clause   string   `json:"clause,omitempty"`
}

// PolicyCategory is one kind of data that the app may hold.
type PolicyCategory struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Storage  string         `json:"storage" enum:"disk,memory"`
	Purposes []string       `json:"purposes" doc:"Why it is needed"`
	Origin   string         `json:"origin,omitempty" enum:"subject,automatic,vendor,server"`
	Special  bool           `json:"special,omitempty"`
	Clocks   []RetentionRow `json:"clocks"`
	Clause   string         `json:"clause,omitempty"`
}

// PolicyContact is somebody who answers for the app: its operator, one who operates it jointly, or a team that
// reads what people write.
type PolicyContact struct {
	Kind     string `json:"kind" enum:"controller,joint,contact"`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Region   string `json:"region,omitempty" doc:"ISO 3166 country of a joint operator"`
	Platform string `json:"platform,omitempty" doc:"For whom a contact is: all, ios, android or web"`
	Clause   string `json:"clause,omitempty"`
}
