// Package privacy holds the words every other package speaks: identifiers, categories, purposes,
// recipients and Text, the box for personal strings.
//
// It promises that two kinds of identifier cannot be mixed up by accident, that identifiers say
// nothing about a person, and that a Text prints as "[personal]" under every verb and encoder.
// It never reads a clock, a file or a network, and it imports no other package of Vow.
package privacy

import (
	"encoding/base32"
	"strings"

	"github.com/google/uuid"
)

// Distinct identifier types: the compiler refuses a subject where a task is wanted.
type (
	// AppID names an app, for example "pixplus".
	AppID string
	// SubjectID is the app-scoped pseudonym of a person ("sub_…").
	SubjectID string
	// SessionID names a session ("ses_…"). It is no credential.
	SessionID string
	// ObjectID names one stored object: "upl_…" a source, "out_…" a result, "prm_…" a prompt.
	ObjectID string
	// TaskID names the person's request ("tsk_…").
	TaskID string
	// ConsentID names a consent record ("con_…").
	ConsentID string
	// TransferID names a ledger row of data that left ("trf_…").
	TransferID string
	// ReceiptID names an erasure receipt ("rcp_…").
	ReceiptID string
	// StaffID names a member of staff ("stf_…"). It is no credential.
	StaffID string
	// CaseID names a case that staff look into ("cas_…").
	CaseID string
	// ChatID names a conversation ("cht_…").
	ChatID string
	// FeatureID is a feature word of the register, for example "avatar".
	FeatureID string
	// RecipientID is a recipient word of the register, for example "runninghub".
	RecipientID string
	// Category is a data word of the register, for example "source_photo".
	Category string
	// Purpose is a declared purpose, for example "requested_feature".
	Purpose string
	// Field is one named item that a recipient may receive, for example "photo".
	Field string
	// Lang is a BCP 47 language tag: "en" or "zh-Hans".
	Lang string
	// PolicyHash is the lower-case hex SHA-256 of a policy file's canonical form.
	PolicyHash string
)

// Own is the recipient word for the operator's own servers: data that goes there does not leave.
const Own RecipientID = "own_servers"

// The prefixes of identifiers.
const (
	PrefixSubject  = "sub"
	PrefixSession  = "ses"
	PrefixUpload   = "upl"
	PrefixOutput   = "out"
	PrefixPrompt   = "prm"
	PrefixTask     = "tsk"
	PrefixConsent  = "con"
	PrefixTransfer = "trf"
	PrefixReceipt  = "rcp"
	PrefixRequest  = "rrq"
	PrefixChat     = "cht"
	PrefixStaff    = "stf"
	PrefixCase     = "cas"
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns prefix + "_" + a UUIDv7 in 26 lower-case base32 characters. Identifiers sort by
// the time of their making and are never derived from a person.
func NewID(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	return prefix + "_" + encoding.EncodeToString(id[:])
}

// HasPrefix reports whether id is a well-formed identifier with that prefix.
func HasPrefix(id, prefix string) bool {
	rest, ok := strings.CutPrefix(id, prefix+"_")
	if !ok || len(rest) != 26 {
		return false
	}
	_, err := encoding.DecodeString(rest)
	return err == nil
}
