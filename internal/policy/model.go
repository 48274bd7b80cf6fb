// Package policy turns an app's policy file into an immutable Policy, or into all of its errors
// at once with file, line, column and a fix.
//
// It promises that a Policy that exists does not contradict itself, that text and behaviour come
// from the same file, and that every decision comes with its explanation. It never reads a clock,
// a database or a network, and it never guesses a value that the file leaves out.
package policy

import (
	"slices"
	"time"

	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Localized is a text in every language of the app.
type Localized = terms.Localized

// Event starts a clock.
type Event string

// The events that start a clock. Unused is special: it starts when the item is written and stops
// counting when a task takes the item.
const (
	ItemWritten   Event = "item_written"
	Unused        Event = "unused"
	AnalysisEnded Event = "analysis_ended"
	TaskSucceeded Event = "task_succeeded"
	TaskFailed    Event = "task_failed" // failed, refused, cancelled or expired
	ResultStored  Event = "result_stored"
	LastActive    Event = "last_active"
	RequestDone   Event = "request_done"
	CaseClosed    Event = "case_closed"
)

// Storage says where a category may rest.
type Storage string

// The storage modes. Memory means: never written to disk, not even as ciphertext.
const (
	Disk   Storage = "disk"
	Memory Storage = "memory"
)

// Limit is how long after its start event an item lives. Immediate means: in the transaction of
// the event.
type Limit struct {
	Immediate           bool
	Years, Months, Days int
	Time                time.Duration
	ISO                 string // as written: "PT24H", "immediate"
}

// After returns the moment that lies the limit after t.
func (l Limit) After(t time.Time) time.Time {
	return t.AddDate(l.Years, l.Months, l.Days).Add(l.Time)
}

// RetentionRow is one row of the retention schedule.
type RetentionRow struct {
	ID       string // rule id: "pixplus/v1#retention.source_photo.task_failed"
	Category privacy.Category
	Starts   Event
	Limit    Limit
	Floor    bool // the limit is also a promise of availability: never earlier by itself
	Storage  Storage
	End      string // "destroy" or "aggregate"
	ChosenBy string // "policy" or "operator"
	Text     Localized
	Clause   string // register id, for example "PIX-7-02"
}

// RecipientClass says what a recipient is.
type RecipientClass string

// The recipient classes.
const (
	Local        RecipientClass = "local"
	ThirdPartyAI RecipientClass = "third_party_ai"
	OwnHost      RecipientClass = "own_host" // a machine of the operator's, outside this process
	// Analytics and Infrastructure get what terms.Forward lists, Storage gets ciphertext alone.
	Analytics      RecipientClass = "analytics"
	Infrastructure RecipientClass = "infrastructure"
	ObjectStore    RecipientClass = "storage"
)

// ProviderRetention is what a recipient states about its own copy, per direction.
type ProviderRetention struct {
	Inputs  string // ISO 8601 duration or "unknown"
	Outputs string
}

// Recipient is anyone who receives data.
type Recipient struct {
	ID        privacy.RecipientID
	Name      Localized
	Class     RecipientClass
	Region    string // ISO 3166
	PolicyURL string
	Platforms []terms.Platform // empty: all
	Retention ProviderRetention
	Contract  Contract
	// Certificate is the proof of its security; zero where the policy asks for none.
	Certificate terms.Certificate
}

// Contract is the record of terms that must exist before a route opens.
type Contract struct {
	UseLimit, NoTraining, EqualProtection bool
	Tier                                  string // "paid", or "" where the recipient has no free plan
	Reference                             string
	Reviewed                              string // date
	// Ends is the beginning of the day from which on nothing is sent, unless the contract was reviewed anew.
	// The zero time is no end.
	Ends time.Time
}

// Lapsed reports whether the contract was not reviewed in time: from then on its recipient gets nothing
// (MIX-1.4-02).
func (c Contract) Lapsed(now time.Time) bool { return !c.Ends.IsZero() && !now.Before(c.Ends) }

// InputKind says what an input is.
type InputKind string

// The input kinds.
const (
	Photo  InputKind = "photo"
	Video  InputKind = "video"
	Voice  InputKind = "voice"
	Prompt InputKind = "text"
	Option InputKind = "choice"
	Number InputKind = "number"
)

// Input is one thing that a feature asks for.
type Input struct {
	Field      privacy.Field
	Kind       InputKind
	Category   privacy.Category
	Required   bool
	Label      Localized
	Accept     []string // media types
	MaxBytes   int64
	MaxPixels  int64
	MaxSide    int // of a picture's longer side; 0: only MaxPixels bounds it
	MaxLength  int // runes
	MaxSeconds int // of a Voice
	Choices    []Choice
	Material   string  // of an Option: "template", "hair" or "frame" where the choices are drawn materials
	Min, Max   float64 // of a Number
	Step       float64 // of a Number: from Min on
	Default    string  // of an Option or a Number
}

// Permits reports whether a person may pick the value: a choice of the list, or a number within its
// bounds and on a step. Inputs of other kinds permit none.
func (in Input) Permits(value string) bool {
	if in.Kind == Number {
		n, ok := source.ReadNumber(value)
		return ok && n >= in.Min && n <= in.Max && source.OnStep(n, in.Min, in.Step)
	}
	return in.Kind == Option && slices.ContainsFunc(in.Choices, func(c Choice) bool { return c.Value == value })
}

// IsMedium reports whether the input is a file that the person hands over.
func (in Input) IsMedium() bool { return in.Kind == Photo || in.Kind == Video || in.Kind == Voice }

// IsSetting reports whether the person picks the input instead of typing or handing it over.
func (in Input) IsSetting() bool { return in.Kind == Option || in.Kind == Number }

// Choice is one permitted value of an Option input.
type Choice struct {
	Value string
	Label Localized
}

// SentField is one field that a feature's recipient receives, and how.
type SentField struct {
	Field     privacy.Field
	Transport string // "bytes", "base64", "url", "text"
	Text      Localized
	Sensitive bool        // the line is marked on the screen
	Notes     []Localized // further lines about the same field, e.g. "faces in the photo (part of the picture)"
}

// ConsentMode says how often a person is asked.
type ConsentMode string

// The consent modes.
const (
	PerTask    ConsentMode = "per_task"
	PerFeature ConsentMode = "per_feature"
)

// Feature is something the app does.
type Feature struct {
	ID        privacy.FeatureID
	Title     Localized
	Summary   Localized
	Live      bool // false: declared by the policy, not offered yet
	Face      bool
	Inputs    []Input
	Recipient privacy.RecipientID // privacy.Own for the in-process engine
	Model     string              // the recipient's model as people know it: "Nano Banana Pro"
	Effect    string              // own engine: name of the effect
	Fixed     []Fixed             // settings that go along with every task, the same for everyone
	Fields    []SentField         // exact fields of the recipient; for Own: what the engine reads
	Retention ProviderRetention   // what the recipient states about its copy of this feature's data
	Contract  Contract            // with the recipient; zero where none is needed
	Review    []string            // "prompt_rules", "media_gate"
	Consent   ConsentMode
	Purpose   privacy.Purpose
	Result    privacy.Category
	LabelAI   bool // visible label on the picture
	Once      bool // the result is handed to its owner one single time, then erased
	// Permissions are those of the device that the feature uses, Platforms where it is offered (empty: all).
	Permissions []string
	Platforms   []terms.Platform
	noPoints    bool // the effect looks for no face
}

// Label is how the app's results are marked as made by a machine.
type Label struct {
	Text     Localized // the visible mark
	TC260    bool      // files also carry China's TC260 fields for generated content
	Producer string    // who makes the content; "" without TC260
}

// ResultKind returns what the feature makes: "image", "video", "text", "attributes" or "points".
func (f Feature) ResultKind() string {
	switch f.Result {
	case "generated_video":
		return "video"
	case "generated_text", "chat_message", "transcript":
		return "text"
	case "face_attributes":
		return "attributes"
	case "face_landmarks":
		return "points"
	default:
		return "image"
	}
}

// Fixed is a setting that is part of a feature and says nothing about the person.
type Fixed struct {
	Setting, Value string
	Text           Localized
}

// IsLocal reports whether the feature runs in process and sends nothing.
func (f Feature) IsLocal() bool { return f.Recipient == privacy.Own }

// Input returns the declared input for a field.
func (f Feature) Input(field privacy.Field) (Input, bool) {
	for _, in := range f.Inputs {
		if in.Field == field {
			return in, true
		}
	}
	return Input{}, false
}

// Sends reports whether the policy lets the feature's recipient receive the field.
func (f Feature) Sends(field privacy.Field) bool {
	for _, s := range f.Fields {
		if s.Field == field {
			return true
		}
	}
	return false
}

// Line is one line of a consent screen.
type Line struct {
	Field     privacy.Field
	Text      string
	Sensitive bool
}

// Keep is one retention line of a consent screen.
type Keep struct{ Where, What, Text string }

// Link is a named address.
type Link struct{ Text, URL string }

// Screen is the exact text of a consent screen in one language.
type Screen struct {
	Hash          string // "sha256:" + hex over every other member but the version, the accept label included
	Language      privacy.Lang
	PolicyVersion string
	Feature       privacy.FeatureID
	Title         string
	Summary       string
	What          []Line
	NotSent       string
	Who           []Recipient // in the order in which they receive it
	Model         string      `json:",omitempty"` // of the last one
	Fixed         []string    `json:",omitempty"` // what goes along, the same for everyone
	Why           string
	Keep          []Keep
	Links         []Link
	Accept        string
	Decline       string
	Consent       ConsentMode
}

// Section is one article of the policy text.
type Section struct {
	ID, Title string
	Body      []string
}

// Limits are the operational bounds that the clocks depend on.
type Limits struct {
	MaxTaskAge Limit // a task older than this is ended, so that a terminal event always comes
}
