package recipients

import (
	"fmt"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// soon is how long before its day a contract is spoken of.
const soon = 30 * 24 * time.Hour

// Lapse is a contract that was not reviewed in time, or has to be reviewed soon.
type Lapse struct {
	App       privacy.AppID
	Recipient privacy.RecipientID
	Says      string // for the operator: the day, and what it comes to
}

// Lapses lists the contracts of the apps that have lapsed, or lapse within thirty days.
func Lapses(policies map[privacy.AppID]*policy.Policy, order []privacy.AppID, now time.Time) (list []Lapse) {
	for _, app := range order {
		for _, r := range policies[app].Recipients() {
			if !r.Contract.Ends.IsZero() && !now.Add(soon).Before(r.Contract.Ends) {
				list = append(list, Lapse{app, r.ID, says(r, now)})
			}
		}
	}
	return list
}

// says names the day in the zone whose days the policy counts.
func says(r policy.Recipient, now time.Time) string {
	day := r.Contract.Ends.Format(time.DateOnly)
	switch {
	case !r.Contract.Lapsed(now):
		return fmt.Sprintf("the contract lapses on %s: review it, and write the new day under contract.review_by", day)
	case r.Class == policy.ObjectStore: // it holds ciphertext alone, and is no recipient of content
		return fmt.Sprintf("the contract lapsed on %s: what rests there is ciphertext; review it, or move the objects", day)
	default:
		return fmt.Sprintf("the contract lapsed on %s: nothing is sent until it is reviewed and contract.review_by names a new day", day)
	}
}

// Told returns what is said of the contracts with one recipient, by app.
func Told(list []Lapse, r privacy.RecipientID) (says []string) {
	for _, l := range list {
		if l.Recipient == r {
			says = append(says, string(l.App)+": "+l.Says)
		}
	}
	return says
}
