package trial

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
)

// ask is one question with the answer that is expected. Which keys go together stands in questions.
type ask struct {
	Age        *int   `json:"age"`
	Ground     string `json:"ground"`
	Of         string `json:"of"`
	SDK        string `json:"sdk"`
	Vendor     string `json:"vendor"`
	Intake     string `json:"intake"`
	Event      string `json:"event"`
	Right      string `json:"right"`
	Region     string `json:"region"`
	Cookie     string `json:"cookie"`
	Switch     string `json:"switch"`
	Permission string `json:"permission"`
	Recipient  string `json:"recipient"`
	Feature    string `json:"feature"`
	Category   string `json:"category"`
	Purpose    string `json:"purpose"`
	Starts     string `json:"starts"`
	Within     string `json:"within"`
	Field      string `json:"field"`
	Platform   string `json:"platform"`
	Number     string `json:"number"`
	ChosenBy   string `json:"chosen_by"`

	Expect  string `json:"expect"`
	Because string `json:"because"`
}

// question is one thing that can be asked: the key that makes it, the keys that may stand beside it, and
// how it is answered.
type question struct {
	key, beside string
	answer      func(*policy.Policy, *ask) (bool, string)
}

// questions are tried in this order; the first one whose key is given is the question.
func questions() []question {
	return []question{
		{"age", "", ofAge},
		{"ground", "of category", ofGround},
		{"sdk", "platform", ofKit},
		{"vendor", "field", ofVendor},
		{"intake", "field event platform", ofIntake},
		{"right", "within", ofRight},
		{"number", "chosen_by", ofNumber},
		{"region", "", ofRegion},
		{"cookie", "", ofCookie},
		{"switch", "", ofSwitch},
		{"permission", "platform feature", ofPermission},
		{"recipient", "feature field category platform", ofRecipient},
		{"feature", "field platform", ofFeature},
		{"category", "purpose starts within", ofCategory},
		{"field", "platform", ofField},
		{"purpose", "", ofPurpose},
	}
}

// given lists the keys of the question that have a value.
func (a *ask) given() []string {
	var out []string
	v := reflect.ValueOf(*a)
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("json"); !v.Field(i).IsZero() && key != "expect" && key != "because" {
			out = append(out, key)
		}
	}
	return out
}

// question returns what is asked.
func (a *ask) question() (question, bool) {
	keys := a.given()
	all := questions()
	if i := slices.IndexFunc(all, func(q question) bool { return slices.Contains(keys, q.key) }); i >= 0 {
		return all[i], true
	}
	return question{}, false
}

// whole refuses a question that nobody can answer.
func (a *ask) whole() error {
	q, ok := a.question()
	if !ok {
		return errors.New("the question has none of the keys that make one")
	}
	for _, key := range a.given() {
		if key != q.key && !slices.Contains(strings.Fields(q.beside), key) {
			return fmt.Errorf("a question about %s has no key %s; beside it may stand: %s", q.key, key, q.beside)
		}
	}
	switch {
	case a.Expect != "allowed" && a.Expect != "refused":
		return errors.New("expect must be allowed or refused")
	case q.key == "ground" && a.Of == "":
		return errors.New("a question about a ground says of which list: of: disclosures")
	case a.Platform != "" && !terms.On(nil, terms.Platform(a.Platform)):
		return errors.New("platform must be ios, android or web")
	}
	return nil
}

// answer asks the policy.
func (a *ask) answer(p *policy.Policy) Result {
	q, _ := a.question()
	allowed, why := q.answer(p, a)
	got := map[bool]string{true: "allowed", false: "refused"}[allowed]
	r := Result{Want: a.Expect, Got: got + ": " + why, OK: got == a.Expect && strings.Contains(why, a.Because)}
	if a.Because != "" {
		r.Want += ": " + a.Because
	}
	return r
}

// said returns the answer with one of two reasons.
func said(allowed bool, yes, no string) (bool, string) {
	if allowed {
		return true, yes
	}
	return false, no
}
