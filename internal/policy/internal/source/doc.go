package source

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
)

// Text is a sentence or name by language tag.
type Text map[string]string

// Doc is a policy file as written. Every member is optional here; the schema says what is
// required, so that a missing member is reported with its place.
type Doc struct {
	Format     string      `json:"format"`
	App        App         `json:"app"`
	Version    string      `json:"version"`
	Updated    string      `json:"updated"`
	Effective  string      `json:"effective"`
	Languages  []string    `json:"languages"`
	Title      Text        `json:"title"`
	Controller Controller  `json:"controller"`
	Contacts   []Contact   `json:"contacts"`
	Regions    Regions     `json:"regions"`
	Minors     Minors      `json:"minors"`
	Faces      Faces       `json:"faces"`
	Training   string      `json:"training"`
	Label      *Label      `json:"label"`
	Safety     Safety      `json:"safety"`
	Forbidden  Forbidden   `json:"forbidden"`
	Purposes   []Purpose   `json:"purposes"`
	Categories []Category  `json:"categories"`
	Recipients []Recipient `json:"recipients"`
	Inputs     []Input     `json:"inputs"`
	Screens    []Screen    `json:"screens"`
	Features   []Feature   `json:"features"`
	Retention  []Row       `json:"retention"`
	Limits     Limits      `json:"limits"`
	Rights     []Right     `json:"rights"`
	Grounds    []Ground    `json:"grounds"`
	Cookies    Cookies     `json:"cookies"`
	SDKs       []SDK       `json:"sdks"`
	Notices    Notices     `json:"notices"`
	Incidents  Incidents   `json:"incidents"`
	Audits     Audits      `json:"audits"`
	Page       []Section   `json:"page"`

	Calendar     Calendar     `json:"calendar"`
	Acceptance   *Acceptance  `json:"acceptance"`
	Permissions  []Permission `json:"permissions"`
	Switches     []Switch     `json:"switches"`
	Memberships  []Membership `json:"memberships"`
	Collection   []Intake     `json:"collection"`
	Refused      []Refused    `json:"refused"`
	Inbound      []Inbound    `json:"inbound"`
	Forwards     []Forward    `json:"forwards"`
	Staff        Staff        `json:"staff"`
	Holds        Hold         `json:"holds"`
	Exemptions   []Ground     `json:"exemptions"`
	Refusals     []Ground     `json:"refusals"`
	Restrictions []Ground     `json:"restrictions"`
	Overrides    []Ground     `json:"overrides"`
	Transfers    string       `json:"transfers"`
	Statistics   int          `json:"statistics"`
	Share        Share        `json:"share"`
	Answers      *Answers     `json:"answers"`
	Cipher       string       `json:"cipher"`

	// ChosenBy says who chose the numbers that stand in no row: "policy" or "operator", by their names.
	ChosenBy map[string]string `json:"chosen_by"`
}

// App names the app.
type App struct {
	ID     string `json:"id"`
	Name   Text   `json:"name"`
	Accent string `json:"accent"`
}

// Controller is who answers for the app.
type Controller struct {
	Name  Text    `json:"name"`
	Joint []Joint `json:"joint"`
}

// Joint is a joint operator.
type Joint struct {
	Name   Text   `json:"name"`
	Region string `json:"region"`
	Email  string `json:"email"`
	Clause string `json:"clause"`
}

// Contact is how to reach the controller from one platform.
type Contact struct {
	Platform string `json:"platform"`
	Team     Text   `json:"team"`
	Email    string `json:"email"`
	Phone    string `json:"phone"`
}

// Regions pins where data may be; an empty list pins nothing.
type Regions struct {
	Storage    []string `json:"storage"`
	Recipients []string `json:"recipients"`
	Clause     string   `json:"clause"`
}

// Minors is the age rule.
type Minors struct {
	MinAge        int    `json:"min_age"`
	Below         string `json:"below"`
	GuardianBelow int    `json:"guardian_below"` // 0: from min_age on nobody needs a guardian
	Ask           bool   `json:"ask"`
	Clause        string `json:"clause"`
}

