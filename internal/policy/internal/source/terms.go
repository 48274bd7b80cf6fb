package source

// Calendar is whose working days count.
type Calendar struct {
	TimeZone string   `json:"time_zone"`
	Holidays []string `json:"holidays"`
	Clause   string   `json:"clause"`
}

// Acceptance demands that the policy itself is accepted before any data call.
type Acceptance struct {
	Text       Text     `json:"text"`
	Accept     Text     `json:"accept"`
	Decline    Text     `json:"decline"`
	Highlights []string `json:"highlights"`
	Clause     string   `json:"clause"`
}

// Permission is one permission of the device that the app may ask for.
type Permission struct {
	ID        string   `json:"id"`
	Name      Text     `json:"name"`
	Text      Text     `json:"text"`
	Help      Text     `json:"help"`
	Platforms []string `json:"platforms"`
	Clause    string   `json:"clause"`
}

// Switch is one choice that the person has in the settings.
type Switch struct {
	ID      string `json:"id"`
	Name    Text   `json:"name"`
	Text    Text   `json:"text"`
	Default bool   `json:"default"`
	Clause  string `json:"clause"`
}

// Membership is one level that somebody can be a member of.
type Membership struct {
	ID     string `json:"id"`
	Name   Text   `json:"name"`
	Clause string `json:"clause"`
}

// Intake is one closed schema of what an app may hand over beside the inputs of features.
type Intake struct {
	ID         string        `json:"id"`
	Kind       string        `json:"kind"`
	Category   string        `json:"category"`
	PassedOn   string        `json:"passed_on"`
	Platforms  []string      `json:"platforms"`
	Switch     string        `json:"switch"`
	Permission string        `json:"permission"`
	Purpose    string        `json:"purpose"`
	Fields     []IntakeField `json:"fields"`
	Events     []IntakeEvent `json:"events"`
	Clause     string        `json:"clause"`
}

// IntakeField is one permitted field.
type IntakeField struct {
	ID         string   `json:"id"`
	Name       Text     `json:"name"`
	Kind       string   `json:"kind"`
	Max        int      `json:"max"`
	Least      *float64 `json:"least"`
	Most       *float64 `json:"most"`
	Choices    []string `json:"choices"`
	Required   bool     `json:"required"`
	Platforms  []string `json:"platforms"`
	Permission string   `json:"permission"`
}

// IntakeEvent is one permitted event with its own fields.
type IntakeEvent struct {
	ID     string        `json:"id"`
	Fields []IntakeField `json:"fields"`
}

// Refused is what published texts mention and this server never accepts.
type Refused struct {
	Category string   `json:"category"`
	Fields   []string `json:"fields"`
	Text     Text     `json:"text"`
	Clause   string   `json:"clause"`
}

// Inbound is a vendor that may send data in, signed.
type Inbound struct {
	ID       string        `json:"id"`
	Name     Text          `json:"name"`
	Category string        `json:"category"`
	Purpose  string        `json:"purpose"`
	Fields   []IntakeField `json:"fields"`
	Clause   string        `json:"clause"`
}

// Forward is what leaves for an analytics recipient while the person's switch is on.
type Forward struct {
	Recipient string   `json:"recipient"`
	Intakes   []string `json:"intakes"`
	Platforms []string `json:"platforms"`
	Switch    string   `json:"switch"`
	Fields    []string `json:"fields"`
	Purpose   string   `json:"purpose"`
	Clause    string   `json:"clause"`
}

// Staff says from where people of the operator may read personal data.
type Staff struct {
	Regions []string `json:"regions"`
	Clause  string   `json:"clause"`
}

// Hold says when a thing may be kept beyond its clock.
type Hold struct {
	Grounds   []Ground `json:"grounds"`
	Approvals int      `json:"approvals"`
	Most      string   `json:"most"`
	Clause    string   `json:"clause"`
}

// Share says whether people may show a work to others.
type Share struct {
	Works  string `json:"works"`
	Text   Text   `json:"text"`
	Clause string `json:"clause"`
}

// Answers are the notices beside what a machine wrote.
type Answers struct {
	AI      Text   `json:"ai"`
	Medical Text   `json:"medical"`
	Legal   Text   `json:"legal"`
	Clause  string `json:"clause"`
}

// SDK is one embedded kit of somebody else.
type SDK struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Company     string       `json:"company"`
	PolicyURL   string       `json:"policy_url"`
	Text        Text         `json:"text"`
	Platforms   []string     `json:"platforms"`
	Purpose     string       `json:"purpose"`
	Fields      []string     `json:"fields"`
	Recipient   string       `json:"recipient"`
	Version     string       `json:"version"`
	Checked     string       `json:"checked"`
	CheckedAt   string       `json:"checked_version"`
	Tracking    bool         `json:"tracking"`
	Certificate *Certificate `json:"certificate"`
	Clause      string       `json:"clause"`
}

// Certificate is a proof of somebody else's security that ends one day.
type Certificate struct {
	Name      string `json:"name"`
	Reference string `json:"reference"`
	Expires   string `json:"expires"`
}

// Audits says how often the operator has its security looked at, and at what of it.
type Audits struct {
	Every    string   `json:"every"`
	Scope    []string `json:"scope"`
	ChosenBy string   `json:"chosen_by"`
	Clause   string   `json:"clause"`
}

// Notices says how changes are announced, and what else people are written about.
type Notices struct {
	Lead       string    `json:"lead"`
	Channels   []string  `json:"channels"`
	Major      []string  `json:"major_channels"`
	Kinds      []string  `json:"kinds"`
	Least      string    `json:"least"`
	Reductions string    `json:"reductions"`
	Popup      bool      `json:"popup"`
	Gateways   []Gateway `json:"gateways"`
	Clause     string    `json:"clause"`
}

// Gateway carries messages to people outside of the app.
type Gateway struct {
	Recipient  string   `json:"recipient"`
	Channel    string   `json:"channel"`
	Platforms  []string `json:"platforms"`
	Switch     string   `json:"switch"`
	Permission string   `json:"permission"`
	Purpose    string   `json:"purpose"`
	Clause     string   `json:"clause"`
}
