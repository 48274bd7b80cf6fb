// Package admin holds the documents of the routes for staff.
//
// It promises that a reader needs nothing else of Vow. It never holds content of a person: what is read
// within a case is the body of the answer itself.
package admin

import "time"

// Staff is one member of staff.
type Staff struct {
	ID     string    `json:"id" doc:"stf_…"`
	Role   string    `json:"role" enum:"officer,moderator,support,auditor,developer,owner"`
	Region string    `json:"region" example:"US"`
	App    string    `json:"app,omitempty" doc:"empty: every app"`
	At     time.Time `json:"at"`
}

// CaseCreate opens a case about one person.
type CaseCreate struct {
	App     string `json:"app,omitempty" maxLength:"64" doc:"left out by staff of one app"`
	Subject string `json:"subject" maxLength:"64"`
	Kind    string `json:"kind" enum:"support,rights,moderation,security,minors,legal"`
	Reason  string `json:"reason" maxLength:"64" example:"ticket-17" doc:"A code, never a sentence"`
}

// Case is one reason to look at one person.
type Case struct {
	ID       string    `json:"id" doc:"cas_…"`
	App      string    `json:"app"`
	Subject  string    `json:"subject"`
	Kind     string    `json:"kind"`
	Reason   string    `json:"reason"`
	Staff    string    `json:"staff"`
	At       time.Time `json:"at"`
	ClosesAt time.Time `json:"closes_at"`
}

// Read says what is to be read, and why: one object, or the records of one category.
type Read struct {
	Object    string `json:"object,omitempty" maxLength:"64"`
	Category  string `json:"category,omitempty" maxLength:"64"`
	Purpose   string `json:"purpose" maxLength:"64"`
	Reason    string `json:"reason" maxLength:"64" example:"report-3" doc:"A code, never a sentence"`
	Override  string `json:"override,omitempty" maxLength:"64" doc:"An override in force, where something is restricted or sealed"`
	Exemption string `json:"exemption,omitempty" maxLength:"64" doc:"An exemption in force, where no purpose opens it"`
}

// Records are what is held of a person in one category, without content.
type Records struct {
	Rows    map[string][]map[string]any `json:"rows"`
	Objects []Object                    `json:"objects"`
}

// Object is one thing that may be opened within a case.
type Object struct {
	ID        string    `json:"id"`
	Category  string    `json:"category"`
	MediaType string    `json:"media_type"`
	Bytes     int64     `json:"bytes"`
	WrittenAt time.Time `json:"written_at"`
	DeleteAt  time.Time `json:"delete_at"`
	Sealed    bool      `json:"sealed" doc:"A hold keeps it beyond its clock"`
}

// Count is how much is held of a category that may serve a purpose.
type Count struct {
	Category string   `json:"category"`
	Purpose  string   `json:"purpose"`
	Things   int      `json:"things"`
	People   int      `json:"people"`
	Hidden   bool     `json:"hidden,omitempty" doc:"Of fewer people than the smallest group: no number is said"`
	Fields   []string `json:"fields" doc:"What an app may hand over of it"`
}

// OrderCreate asks for what needs a ground of the policy.
type OrderCreate struct {
	App         string     `json:"app,omitempty" maxLength:"64"`
	Subject     string     `json:"subject" maxLength:"64"`
	Ground      string     `json:"ground" maxLength:"64"`
	Object      string     `json:"object,omitempty" maxLength:"64" doc:"Of a hold or a disclosure: one thing; left out: everything of the person"`
	Categories  []string   `json:"categories,omitempty" maxItems:"64" doc:"Of a disclosure"`
	Document    string     `json:"document,omitempty" maxLength:"64" example:"Court-2026/17"`
	Consent     string     `json:"consent,omitempty" maxLength:"64"`
	Abroad      bool       `json:"abroad,omitempty" doc:"The receiver is outside the storage region"`
	Until       *time.Time `json:"until,omitempty"`
	Receiver    string     `json:"receiver,omitempty" maxLength:"400"`
	Reason      string     `json:"reason,omitempty" maxLength:"2000"`
	Rule        string     `json:"rule,omitempty" maxLength:"400"`
	Request     string     `json:"request,omitempty" maxLength:"2000"`
	Performance string     `json:"performance,omitempty" maxLength:"2000"`
}

