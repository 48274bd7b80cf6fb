package terms

// Audits says how often the operator has its security looked at, and at what of it.
type Audits struct {
	Every  Deadline // the longest time between two of them
	Scope  []string // "access", "configuration", "dependencies", "vulnerabilities"
	Clause string
}

// Promised reports whether the policy promises audits at all.
func (a Audits) Promised() bool { return len(a.Scope) > 0 }
