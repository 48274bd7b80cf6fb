// Package client is the public Go client of Vow's HTTP API.
//
// It promises typed requests and answers, problems as errors that say whether anything was sent,
// and streaming uploads, events and downloads. It never retries a request that may have had an
// effect, never logs, and never stores a credential.
package client

import "time"

// RecipientRef names who receives data.
type RecipientRef struct {
	ID        string `json:"id" doc:"Recipient word of the register" example:"runninghub"`
	Name      string `json:"name" example:"RunningHub"`
	Kind      string `json:"kind" enum:"local,internal_review,third_party_ai,storage,analytics,ground" doc:"local: data stays with the operator; ground: staff handed something over on it"`
	Region    string `json:"region,omitempty" doc:"ISO 3166 country, where known"`
	PolicyURL string `json:"policy_url,omitempty" doc:"The recipient's own privacy policy"`
}

// App describes one app of the server.
type App struct {
	ID            string   `json:"id" example:"pixplus"`
	Name          string   `json:"name" example:"PixPlus"`
	PolicyVersion string   `json:"policy_version" example:"pixplus/v1"`
	PolicyHash    string   `json:"policy_hash" doc:"sha256:… of the policy file in force"`
	Languages     []string `json:"languages"`
	MinAge        int      `json:"min_age"`
	GuardianBelow int      `json:"guardian_below,omitempty" doc:"From min_age to below this a guardian has to agree first; the age band minor exists where it is given. Absent: nobody of that age needs one"`
	AppKey        string   `json:"app_key,omitempty" doc:"Publishable test key; shown in demo mode only"`
	Demo          bool     `json:"demo" doc:"True when recipients are simulated on this machine"`
	Cookieless    bool     `json:"cookieless,omitempty" doc:"True when the app's pages set and read no cookie; the session is then known to one browser tab only"`
	Operator      string   `json:"operator" doc:"Who runs it"`
	Asks          []string `json:"asks" enum:"age,guardian,acceptance" doc:"What has to be said before data is handled: the age band, by a guardian of whoever needs one, about the policy"`
	Offers        []string `json:"offers" enum:"favorites,sharing,one_click" doc:"What its policy allows besides the features"`
}

// PolicyDocument is the published policy of an app.
type PolicyDocument struct {
	App       string          `json:"app"`
	Version   string          `json:"version"`
	Hash      string          `json:"hash"`
	Updated   string          `json:"last_updated" doc:"Date or month of the last update"`
	Language  string          `json:"language"`
	Title     string          `json:"title"`
	Sections  []PolicySection `json:"sections"`
	Retention []RetentionRow  `json:"retention"`
	Purposes  []string        `json:"purposes"`
}

// PolicySection is one article of the policy text.
type PolicySection struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Body  []string `json:"body" doc:"Paragraphs"`
}

// RetentionRow is one row of the retention schedule.
type RetentionRow struct {
	Category string `json:"category"`
	Starts   string `json:"starts" doc:"Event that starts the clock"`
	Limit    string `json:"limit" doc:"ISO 8601 duration or immediate"`
	Storage  string `json:"storage" enum:"disk,memory"`
	Text     string `json:"text" doc:"The row in plain words"`
	ChosenBy string `json:"chosen_by" enum:"policy,operator" doc:"operator: the published text gives no number"`
}

// Input is one thing a feature asks for.
type Input struct {
	Role       string   `json:"role" doc:"Name to use in a task" example:"photo"`
	Kind       string   `json:"kind" enum:"photo,video,voice,text,choice,number"`
	Required   bool     `json:"required"`
	Label      string   `json:"label"`
	Accept     []string `json:"accept,omitempty" doc:"Media types"`
	MaxBytes   int64    `json:"max_bytes,omitempty"`
	MaxPixels  int64    `json:"max_pixels,omitempty" doc:"A photo with more is not refused: a smaller copy of it is used. The same holds for max_bytes and max_side"`
	MaxSide    int      `json:"max_side,omitempty" doc:"Pixels of the longer side"`
	MaxLength  int      `json:"max_length,omitempty" doc:"Characters"`
	MaxSeconds int      `json:"max_seconds,omitempty" doc:"Of a recording"`
	Choices    []Choice `json:"choices,omitempty"`
	Bounds     *Bounds  `json:"bounds,omitempty" doc:"Of a number"`
	Material   string   `json:"material,omitempty" enum:"template,hair,frame" doc:"The choices are drawn materials of this kind, see listMaterials"`
	Default    string   `json:"default,omitempty"`
}

