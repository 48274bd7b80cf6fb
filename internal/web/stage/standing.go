package stage

import "vow.example/vow/client"

// Standing finds the consent that covers a feature now, or nil. It is the newest decision about the feature
// and its recipient, where that is a yes to more than one task, and where the text it was given to is still the one that the policy
// would show in the same language. So a new version of the policy asks again exactly where it touches that
// text; the API decides in the same way.
func (v *Visit) Standing(f client.Feature) (*client.Consent, error) {
	if f.Consent != "once_per_version" || v.Token == "" {
		return nil, nil
	}
	for c, err := range v.API().Consents(v.Context()) { // newest first
		if err != nil {
			return nil, err
		}
		if c.Feature != f.ID || c.Recipient != f.Recipient.ID {
			continue
		}
		if c.Decision != "granted" || c.Scope == "single_job" {
			return nil, nil
		}
		now, err := v.API().Disclosure(v.Context(), f.ID, c.Language)
		if err != nil || now.Hash != c.DisclosureHash || now.Language != c.Language {
			return nil, err
		}
		return &c, nil
	}
	return nil, nil
}
