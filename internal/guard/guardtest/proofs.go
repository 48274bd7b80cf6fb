package guardtest

import (
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Permit returns a permit for the subject, task and feature under p, as consent.Check would after
// finding record c.
func Permit(p *policy.Policy, s privacy.SubjectID, t privacy.TaskID, f policy.Feature, c privacy.ConsentID) consent.Permit {
	return consent.Mint(seal.New(), p, s, t, f, c)
}

// Clearance returns a clearance for the task and feature under p, as review.Clear would after a
// Cleared verdict.
func Clearance(p *policy.Policy, t privacy.TaskID, f policy.Feature) review.Clearance {
	return review.Mint(seal.New(), p, t, f)
}
