package policy_test

import (
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

func TestABlockThatIsLeftOutIsTheStrictestAnswer(t *testing.T) {
	t.Parallel()
	got := policytest.Load(t, policytest.Minimal()).Terms()
	if len(got.Intakes)+len(got.Inbound)+len(got.Forwards)+len(got.SDKs)+len(got.Permissions)+len(got.Switches)+len(got.Refused) > 0 {
		t.Error("something comes in or goes out that nobody declared")
	}
	if len(got.Disclosures)+len(got.Exemptions)+len(got.Refusals)+len(got.Restrictions)+len(got.Overrides)+len(got.Holds.Grounds)+got.Holds.Approvals > 0 {
		t.Error("a ground exists that nobody declared")
	}
	if got.Acceptance != nil || got.Answers != nil || got.Share.Works || got.MinGroup != 0 || got.Cipher != "" || got.Minors.Ask || got.Minors.Guardian {
		t.Errorf("%+v", got)
	}
	if got.Notices.Reductions != "consent" || !slices.Equal(got.Notices.Channels, []string{"in_app"}) || !got.Notices.Lead.Immediate {
		t.Errorf("%+v", got.Notices)
	}
	if got.Calendar.Zone != time.UTC || len(got.Calendar.Holidays) > 0 || got.Transfers != "" || len(got.StaffRegions) > 0 {
		t.Errorf("%+v", got.Calendar)
	}
	for _, r := range got.Rights {
		if r.Starts != "received" {
			t.Errorf("the deadline of %s starts later than the request", r.ID)
		}
	}
}

func TestAPinnedStorePinsStaffAndTransfersToo(t *testing.T) {
	t.Parallel()
	src := policytest.Mutate(t, policytest.Source(t, "picwiz"), "staff: {regions: [US], clause: WIZ-3-01}\ntransfers: law_and_written_consent\n", "")
	got := policytest.Load(t, src).Terms()
	if !slices.Equal(got.StaffRegions, []string{"US"}) || got.Transfers != "never" {
		t.Errorf("staff %v, transfers %q", got.StaffRegions, got.Transfers)
	}
}

func TestTheTermsSayWhatTheFileSays(t *testing.T) {
	t.Parallel()
	got := policytest.Load(t, policytest.Full()).Terms()
	device, ok := got.Intake("device")
	if !ok || device.Kind != terms.Telemetry || device.Category != "device_info" || device.Purpose != "service_operation" || len(device.Fields) != 4 {
		t.Fatalf("%+v", device)
	}
	version, memory, network, build := device.Fields[0], device.Fields[1], device.Fields[2], device.Fields[3]
	if !version.Required || version.Kind != terms.Version || version.Name.In("en") != "Version of the system" || memory.Least != 0 || memory.Most != 100 ||
		!slices.Equal(network.Choices, []string{"wifi", "mobile", "none"}) || build.Max != 32 || build.Permission != "camera" || !slices.Equal(build.Platforms, []terms.Platform{terms.Android}) {
		t.Errorf("%+v", device.Fields)
	}
	use, _ := got.Intake("app_use")
	if len(use.Events) != 2 || use.Events[0].ID != "screen_opened" || len(use.Events[0].Fields) != 2 || use.Switch != "analytics" {
		t.Errorf("%+v", use)
	}
	if r := got.Refused[1]; r.Category != "device_info" || !slices.Equal(r.Fields, []string{"device_name"}) || r.Text.In("en") == "" {
		t.Errorf("%+v", r)
	}
	if v, ok := got.Vendor("crash_vendor"); !ok || v.Name.In("en") != "Crash Desk" || len(v.Fields) != 1 {
		t.Errorf("%+v", v)
	}
	if f := got.Forwards[1]; f.Recipient != "adjust" || !slices.Equal(f.Platforms, []terms.Platform{terms.Android}) || f.Switch != "analytics" {
		t.Errorf("%+v", f)
	}
	if k := got.SDKs[0]; k.ID != "firebase_kit" || k.Pending() || k.Recipient != "firebase" || k.Company != "Google LLC" {
		t.Errorf("%+v", k)
	}
}

func TestTheDutiesSayWhatTheFileSays(t *testing.T) {
	t.Parallel()
	got := policytest.Load(t, policytest.Full()).Terms()
	if h := got.Holds; h.Approvals != 2 || h.Most.Days != 180 || h.Most.ISO != "P180D" || len(h.Grounds) != 1 || !slices.Equal(h.Grounds[0].Needs, []string{"document"}) {
		t.Errorf("%+v", h)
	}
	if g := got.Disclosures[1]; g.Abroad != "consent" || !slices.Equal(g.Categories, []privacy.Category{"account"}) {
		t.Errorf("%+v", g)
	}
	if n := got.Notices; n.Lead.Days != 30 || !n.Popup || !slices.Equal(n.Major, []string{"push"}) || !slices.Equal(n.Kinds, []string{"policy_change", "incident"}) {
		t.Errorf("%+v", n)
	}
	erase, ok := got.Right("erase")
	if !ok || !erase.Deadline.Working || erase.Deadline.Days != 7 || erase.Chosen != "operator" {
		t.Errorf("%+v", erase)
	}
	if due := got.Calendar.Due(erase.Deadline, time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)); due.Format(time.RFC3339) != "2026-12-03T00:00:00-05:00" {
		t.Errorf("a request before Thanksgiving is due %v", due)
	}
	if !got.Minors.Ask || !got.Minors.Guardian || got.MinGroup != 10 || got.Transfers != "consent" || !got.Share.Works || got.Cipher != "AES-256" {
		t.Errorf("%+v", got)
	}
	if got.Answers.Medical.In("en") != "Ask a doctor." || got.Acceptance.Accept.In("en") != "I agree" || got.Joint[0].Region != "CN" || got.Contacts[0].Platform != "all" {
		t.Error("a notice, the acceptance or a contact is misread")
	}
	if a := got.Audits; !a.Promised() || a.Every.Days != 90 || !slices.Equal(a.Scope, []string{"access", "configuration", "dependencies", "vulnerabilities"}) {
		t.Errorf("%+v", a)
	}
	if policytest.Load(t, policytest.Minimal()).Terms().Audits.Promised() {
		t.Error("a policy that says nothing promises audits")
	}
	photo, _ := got.Category("source_photo")
	ids, _ := got.Category("hardware_ids")
	if !photo.Stays || !ids.Special || ids.Stays {
		t.Errorf("%+v %+v", photo, ids)
	}
}

