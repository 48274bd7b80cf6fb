package admin

import "time"

// Signal is one sign of abuse: somebody tried something more often than a limit allows.
type Signal struct {
	ID      string    `json:"id" doc:"sig_…"`
	App     string    `json:"app"`
	Subject string    `json:"subject,omitempty" doc:"left out: nobody is known"`
	Kind    string    `json:"kind" enum:"wrong_passwords,wrong_passwords_network,taken_logins,many_tasks"`
	Tries   int       `json:"tries" doc:"so far, refused ones among them"`
	At      time.Time `json:"at" doc:"when they began"`
	SeenAt  time.Time `json:"seen_at"`
}

// Suspend says why the account that a case is about is suspended.
type Suspend struct {
	Reason string `json:"reason" enum:"fraud,abuse,misconduct,unauthorised_access"`
}

// Suspension is an account that starts nothing for now, and who decided that.
type Suspension struct {
	ID       string     `json:"id" doc:"sus_…"`
	App      string     `json:"app"`
	Subject  string     `json:"subject"`
	Case     string     `json:"case"`
	Reason   string     `json:"reason"`
	Staff    string     `json:"staff" doc:"who decided"`
	At       time.Time  `json:"at"`
	Until    time.Time  `json:"until" doc:"its record ends then, and the suspension with it"`
	LiftedAt *time.Time `json:"lifted_at,omitempty"`
	LiftedBy string     `json:"lifted_by,omitempty"`
}
