// Package terms holds what a policy says beside its features: what an app may collect and from where,
// permissions and switches, who may be told and why, how changes are announced, who may look.
//
// It promises that every list is closed and every answer comes with its rule. It never reads a file and
// never decides about one person: the rooms that hold the facts do.
package terms

import (
	"time"

	"vow.example/vow/internal/privacy"
)

// Localized is a text in every language of the app.
type Localized map[privacy.Lang]string

// In returns the text in lang, or in English where that language is missing.
func (l Localized) In(lang privacy.Lang) string {
	if s, ok := l[lang]; ok {
		return s
	}
	return l["en"]
}

// Platform is where an app runs: "ios", "android" or "web".
type Platform string

// The platforms. An unknown platform is refused by every intake.
const (
	IOS     Platform = "ios"
	Android Platform = "android"
	Web     Platform = "web"
)

// Deadline is how long after its start something must be done: a period, or working days of the
// app's calendar.
type Deadline struct {
	Immediate           bool
	Years, Months, Days int
	Time                time.Duration
	Working             bool   // Days are working days
	ISO                 string // as written: "P30D", "P15D working", "immediate"
}

// Calendar is whose working days count.
type Calendar struct {
	Zone     *time.Location // UTC where the policy names none
	Holidays []time.Time    // only their dates count
}

// Acceptance is the consent to the policy itself, asked before any data call.
type Acceptance struct {
	Text, Accept, Decline Localized
	Highlights            []string // ids of page sections that touch rights
	Clause                string
}

// Permission is one permission of the device. A permission that is not listed cannot be reported.
type Permission struct {
	ID               string
	Name, Text, Help Localized
	Platforms        []Platform // empty: all
	Clause           string
}

// Switch is one choice of the person: "analytics", "diagnostics", "notifications".
type Switch struct {
	ID         string
	Name, Text Localized
	Default    bool
	Clause     string
}

// Membership is one level that somebody can be a member of.
type Membership struct {
	ID     string
	Name   Localized
	Clause string
}

// IntakeKind says what an intake takes.
type IntakeKind string

// The kinds of intake.
const (
	Telemetry    IntakeKind = "telemetry"     // facts about device, build and connection
	Events       IntakeKind = "events"        // named events, each with its own fields
	Crash        IntakeKind = "crash"         // crash and diagnostic reports
	Support      IntakeKind = "support"       // the person writes to support
	Feedback     IntakeKind = "feedback"      // the person says what they think
	Survey       IntakeKind = "survey"        // answers to a questionnaire
	Complaint    IntakeKind = "complaint"     // the person complains about something of somebody else's
	LoginRisk    IntakeKind = "login_risk"    // identifiers at a login; kept as keyed digests only
	ShareTargets IntakeKind = "share_targets" // which of a few apps are present; never stored
)

// FieldKind says what a field of an intake may hold.
type FieldKind string

// The kinds of fields. Text is the only one that takes sentences, and only intakes in which the person
// writes have one.
const (
	Word     FieldKind = "word"     // letters, digits and ._-/:+ of at most Max characters
	Version  FieldKind = "version"  // like 17.5.1
	Language FieldKind = "language" // a BCP 47 tag
	Region   FieldKind = "region"   // an ISO 3166 country or region code
	Number   FieldKind = "number"   // between Least and Most
	Flag     FieldKind = "flag"     // true or false
	Choice   FieldKind = "choice"   // one of Choices
	Moment   FieldKind = "moment"   // an RFC 3339 time
	Digest   FieldKind = "digest"   // any identifier; only its keyed digest is kept
	Address  FieldKind = "address"  // the network address that the server sees; never taken from the body
	Mail     FieldKind = "mail"     // an e-mail address that the person typed
	Text     FieldKind = "text"     // the person's own words, at most Max characters
)

// Field is one permitted field of an intake.
type Field struct {
	ID          string
	Name        Localized // in plain words; nil where the file has none
	Kind        FieldKind
	Max         int
	Least, Most float64
	Choices     []string
	Required    bool
	Platforms   []Platform // empty: wherever the intake is
	Permission  string     // accepted only while this permission is reported as granted
}