func TestTheNumbersSayWhoChoseThem(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Full())
	lead, ok := p.Terms().Number("notices.lead")
	if !ok || lead.Value != "P30D" || lead.Chosen != "policy" {
		t.Errorf("%+v", lead)
	}
	chosen := p.OperatorChose()
	for _, id := range []string{"retention.account.last_active", "rights.erase", "holds.most", "statistics", "audits.every"} {
		if !slices.Contains(chosen, id) {
			t.Errorf("%s is not among %v", id, chosen)
		}
	}
	for _, id := range []string{"notices.lead", "minors.min_age", "rights.withdraw"} {
		if slices.Contains(chosen, id) {
			t.Errorf("%s is said to be the operator's", id)
		}
	}
	for _, n := range policytest.Load(t, policytest.Minimal()).Terms().Numbers {
		if n.Chosen != "" {
			t.Errorf("a policy that does not say who chose %s names %s", n.ID, n.Chosen)
		}
	}
}

func TestAForwardWithoutPlatformsTakesThoseOfItsRecipient(t *testing.T) {
	t.Parallel()
	src := policytest.Mutate(t, policytest.Full(), "intakes: [device], platforms: [android], ", "intakes: [device], ")
	got := policytest.Load(t, src).Terms().Forwards[1]
	if !slices.Equal(got.Platforms, []terms.Platform{terms.Android}) {
		t.Errorf("%v", got.Platforms)
	}
}

func TestRecipientsCarryWhatTheirClassShows(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Full())
	adjust, _ := p.Recipient("adjust")
	store, _ := p.Recipient("aws_s3")
	if adjust.Class != policy.Analytics || !slices.Equal(adjust.Platforms, []terms.Platform{terms.Android}) {
		t.Errorf("%+v", adjust)
	}
	if store.Class != policy.ObjectStore || store.Certificate.Expires != "2027-05-01" || store.Contract.Reference != "DPA-9" {
		t.Errorf("%+v", store)
	}
	sketch, _ := p.Feature("sketch")
	if !slices.Equal(sketch.Permissions, []string{"camera"}) {
		t.Errorf("%v", sketch.Permissions)
	}
}