// Bounds are the values that a number input takes.
type Bounds struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Step float64 `json:"step" doc:"Counted from min"`
}

// Choice is one permitted value of a choice input.
type Choice struct {
	Value      string `json:"value"`
	Label      string `json:"label"`
	PictureURL string `json:"picture_url,omitempty" doc:"Of a drawn material: its picture"`
}

// Feature is something the app can do.
type Feature struct {
	ID          string       `json:"id" example:"avatar"`
	App         string       `json:"app"`
	Title       string       `json:"title"`
	Summary     string       `json:"summary"`
	State       string       `json:"state" enum:"live,planned" doc:"planned: declared by the policy, not offered yet"`
	Available   bool         `json:"available" doc:"Whether a task would be accepted right now"`
	Reason      string       `json:"reason,omitempty" enum:"planned,paused,lapsed,unconfigured,permission" doc:"Why it is not available"`
	ReasonText  string       `json:"reason_text,omitempty" doc:"The reason in plain words"`
	Permissions []string     `json:"permissions,omitempty" doc:"Permissions of the device that it uses"`
	Needs       string       `json:"needs,omitempty" doc:"The permission that was reported as denied"`
	Makes       string       `json:"makes" enum:"image,video,attributes,text,points" doc:"Kind of the result"`
	Preview     bool         `json:"preview" doc:"Small previews can be had before a task, see createPreview"`
	Once        bool         `json:"once" doc:"The result can be read one single time, then it is erased"`
	Model       string       `json:"model,omitempty" doc:"The recipient's model, as people know it"`
	Inputs      []Input      `json:"inputs"`
	Recipient   RecipientRef `json:"recipient"`
	Consent     string       `json:"consent" enum:"each_time,once_per_version"`
	MinAge      int          `json:"min_age"`
	Sample      *Sample      `json:"sample,omitempty" doc:"A picture of what it makes; absent where there is none"`
}

// DisclosureItem is one line under "What is sent".
type DisclosureItem struct {
	Field     string `json:"field" example:"photo"`
	Text      string `json:"text" example:"the photo you chose"`
	Sensitive bool   `json:"sensitive,omitempty" doc:"Faces and the like"`
}

// DisclosureKeep is one line under "How long it is kept".
type DisclosureKeep struct {
	Where string `json:"where"`
	What  string `json:"what"`
	Text  string `json:"text"`
}

// Link is a named address.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Disclosure is the exact text of a consent screen.
type Disclosure struct {
	Hash          string           `json:"hash" doc:"sha256:… of the exact text in this language; send it back with the consent"`
	Language      string           `json:"language"`
	PolicyVersion string           `json:"policy_version"`
	Feature       string           `json:"feature"`
	Title         string           `json:"title"`
	Summary       string           `json:"summary"`
	What          []DisclosureItem `json:"what"`
	NotSent       string           `json:"not_sent,omitempty"`
	Who           []RecipientRef   `json:"who"`
	Model         string           `json:"model,omitempty" doc:"The recipient's model, as people know it"`
	Fixed         []string         `json:"fixed,omitempty" doc:"Settings that go along with every task, the same for everyone"`
	Why           string           `json:"why"`
	Keep          []DisclosureKeep `json:"keep"`
	Links         []Link           `json:"links"`
	AcceptLabel   string           `json:"accept_label" example:"Agree & Continue"`
	DeclineLabel  string           `json:"decline_label" example:"Not now"`
	Scope         string           `json:"scope" enum:"single_job,until_policy_changes" doc:"How long a yes holds where the person does not choose"`
	Scopes        []string         `json:"scopes" doc:"What the person can choose from, the narrower first; show that one as chosen"`
}

