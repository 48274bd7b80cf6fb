package admin

import "time"

// SetMembership says what somebody is a member of, as the operator's own server has learnt it.
type SetMembership struct {
	App   string    `json:"app,omitempty" maxLength:"64" doc:"left out by the server of one app"`
	Level string    `json:"level" maxLength:"64" doc:"of the policy's list"`
	Until time.Time `json:"until" doc:"when the membership ends unless it is reported again"`
}

// Membership is what somebody is a member of.
type Membership struct {
	App     string     `json:"app"`
	Subject string     `json:"subject"`
	Level   string     `json:"level" doc:"of the policy's list; free: of nothing"`
	Until   *time.Time `json:"until,omitempty"`
}
