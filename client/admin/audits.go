package admin

import "time"

// SecurityAudits says of each part of an app's security until when it must be audited next.
type SecurityAudits struct {
	App   string         `json:"app"`
	Every string         `json:"every" doc:"the policy's number; empty: it promises no audits"`
	Parts []SecurityPart `json:"parts"`
}

// SecurityPart is one part of security that the policy has audited.
type SecurityPart struct {
	Part   string     `json:"part" doc:"access, configuration, dependencies or vulnerabilities"`
	LastAt *time.Time `json:"last_at,omitempty" doc:"left out: no audit of it is on record"`
	Report string     `json:"report,omitempty" doc:"SHA-256 of the report on it"`
	Staff  string     `json:"staff,omitempty" doc:"who recorded it"`
	DueAt  *time.Time `json:"due_at,omitempty" doc:"left out: none is on record, so that it is due now"`
	Late   bool       `json:"late"`
}

// SecurityAudited records that parts of security were audited.
type SecurityAudited struct {
	App    string     `json:"app,omitempty" maxLength:"64"`
	Parts  []string   `json:"parts" minItems:"1" maxItems:"16" doc:"of the policy's audits.scope"`
	At     *time.Time `json:"at,omitempty" doc:"when the audit took place; left out: now"`
	Report string     `json:"report" maxLength:"64" doc:"SHA-256 of the report in hex; the report itself stays with you"`
}
