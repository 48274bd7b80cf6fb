package policy_test

import (
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

func TestAComplaintIsHandedOnWhereItSaysSoAndNowhereElse(t *testing.T) {
	t.Parallel()
	const source, named = "    passed_on: ip_complaint # C-KME-11\n", "categories: [complaint], needs: [request], approvals: 1, clause: KME-DISC.E-01"
	for _, tc := range []change{
		{"a ground that names a complaint which no source passes on is refused", "kmeng", source, "", "id: ip_complaint", "handed to nobody on it"},
		{"a ground that names letters to support is refused", "kmeng", "categories: [account, device_info], needs: [consent]", "categories: [account, support_message], needs: [consent]", "categories: [account, support_message]", "the ground consent names support_message"},
		{"another ground that names complaints is refused", "kmeng", "categories: [account, moderation_record]", "categories: [account, complaint]", "categories: [account, complaint]", "the ground violation names complaint"},
		{"a ground that names what its own engine made is refused", "aifitting", "categories: [account, usage_events], needs", "categories: [account, generated_image], needs", "id: vital_interests", "names generated_image"},
		{"a complaint on a ground that nobody declared is refused", "kmeng", source, "    passed_on: respondent\n", "passed_on: respondent", "the ground respondent is not declared"},
		{"a complaint on a ground of another list is refused", "kmeng", source, "    passed_on: legal_claims\n", "passed_on: legal_claims", "is not declared"},
		{"a complaint that is handed on unasked is refused", "kmeng", named, "categories: [complaint], needs: [reason], approvals: 1, clause: KME-DISC.E-01", "passed_on: ip_complaint", "hands a complaint on unasked"},
		{"a complaint on a ground of everything is refused", "kmeng", named, "needs: [request], approvals: 1, clause: KME-DISC.E-01", "passed_on: ip_complaint", "does not name complaint"},
		{"a complaint on a ground of something else is refused", "kmeng", source, "    passed_on: service_provider\n", "passed_on: service_provider", "the ground service_provider does not name complaint"},
		{"a letter that is handed on is refused", "kmeng", "    kind: support\n", "    kind: support\n    passed_on: ip_complaint\n", "passed_on: ip_complaint", "is of kind support and handed on"},
		{"feedback that is handed on is refused", "kmeng", "    kind: feedback\n", "    kind: feedback\n    passed_on: ip_complaint\n", "passed_on: ip_complaint", "is of kind feedback and handed on"},
		{"a complaint among letters is refused", "kmeng", "    kind: complaint\n    category: complaint\n", "    kind: complaint\n    category: support_message # a complaint\n", "# a complaint", "is kept as support_message"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.check(t)
		})
	}
}

func TestWhatAGroundHandsOverIsSaidOnce(t *testing.T) {
	t.Parallel()
	kmeng, mixoo := policytest.Kmeng(t), policytest.Mixoo(t)
	for _, tt := range []struct {
		p        *policy.Policy
		ground   string
		category privacy.Category
		want     policy.Handing
	}{
		{kmeng, "ip_complaint", "complaint", policy.Written},
		{kmeng, "ip_complaint", "support_message", policy.Unlisted},
		{kmeng, "violation", "complaint", policy.Unlisted},
		{kmeng, "violation", "account", policy.Whole},
		{kmeng, "legal_demand", "complaint", policy.Whole},
		{kmeng, "legal_demand", "chat_message", policy.Whole},
		{kmeng, "legal_demand", "source_photo", policy.Unlisted}, // the app has none
		{kmeng, "other", "account", policy.Unlisted},
		{mixoo, "other_controller", "complaint", policy.Withheld},
		{mixoo, "other_controller", "face_landmarks", policy.Withheld},
		{mixoo, "other_controller", "generated_image", policy.Whole},
		{mixoo, "other_controller", "account", policy.Whole},
	} {
		if got := tt.p.Hands(tt.ground, tt.category); got != tt.want {
			t.Errorf("%s on the ground %s: %d, want %d", tt.category, tt.ground, got, tt.want)
		}
	}
	if g, ok := kmeng.PassedOn("ip"); !ok || g.ID != "ip_complaint" {
		t.Errorf("%+v", g)
	}
	for _, source := range []string{"support", "nothing"} {
		if g, ok := kmeng.PassedOn(source); ok {
			t.Errorf("%s is handed on: %+v", source, g)
		}
	}
}