// Faces is the face rule: who may receive a picture, and where it may rest.
type Faces struct {
	SharedWith []string `json:"shared_with"`
	Storage    string   `json:"storage"`
	Points     string   `json:"points"`
	Clause     string   `json:"clause"`
}

// Label is how results are marked as made by a machine.
type Label struct {
	Text     Text   `json:"text"`
	TC260    bool   `json:"tc260"`
	Producer string `json:"producer"`
}

// Safety says who reviews before generation.
type Safety struct {
	PromptReview string `json:"prompt_review"`
	Recipient    string `json:"recipient"`
	Steps        []Step `json:"steps"`
}

// Step is one review step and the sentence about it on the consent screen.
type Step struct {
	ID   string `json:"id"`
	Text Text   `json:"text"`
}

// Forbidden lists what the app must never have.
type Forbidden struct {
	Features   []string `json:"features"`
	Categories []string `json:"categories"`
	Purposes   []string `json:"purposes"`
}

// Purpose is one declared purpose.
type Purpose struct {
	ID     string `json:"id"`
	Text   Text   `json:"text"`
	Basis  string `json:"basis"`
	Clause string `json:"clause"`
}

// Category is one declared kind of data.
type Category struct {
	ID       string   `json:"id"`
	Name     Text     `json:"name"`
	Short    Text     `json:"short"`
	Storage  string   `json:"storage"`
	Purposes []string `json:"purposes"`
	Origin   string   `json:"origin"`
	Special  bool     `json:"sensitive"`
	Stays    bool     `json:"stays"`
	Clause   string   `json:"clause"`
}

// Recipient is one declared recipient.
type Recipient struct {
	ID        string    `json:"id"`
	Name      Text      `json:"name"`
	Class     string    `json:"class"`
	Platforms []string  `json:"platforms"`
	Region    string    `json:"region"`
	PolicyURL string    `json:"policy_url"`
	PolicyAs  Text      `json:"policy_name"`
	Fields    []string  `json:"fields"`
	Keeps     *Keeps    `json:"provider_retention"`
	Contract  *Contract `json:"contract"`

	Certificate *Certificate `json:"certificate"`
	Clause      string       `json:"clause"`
}

// Keeps is what a recipient states about its own copies.
type Keeps struct {
	Inputs  string `json:"inputs"`
	Outputs string `json:"outputs"`
}

// Contract is the record of terms with a recipient.
type Contract struct {
	UseLimit        bool   `json:"use_limit"`
	NoTraining      bool   `json:"no_training"`
	EqualProtection bool   `json:"equal_protection"`
	Tier            string `json:"tier"`
	Reference       string `json:"reference"`
	Reviewed        string `json:"reviewed"`
	ReviewBy        string `json:"review_by"`
}

// Input is one thing a feature can ask for.
type Input struct {
	ID         string   `json:"id"`
	Field      string   `json:"field"`
	Kind       string   `json:"kind"`
	Category   string   `json:"category"`
	Label      Text     `json:"label"`
	Accept     []string `json:"accept"`
	MaxBytes   int64    `json:"max_bytes"`
	MaxPixels  int64    `json:"max_pixels"`
	MaxSide    int      `json:"max_side"`
	MaxLength  int      `json:"max_length"`
	MaxSeconds int      `json:"max_seconds"`
	Choices    []Choice `json:"choices"`
	Material   string   `json:"material"`
	Min        *float64 `json:"min"`
	Max        *float64 `json:"max"`
	Step       *float64 `json:"step"`
	Default    Value    `json:"default"`
	Line       Text     `json:"line"`
	Faces      Text     `json:"faces"`
}

// Key returns the name by which features list the input: its id, or its field.
func (in Input) Key() string { return cmp.Or(in.ID, in.Field) }

// Value is one word or number of a setting. A number is kept as the shortest text that says it.
type Value string