// ConsentCreate records a decision about a disclosure.
type ConsentCreate struct {
	Feature        string `json:"feature" minLength:"1" maxLength:"64"`
	Recipient      string `json:"recipient" minLength:"1" maxLength:"64"`
	Decision       string `json:"decision" enum:"granted,declined"`
	DisclosureHash string `json:"disclosure_hash" minLength:"1" maxLength:"80"`
	Scope          string `json:"scope,omitempty" enum:"single_job,until_policy_changes" doc:"One of the disclosure's scopes; without it, the disclosure's scope"`
}

// Consent is a recorded decision.
type Consent struct {
	ID             string     `json:"id" doc:"con_…"`
	Feature        string     `json:"feature"`
	Recipient      string     `json:"recipient"`
	Decision       string     `json:"decision" enum:"granted,declined,withdrawn,revoked" doc:"revoked: ended by the server; see reason"`
	Reason         string     `json:"reason,omitempty" enum:"restored" doc:"Why the server ended it: a backup was put back, and nothing says whether it still stood. It is asked again"`
	DisclosureHash string     `json:"disclosure_hash"`
	PolicyVersion  string     `json:"policy_version"`
	Language       string     `json:"language"`
	Scope          string     `json:"scope" enum:"single_job,until_policy_changes"`
	Task           string     `json:"task,omitempty" doc:"The one task that used a single_job consent"`
	CreatedAt      time.Time  `json:"created_at"`
	WithdrawnAt    *time.Time `json:"withdrawn_at,omitempty"`
}

// Clock tells when a stored object is erased, and why.
type Clock struct {
	Rule      string     `json:"rule" example:"pixplus/v1#retention.source_photo.task_failed"`
	Starts    string     `json:"starts,omitempty" doc:"Event that starts the clock; absent once deleted"`
	DeleteAt  *time.Time `json:"delete_at,omitempty" doc:"Latest moment the key is destroyed"`
	DeletedAt *time.Time `json:"deleted_at,omitempty"`
	Receipt   string     `json:"receipt,omitempty" doc:"Receipt id once destroyed"`
}

// Upload is a source that a person handed over.
type Upload struct {
	ID        string   `json:"id" doc:"upl_…"`
	State     string   `json:"state" enum:"ready,in_use,deleted"`
	MediaType string   `json:"media_type,omitempty" doc:"Sniffed, not trusted; absent once deleted"`
	Bytes     int64    `json:"bytes" doc:"Stored bytes, after metadata was removed"`
	Width     int      `json:"width,omitempty"`
	Height    int      `json:"height,omitempty"`
	Storage   string   `json:"storage,omitempty" enum:"disk,memory" doc:"Absent once deleted"`
	Origin    string   `json:"origin,omitempty" enum:"library,capture,import" doc:"As the app said"`
	Stripped  []string `json:"stripped" doc:"Metadata that was removed: exif, gps, xmp, iptc, comment, thumbnail, trailer …"`
	Clock     Clock    `json:"clock"`
}

// TaskInput hands one upload to a task.
type TaskInput struct {
	Role   string `json:"role" minLength:"1" maxLength:"32" example:"photo"`
	Upload string `json:"upload" minLength:"1" maxLength:"64" example:"upl_…"`
}

// TaskCreate asks for one generation.
type TaskCreate struct {
	Feature        string            `json:"feature" minLength:"1" maxLength:"64"`
	Inputs         []TaskInput       `json:"inputs,omitempty" maxItems:"8"`
	Prompt         string            `json:"prompt,omitempty" maxLength:"2000"`
	NegativePrompt string            `json:"negative_prompt,omitempty" maxLength:"2000" doc:"What the result must not show; only where the feature has an input of that name"`
	Params         map[string]string `json:"params,omitempty" doc:"Choice inputs by role"`
	Consent        string            `json:"consent,omitempty" doc:"con_…; may be left out where a standing consent exists"`
	ExpiresIn      string            `json:"expires_in,omitempty" doc:"ISO 8601 duration; can only shorten the policy's clock of the result"`
}

// Progress says how far a task is.
type Progress struct {
	Percent       int    `json:"percent" minimum:"0" maximum:"100"`
	QueuePosition int    `json:"queue_position,omitempty"`
	Message       string `json:"message"`
	// Both are absent once the task ended, and where too few have been made since the server's start.
	UsualSeconds int        `json:"usual_seconds,omitempty" doc:"How long such a task usually takes, in all: the median of the last ones"`
	SlowAt       *time.Time `json:"slow_at,omitempty" doc:"From then on it is slower than usual: twice as long"`
}

