package center

import (
	"net/http"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// consentData is the exact copy of what was shown before a decision.
type consentData struct {
	App        client.App
	Consent    client.Consent
	Disclosure client.Disclosure
	Feature    string
}

// consentText shows the text that a person decided about. A decision about the policy itself leads to that
// version of it.
func consentText(v *stage.Visit) error {
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/privacy")
	}
	d := consentData{App: v.App}
	for c, err := range v.API().Consents(v.Context()) {
		if err != nil {
			return err
		}
		if c.ID == v.R.PathValue("id") {
			d.Consent = c
		}
	}
	if d.Consent.ID == "" {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	if d.Consent.Feature == "policy" {
		_, number, _ := strings.Cut(d.Consent.PolicyVersion, "/")
		return v.Redirect("/", v.App.ID, "/policy/versions/", number)
	}
	var err error
	if d.Disclosure, err = v.API().ConsentText(v.Context(), d.Consent.ID); err != nil {
		return err
	}
	d.Feature = guest(v).FeatureTitle(d.Consent.Feature)
	return v.Show(http.StatusOK, "consented", stage.Frame{Title: d.Disclosure.Title, Tab: "privacy", Narrow: true, Data: d})
}

func withdraw(v *stage.Visit) error {
	if _, err := v.API().Withdraw(v.Context(), v.R.PathValue("id")); err != nil {
		return err
	}
	return v.Redirect("/", v.App.ID, "/privacy?done=withdrawn#consents")
}

func withdrawAll(v *stage.Visit) error {
	if v.Token != "" {
		if _, err := v.API().RightsRequest(v.Context(), client.RightsRequestCreate{Kind: "withdraw_all"}); err != nil {
			return err
		}
	}
	return v.Redirect("/", v.App.ID, "/privacy?done=withdrawn#consents")
}