// UnmarshalJSON reads a text or a number.
func (v *Value) UnmarshalJSON(b []byte) error {
	var word string
	if json.Unmarshal(b, &word) == nil {
		*v = Value(word)
		return nil
	}
	var n float64
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("policy: value: %w", err)
	}
	*v = Value(strconv.FormatFloat(n, 'f', -1, 64))
	return nil
}

// Choice is one permitted value.
type Choice struct {
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// Screen is the wording of a consent screen.
type Screen struct {
	ID      string `json:"id"`
	Title   Text   `json:"title"`
	Summary Text   `json:"summary"`
	NotSent Text   `json:"not_sent"`
	Why     Text   `json:"why"`
	Accept  Text   `json:"accept"`
	Decline Text   `json:"decline"`
}

// Feature is one thing the app does.
type Feature struct {
	ID        string   `json:"id"`
	Title     Text     `json:"title"`
	Summary   Text     `json:"summary"`
	State     string   `json:"state"`
	Face      bool     `json:"face"`
	Points    string   `json:"points"`
	Required  []string `json:"required"`
	Optional  []string `json:"optional"`
	Recipient string   `json:"recipient"`
	Model     string   `json:"model"`
	Effect    string   `json:"effect"`
	Fixed     []Fixed  `json:"fixed"`
	Keeps     *Keeps   `json:"provider_retention"`
	Send      []Sent   `json:"send"`
	Review    []string `json:"review"`
	Consent   string   `json:"consent"`
	Screen    string   `json:"screen"`
	Purpose   string   `json:"purpose"`
	Result    string   `json:"result"`
	LabelAI   bool     `json:"label_ai"`
	Once      bool     `json:"once"`

	Permissions []string `json:"permissions"`
	Platforms   []string `json:"platforms"`
	Clause      string   `json:"clause"`
}

// Sent is one field that the recipient receives.
type Sent struct {
	Field     string `json:"field"`
	Transport string `json:"transport"`
}

// Fixed is a setting that goes along with every task of a feature, the same for everyone.
type Fixed struct {
	Setting string `json:"setting"`
	Value   Value  `json:"value"`
	Text    Text   `json:"text"`
}

// Row is one row of the retention schedule.
type Row struct {
	Category string `json:"category"`
	Starts   string `json:"starts"`
	Limit    string `json:"limit"`
	Floor    bool   `json:"floor"`
	End      string `json:"end"`
	ChosenBy string `json:"chosen_by"`
	Text     Text   `json:"text"`
	Clause   string `json:"clause"`
}

// Limits are operational bounds that the clocks depend on.
type Limits struct {
	MaxTaskAge string `json:"max_task_age"`
	Most       string `json:"most"`
}

// Right is one right with its deadline.
type Right struct {
	ID       string `json:"id"`
	Text     Text   `json:"text"`
	Deadline string `json:"deadline"`
	Starts   string `json:"starts"`
	ChosenBy string `json:"chosen_by"`
	Clause   string `json:"clause"`
}

// Ground is one entry of a closed list of reasons: to disclose, to refuse, to hold, to override.
type Ground struct {
	ID         string   `json:"id"`
	Text       Text     `json:"text"`
	Categories []string `json:"categories"`
	Needs      []string `json:"needs"`
	Approvals  int      `json:"approvals"`
	Abroad     string   `json:"abroad"`
	Clause     string   `json:"clause"`
}

// Cookies is the cookie register.
type Cookies struct {
	Mode string   `json:"mode"`
	List []Cookie `json:"list"`
}

// Cookie is one registered cookie.
type Cookie struct {
	Name     string `json:"name"`
	Purpose  string `json:"purpose"`
	Lifetime string `json:"lifetime"`
	Text     Text   `json:"text"`
}

// Incidents says when people and regulators are told.
type Incidents struct {
	People    string `json:"people"`
	Regulator string `json:"regulator"`
	ChosenBy  string `json:"chosen_by"`
	Clause    string `json:"clause"`
}

// Section is one article of the policy page.
type Section struct {
	ID    string `json:"id"`
	Title Text   `json:"title"`
	Body  []Text `json:"body"`
}