// ReviewResult says what the review decided.
type ReviewResult struct {
	Outcome     string `json:"outcome" enum:"allowed,rewritten,held,blocked"`
	Rule        string `json:"rule,omitempty"`
	Explanation string `json:"explanation,omitempty" doc:"Plain words"`
	Field       string `json:"field,omitempty" doc:"The input that the rule is about, where that is known"`
	FieldLabel  string `json:"field_label,omitempty" doc:"What the feature calls that input"`
	Change      string `json:"change,omitempty" doc:"What the person can change, in plain words"`
	ShownPrompt string `json:"shown_prompt,omitempty" doc:"Prompt after a safe rewrite, to be confirmed"`
}

// TaskError says why a task ended without a result.
type TaskError struct {
	Code       string `json:"code" example:"provider-unavailable"`
	Title      string `json:"title"`
	Detail     string `json:"detail"`
	WasSent    bool   `json:"was_sent" doc:"Whether anything may have left this server"`
	Retry      bool   `json:"retry" doc:"Whether a new task with the same photo makes sense"`
	Advice     string `json:"advice" enum:"wait,change_input,another_photo,nothing" doc:"What the person can do"`
	AdviceText string `json:"advice_text" doc:"The advice in plain words"`
	Field      string `json:"field,omitempty" doc:"The input that it is about, where only one can be meant"`
	FieldLabel string `json:"field_label,omitempty" doc:"What the feature calls that input"`
}

// Step is one line of the progress page.
type Step struct {
	Name  string     `json:"name" enum:"received,checked,sent,made,saved,source_deleted"`
	State string     `json:"state" enum:"todo,doing,done,skipped,failed"`
	Text  string     `json:"text"`
	At    *time.Time `json:"at,omitempty"`
}