// EventSchema is one permitted event.
type EventSchema struct {
	ID     string
	Fields []Field
}

// Intake is one closed schema.
type Intake struct {
	ID         string
	Kind       IntakeKind
	Category   privacy.Category
	PassedOn   string     // of a complaint: the one ground of disclosure on which it is handed on; empty: to nobody
	Platforms  []Platform // empty: all
	Switch     string     // taken only while the person's switch is on; empty: always
	Permission string     // taken only while this permission is reported as granted
	Purpose    privacy.Purpose
	Fields     []Field
	Events     []EventSchema // of kind events
	Clause     string
}

// Refused is a category, or some fields of it, that this server never accepts although a published text
// mentions it.
type Refused struct {
	Category privacy.Category
	Fields   []string
	Text     Localized
	Clause   string
}

// Inbound is a vendor that may send data in, signed, under a closed schema.
type Inbound struct {
	ID       string
	Name     Localized
	Category privacy.Category
	Purpose  privacy.Purpose
	Fields   []Field
	Clause   string
}

// Forward is what an analytics recipient gets while the person's switch is on: events of these intakes,
// with these fields, from these platforms.
type Forward struct {
	Recipient privacy.RecipientID
	Intakes   []string
	Platforms []Platform
	Switch    string
	Fields    []string
	Purpose   privacy.Purpose
	Clause    string
}

// SDK is one embedded kit of somebody else.
type SDK struct {
	ID, Name, Company, PolicyURL string
	Text                         Localized
	Platforms                    []Platform // empty: all
	Purpose                      privacy.Purpose
	Fields                       []string
	Recipient                    privacy.RecipientID
	Version                      string
	Checked                      string // date of the security check; "" none
	CheckedVersion               string // the version that was checked: another one is pending
	Certificate                  Certificate
	Clause                       string
}

// Pending reports whether the kit waits for its security check and must stay out of the apps.
func (s SDK) Pending() bool { return s.Checked == "" || s.CheckedVersion != s.Version }

// Certificate is a proof of somebody else's security that ends one day.
type Certificate struct {
	Name, Reference string
	Expires         string // date; "" without a certificate
}

// Ground is one entry of a closed list of reasons.
type Ground struct {
	ID         string
	Text       Localized
	Categories []privacy.Category // what it may open; empty: every category that still exists
	Needs      []string           // "document", "reason", "rule", "consent", "request", "performance"
	Approvals  int                // people who must agree, beside who asks
	Abroad     string             // "": as inside; "law_and_written_consent"; "consent"; "never"
	Clause     string
}

// Hold says when a thing may be kept beyond its clock.
type Hold struct {
	Grounds   []Ground
	Approvals int
	Most      Deadline // of one order; it is renewed by a new one
	Clause    string
}

// Minors is the age rule.
type Minors struct {
	MinAge        int
	Guardian      bool // below MinAge a guardian's consent opens the app; otherwise it stays shut
	GuardianBelow int  // from MinAge to below this a guardian's consent opens the app; 0: nobody of that age needs one
	Ask           bool // the age band is asked before the first data call
	Clause        string
}

// Bands lists the answers that the question about age has, from the youngest on.
func (m Minors) Bands() []string {
	if m.GuardianBelow > 0 {
		return []string{Under, Minor, Over}
	}
	return []string{Under, Over}
}

// Shuts reports whether the app stays shut for a band, whatever a guardian says.
func (m Minors) Shuts(band string) bool { return band == Under && m.MinAge > 0 && !m.Guardian }

// NeedsGuardian reports whether the app opens for a band with a guardian's consent only. Whoever has said to
// be a minor goes on needing one where a later version of the policy asks for one of everybody younger.
func (m Minors) NeedsGuardian(band string) bool {
	return band == Under && m.Guardian || band == Minor && (m.Guardian || m.GuardianBelow > 0)
}

// The age bands that are kept: never a date of birth, never an age.
const (
	Under = "under" // younger than the policy's age
	Minor = "minor" // of that age, and younger than the one below which a guardian must agree, where the policy has one
	Over  = "over"
)