// Order is one hold, disclosure, override or exemption.
type Order struct {
	ID         string     `json:"id" doc:"ord_…"`
	App        string     `json:"app"`
	Subject    string     `json:"subject"`
	Kind       string     `json:"kind" enum:"hold,keep,disclosure,override,exemption"`
	Ground     string     `json:"ground"`
	Object     string     `json:"object,omitempty"`
	Categories []string   `json:"categories"`
	Document   string     `json:"document,omitempty"`
	Consent    string     `json:"consent,omitempty"`
	Abroad     bool       `json:"abroad"`
	Staff      string     `json:"staff"`
	Approvals  []string   `json:"approvals"`
	Needed     int        `json:"needed" doc:"People who must agree, beside who asked"`
	State      string     `json:"state" enum:"asked,in_force,done,ended"`
	At         time.Time  `json:"at"`
	Until      time.Time  `json:"until"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

// Marked says what came of a mark as too young.
type Marked struct {
	Erased bool `json:"erased" doc:"false: a guardian has agreed, and here that is enough"`
}

// Restriction restricts processing on a ground; an empty one lifts it.
type Restriction struct {
	App    string `json:"app,omitempty" maxLength:"64"`
	Ground string `json:"ground" maxLength:"64"`
}

// Objection writes down an objection to a purpose, or the ground that overrides it.
type Objection struct {
	App      string `json:"app,omitempty" maxLength:"64"`
	Purpose  string `json:"purpose" maxLength:"64"`
	Override string `json:"override,omitempty" maxLength:"64"`
}

// CloseApp ends an app.
type CloseApp struct {
	App    string            `json:"app,omitempty" maxLength:"64"`
	Notice map[string]string `json:"notice" doc:"What people are told, by language"`
}

// Closing is the end of an app.
type Closing struct {
	App     string    `json:"app"`
	Notice  string    `json:"notice" doc:"Identifier of what people were told"`
	At      time.Time `json:"at"`
	PurgeAt time.Time `json:"purge_at" doc:"Nothing is left from then on"`
}

// MessageCreate writes to people.
type MessageCreate struct {
	App     string            `json:"app,omitempty" maxLength:"64"`
	Type    string            `json:"type" maxLength:"64" doc:"One of the policy's closed list"`
	Subject string            `json:"subject,omitempty" maxLength:"64" doc:"Left out: everybody"`
	Text    map[string]string `json:"text"`
}

// Message is what was written.
type Message struct {
	ID string `json:"id"`
}

// Statistics are counts of groups that are large enough.
type Statistics struct {
	App     string    `json:"app"`
	Days    []Day     `json:"days"`
	Remains []Remains `json:"remains" doc:"What is left of things that were erased when their time was over, where the policy says that only counts remain"`
}

// Remains is how many things of a category were written on a day. Days of too few people are left out, and
// so are those of which something is still kept.
type Remains struct {
	Day      string `json:"day" example:"2026-11-21"`
	Category string `json:"category"`
	Things   int    `json:"things"`
	People   int    `json:"people" doc:"So many at least"`
}

// Day is one day of them.
type Day struct {
	Day    string  `json:"day" example:"2026-11-21"`
	Groups []Group `json:"groups"`
	Hidden bool    `json:"hidden" doc:"Groups are left out that are too small, or would give one away that is"`
	Total  int     `json:"total,omitempty" doc:"Left out where it would give a small group away"`
}

// Group is one of them.
type Group struct {
	Feature string `json:"feature"`
	Outcome string `json:"outcome"`
	Tasks   int    `json:"tasks"`
	People  int    `json:"people"`
}

// ExportCreate asks for rows. It is always refused.
type ExportCreate struct {
	App      string `json:"app,omitempty" maxLength:"64"`
	Category string `json:"category" maxLength:"64"`
	Purpose  string `json:"purpose" maxLength:"64"`
}

// TemplateRef names a drawn thing of an app.
type TemplateRef struct {
	App  string `json:"app,omitempty" maxLength:"64"`
	Kind string `json:"kind" enum:"template,hair,frame"`
	ID   string `json:"id" maxLength:"64"`
}

// Verdict judges a template.
type Verdict struct {
	TemplateRef
	Verdict string `json:"verdict" enum:"approved,rejected"`
}

// Template is a drawn thing and its state.
type Template struct {
	TemplateRef
	Digest   string    `json:"digest" doc:"Of its files"`
	State    string    `json:"state" enum:"draft,approved,rejected,published"`
	Author   string    `json:"author,omitempty"`
	Reviewer string    `json:"reviewer,omitempty"`
	At       time.Time `json:"at"`
}
