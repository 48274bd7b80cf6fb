package duty

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// base is the policy that uses every block.
type base struct {
	doc []byte
	at  source.Positions
}

func full(t testing.TB) base {
	t.Helper()
	src, err := os.ReadFile("../../policytest/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, problems := source.Read(src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	doc, err := json.Marshal(file.Doc)
	if err != nil {
		t.Fatal(err)
	}
	return base{doc, file.Positions}
}

// found checks the policy after a change.
func (b base) found(t testing.TB, change func(*source.Doc)) *report.Report {
	t.Helper()
	var doc source.Doc
	if err := json.Unmarshal(b.doc, &doc); err != nil {
		t.Fatal(err)
	}
	change(&doc)
	r := &report.Report{Doc: &doc, At: b.at}
	Check(r)
	return r
}

func says(r *report.Report, pointer, what string) bool {
	return slices.ContainsFunc(r.Problems, func(p source.Problem) bool {
		return p.Pointer == pointer && strings.Contains(p.What, what) && p.Fix != ""
	})
}

func TestThePolicyThatUsesEverythingHasNoFinding(t *testing.T) {
	t.Parallel()
	p := full(t)
	if got := p.found(t, func(*source.Doc) {}); len(got.Problems)+len(got.Demo) > 0 {
		t.Errorf("%+v %+v", got.Problems, got.Demo)
	}
}

func TestAPolicyThatSaysNothingHasNoDuty(t *testing.T) {
	t.Parallel()
	r := &report.Report{Doc: &source.Doc{}, At: source.Positions{}}
	Check(r)
	if len(r.Problems) > 0 {
		t.Errorf("%+v", r.Problems)
	}
}

func TestNoListOfGroundsIsOpen(t *testing.T) {
	t.Parallel()
	p := full(t)
	for _, id := range strings.Fields(openGrounds) {
		for pointer, change := range map[string]func(*source.Doc){
			"/grounds/0/id":       func(d *source.Doc) { d.Grounds[0].ID = id },
			"/exemptions/0/id":    func(d *source.Doc) { d.Exemptions[0].ID = id },
			"/refusals/0/id":      func(d *source.Doc) { d.Refusals[0].ID = id },
			"/restrictions/0/id":  func(d *source.Doc) { d.Restrictions[0].ID = id },
			"/overrides/0/id":     func(d *source.Doc) { d.Overrides[0].ID = id },
			"/holds/grounds/0/id": func(d *source.Doc) { d.Holds.Grounds[0].ID = id },
		} {
			if !says(p.found(t, change), pointer, "anything fits behind it") {
				t.Errorf("%s is a ground at %s", id, pointer)
			}
		}
	}
	if r := p.found(t, func(d *source.Doc) { d.Exemptions[0].ID = "other_law" }); len(r.Problems) > 0 {
		t.Errorf("a ground that is named after a law is refused: %+v", r.Problems)
	}
}

func TestWhatLeavesForNobodyIsSentByNothing(t *testing.T) {
	t.Parallel()
	p := full(t)
	third := func(d *source.Doc) {
		d.Recipients = append(d.Recipients, source.Recipient{ID: "gemini", Class: "third_party_ai", Name: source.Text{"en": "Gemini"}})
		d.Features[0].Recipient = "gemini"
	}
	if r := p.found(t, third); !says(r, "/features/0/recipient", "source_photo leaves for nobody") {
		t.Errorf("%+v", r.Problems)
	}
	result := func(d *source.Doc) {
		third(d)
		d.Categories[0].Stays, d.Categories[2].Stays = false, true
	}
	if r := p.found(t, result); !says(r, "/features/0/recipient", "generated_image leaves for nobody") {
		t.Errorf("%+v", r.Problems)
	}
	ours := func(d *source.Doc) { third(d); d.Recipients[len(d.Recipients)-1].Class = "own_host" }
	if r := p.found(t, ours); len(r.Problems) > 0 {
		t.Errorf("a machine of ours may not see it: %+v", r.Problems)
	}
	review := func(d *source.Doc) {
		d.Categories = append(d.Categories, source.Category{ID: "prompt", Stays: true})
		d.Inputs = append(d.Inputs, source.Input{Field: "prompt", Kind: "text", Category: "prompt"})
		d.Safety.PromptReview = "external_qwen"
	}
	if r := p.found(t, review); !says(r, "/inputs/1/category", "an outside model reads prompt") {
		t.Errorf("%+v", r.Problems)
	}
}

func TestOnlyConsentCarriesATransferToACompanyThatRunsAI(t *testing.T) {
	t.Parallel()
	p := full(t)
	for _, basis := range []string{"contract", "legal_obligation", "legitimate_interests", "vital_interests", "public_task"} {
		for class, refused := range map[string]bool{"third_party_ai": true, "local": false, "own_host": false} {
			r := p.found(t, func(d *source.Doc) {
				d.Categories[0].Stays = false
				d.Purposes[0].Basis = basis
				d.Recipients[0].Class = class
			})
			if says(r, "/purposes/0/basis", "MIX-5-01") != refused {
				t.Errorf("%s to %s: %+v", basis, class, r.Problems)
			}
		}
	}
}

func TestACapHoldsEveryClock(t *testing.T) {
	t.Parallel()
	p := full(t)
	for limit, refused := range map[string]bool{"P30D": false, "P29D": false, "PT720H": false, "immediate": false, "P31D": true, "P1M": true, "P1Y": true, "PT721H": true, "P4W": false, "P5W": true} {
		r := p.found(t, func(d *source.Doc) {
			d.Limits.Most = "P30D"
			d.Retention = []source.Row{{Category: "account", Starts: "last_active", Limit: limit}}
		})
		if says(r, "/retention/0/limit", "longer than the P30D") != refused {
			t.Errorf("%s: %+v", limit, r.Problems)
		}
	}
	r := p.found(t, func(d *source.Doc) {
		d.Limits.Most = "P400D"
		d.Cookies.List = []source.Cookie{{Name: "a", Lifetime: "session"}, {Name: "b", Lifetime: "P2Y"}}
		d.ChosenBy["cookies.lifetime"] = "operator"
	})
	if len(r.Problems) != 1 || !says(r, "/cookies/list/1/lifetime", "the cookie b lives for P2Y") {
		t.Errorf("%+v", r.Problems)
	}
}

func TestALeadIsAsLongAsTheTextPromises(t *testing.T) {
	t.Parallel()
	p := full(t)
	for lead, refused := range map[string]bool{"P30D": false, "P31D": false, "P2M": false, "P1M": true, "P29D": true, "PT719H": true, "immediate": true, "PT720H": false} {
		r := p.found(t, func(d *source.Doc) { d.Notices.Lead = lead })
		if says(r, "/notices/lead", "but the text promises P30D") != refused {
			t.Errorf("%s: %+v", lead, r.Problems)
		}
	}
}

func TestEveryCipherButOneIsRefused(t *testing.T) {
	t.Parallel()
	p := full(t)
	for cipher, refused := range map[string]bool{"": false, "AES-256": false, "AES-128": true, "aes-256": true, "chacha20": true, "XChaCha20-Poly1305": true, "3DES": true, "none": true} {
		if r := p.found(t, func(d *source.Doc) { d.Cipher = cipher }); (len(r.Problems) > 0) != refused {
			t.Errorf("%q: %+v", cipher, r.Problems)
		}
	}
}

func TestAnExampleLinkIsFitForADemonstrationOnly(t *testing.T) {
	t.Parallel()
	p := full(t)
	r := p.found(t, func(d *source.Doc) { d.Recipients[1].PolicyURL = "https://firebase.example/privacy" })
	if len(r.Problems) > 0 || len(r.Demo) != 1 || r.Demo[0].Pointer != "/recipients/1/policy_url" {
		t.Errorf("%+v %+v", r.Problems, r.Demo)
	}
}

func TestAJointOperatorBeyondTheStaffPinNeedsATransferConsent(t *testing.T) {
	t.Parallel()
	p := full(t)
	for transfers, refused := range map[string]bool{"": true, "never": true, "consent": false, "law_and_written_consent": false} {
		r := p.found(t, func(d *source.Doc) { d.Transfers = transfers })
		if says(r, "/controller/joint/0/region", "no transfer consent") != refused {
			t.Errorf("%q: %+v", transfers, r.Problems)
		}
	}
	if r := p.found(t, func(d *source.Doc) { d.Transfers, d.Staff.Regions = "", nil }); len(r.Problems) > 0 {
		t.Errorf("an operator who reads nothing is refused: %+v", r.Problems)
	}
}