// Right is one right of the person.
type Right struct {
	ID       string
	Text     Localized
	Deadline Deadline
	Starts   string // "received" or "verified": what starts the deadline
	Chosen   string // "policy" or "operator"
	Clause   string
}

// Notices says how changes are announced.
type Notices struct {
	Lead       Deadline // before a material change takes effect
	Channels   []string // "in_app", "push", "email", "sms"; in_app always
	Major      []string // further channels of a significant change
	Kinds      []string // closed list of what people are written about
	Reductions string   // "consent": fewer rights or longer clocks bind only who agreed; "notice": after the lead
	Popup      bool     // shown before anything else works
	Gateways   []Gateway
	Clause     string
}

// Gateway carries messages to people outside of the app while their switch is on and the device has
// granted the permission. It gets a name of the device and a sentence, and never what the person made.
type Gateway struct {
	Recipient  privacy.RecipientID
	Channel    string     // "push"
	Platforms  []Platform // empty: all
	Switch     string
	Permission string
	Purpose    privacy.Purpose
	Clause     string
}

// Contact is how to reach the controller from a platform.
type Contact struct {
	Platform string // "all", "ios", "android", "web"
	Team     Localized
	Email    string
	Phone    string
}

// Joint is a joint operator.
type Joint struct {
	Name   Localized
	Region string
	Email  string
	Clause string
}

// Purpose is one declared purpose.
type Purpose struct {
	ID     privacy.Purpose
	Text   Localized
	Basis  string // legal basis; "" where the policy names none
	Clause string
}

// Category is one declared kind of data.
type Category struct {
	ID       privacy.Category
	Name     Localized
	Storage  string // "disk" or "memory"
	Purposes []privacy.Purpose
	Origin   string // "subject", "automatic", "vendor" or "server"
	Special  bool   // special or sensitive: new ones need prominent consent
	Stays    bool   // leaves machines of the operator's for nobody, whatever a person consents to
	Clause   string
}

// Cookie is one registered cookie.
type Cookie struct {
	Name     string
	Purpose  privacy.Purpose
	Lifetime string // ISO 8601 or "session"
	Text     Localized
}

// Share says whether people may show a work to others by a link.
type Share struct {
	Works  bool
	Text   Localized
	Clause string
}

// Answers are the notices beside what a machine wrote; nil texts where the app has no chat.
type Answers struct {
	AI, Medical, Legal Localized
	Clause             string
}

// Figure is one number of the policy that is neither a clock of the schedule nor the deadline of a right.
type Figure struct {
	ID     string // "minors.min_age", "notices.lead", "holds.most", "statistics"
	Kind   string // "years", "people" or "period"
	Value  string // as written: "13", "P30D"
	Chosen string // "policy", "operator", or "" where the policy does not say
}

// Terms are all of it. They are read only.
type Terms struct {
	Calendar     Calendar
	Acceptance   *Acceptance // nil: the policy itself is not asked about
	Permissions  []Permission
	Switches     []Switch
	Memberships  []Membership // the closed list; empty: the app has none
	Intakes      []Intake
	Refused      []Refused
	Inbound      []Inbound
	Forwards     []Forward
	SDKs         []SDK
	StaffRegions []string // empty: from anywhere
	Disclosures  []Ground // why data may go to somebody who is no recipient of a feature
	Exemptions   []Ground // why data may be used without consent
	Refusals     []Ground // why a right may be refused
	Restrictions []Ground // why a person may have processing restricted
	Overrides    []Ground // why restricted data may be read all the same
	Holds        Hold
	Transfers    string // across the region pin: "never", "consent", "law_and_written_consent"; "" no pin
	MinGroup     int    // smallest group that statistics show; 0: none are made
	Minors       Minors
	Rights       []Right
	Notices      Notices
	Controller   Localized
	Joint        []Joint
	Contacts     []Contact
	Purposes     []Purpose
	Categories   []Category
	Cookies      []Cookie
	Share        Share
	Answers      *Answers // nil: nothing here writes answers
	Cipher       string   // "AES-256" where the policy pins it
	Numbers      []Figure
	Audits       Audits // zero: no text promises any
}