// SmallerCopy says that a smaller copy takes the place of an upload that is too large for the
// recipient. It is also the data of a "copy" event, without the text.
type SmallerCopy struct {
	Role      string `json:"role"`
	MediaType string `json:"media_type"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Bytes     int64  `json:"bytes"`
	Text      string `json:"text,omitempty" doc:"Plain words"`
}

// Task is the person's request and its progress.
type Task struct {
	ID            string        `json:"id" doc:"tsk_…"`
	Feature       string        `json:"feature"`
	State         string        `json:"state" enum:"reviewing,awaiting_confirmation,blocked,queued,sending,generating,storing,succeeded,failed,canceled,expired"`
	WasSent       bool          `json:"was_sent" doc:"Whether anything may have left this server"`
	Recipient     RecipientRef  `json:"recipient"`
	Consent       string        `json:"consent"`
	Progress      Progress      `json:"progress"`
	Steps         []Step        `json:"steps"`
	Review        *ReviewResult `json:"review,omitempty"`
	Error         *TaskError    `json:"error,omitempty"`
	CancelOutcome string        `json:"cancel_outcome,omitempty" enum:"nothing_sent,stopped_at_recipient,may_finish_there"`
	Inputs        []Upload      `json:"inputs,omitempty"`
	Copies        []SmallerCopy `json:"copies,omitempty" doc:"Smaller copies that were made of inputs too large for the recipient; the input itself does not leave"`
	Outputs       []Output      `json:"outputs,omitempty"`
	Transfers     []Transfer    `json:"transfers"`
	Receipts      []string      `json:"receipts" doc:"Receipts of what this task has already erased"`
	CreatedAt     time.Time     `json:"created_at"`
	EndedAt       *time.Time    `json:"ended_at,omitempty"`
}

// Holding counts one category of what the server holds of a person.
type Holding struct {
	Category  string     `json:"category" example:"source_photo"`
	Text      string     `json:"text" doc:"The category in plain words"`
	Count     int        `json:"count"`
	Bytes     int64      `json:"bytes"`
	OldestAt  *time.Time `json:"oldest_at,omitempty"`
	AllGoneBy *time.Time `json:"all_gone_by,omitempty"`
	Where     string     `json:"where" enum:"disk,memory,database"`
}

// Holdings is the answer to "what do you hold of me right now".
type Holdings struct {
	CountedAt time.Time `json:"counted_at" doc:"Counted from storage at this moment"`
	Data      []Holding `json:"data"`
}

// Receipt proves that something was erased.
type Receipt struct {
	ID             string    `json:"id" doc:"rcp_…"`
	App            string    `json:"app"`
	Object         string    `json:"object" doc:"Identifier of what was erased"`
	ObjectKind     string    `json:"object_kind" example:"source_photo"`
	Rule           string    `json:"rule"`
	Reason         string    `json:"reason" enum:"deadline,task_ended,subject_request,declined,account_erased,unused,restart,handed_over,restored"`
	DueAt          time.Time `json:"due_at"`
	DeletedAt      time.Time `json:"deleted_at"`
	Method         string    `json:"method" enum:"key_destroyed,memory_wiped,row_erased"`
	Text           string    `json:"text" doc:"Plain words; separates what we enforce from what a recipient promised"`
	LogIndex       int64     `json:"log_index"`
	Checkpoint     string    `json:"checkpoint" doc:"Signed note (C2SP checkpoint)"`
	InclusionProof []string  `json:"inclusion_proof" doc:"Base64 hashes"`
	Salt           string    `json:"salt" doc:"Base64; opens the commitment in the log"`
	Payload        string    `json:"payload" doc:"Canonical event that the log commits to"`
	VerifierKey    string    `json:"verifier_key" doc:"Public key of the log in note format"`
	Signature      string    `json:"signature" doc:"Signed note over the statement"`
}

// RightsRequestCreate asks for a right.
type RightsRequestCreate struct {
	Kind  string `json:"kind" enum:"erase,withdraw_all" doc:"erase: delete what the server holds; withdraw_all: withdraw every consent and stop running work"`
	Scope string `json:"scope,omitempty" enum:"content,account" doc:"erase only: content keeps the account, account (default) erases everything"`
}

// RightsRequest tracks a request. Self-service requests are done when the answer arrives.
type RightsRequest struct {
	ID       string    `json:"id" doc:"rrq_…"`
	Kind     string    `json:"kind"`
	State    string    `json:"state" enum:"done"`
	DoneAt   time.Time `json:"done_at"`
	Erased   int       `json:"erased" doc:"Objects erased"`
	Receipts []Receipt `json:"receipts"`
}

// Page is one page of a list.
type Page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Absent on the last page"`
	HasMore    bool   `json:"has_more"`
}

// FieldProblem is one rule that one field of a request breaks.
type FieldProblem struct {
	Pointer string `json:"pointer" doc:"JSON Pointer" example:"/prompt"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// Problem is the error document of every route (RFC 9457).
type Problem struct {
	Type      string            `json:"type" doc:"URI of the problem's page"`
	Title     string            `json:"title"`
	Status    int               `json:"status"`
	Detail    string            `json:"detail"`
	Code      string            `json:"code" example:"consent-required"`
	Instance  string            `json:"instance,omitempty" doc:"urn:request:<id>"`
	RequestID string            `json:"request_id,omitempty"`
	WasSent   *bool             `json:"was_sent,omitempty" doc:"On every task error: whether anything may have left"`
	Errors    []FieldProblem    `json:"errors,omitempty"`
	Links     map[string]string `json:"links,omitempty"`

	Recipient      string     `json:"recipient,omitempty"`
	DisclosureHash string     `json:"disclosure_hash,omitempty" doc:"The hash in force, when the one sent is stale"`
	MissingFields  []string   `json:"missing_fields,omitempty"`
	Changes        []string   `json:"changes,omitempty"`
	Accepted       []string   `json:"accepted,omitempty" doc:"Accepted media types"`
	MaxBytes       int64      `json:"max_bytes,omitempty"`
	Rule           string     `json:"rule,omitempty"`
	Explanation    string     `json:"explanation,omitempty"`
	Receipt        string     `json:"receipt,omitempty"`
	DeletedAt      *time.Time `json:"deleted_at,omitempty"`
	RetryAt        *time.Time `json:"retry_at,omitempty"`
	State          string     `json:"state,omitempty"`
	MinAge         int        `json:"min_age,omitempty"`
}
