package simulate

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/recipients"
)

// Variable is the word of the environment that holds a credential of a simulated recipient.
func Variable(driver, credential string) string {
	return strings.ToUpper(strings.ReplaceAll(driver+"_"+credential, "-", "_"))
}

// Introduce says where the recipient is, and how a server finds it under each of the names that
// policies have for it, ready to paste. Credentials that were given are not repeated.
func (r *Recipient) Introduce(ids []privacy.RecipientID, given map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "simulated %s at %s\nevidence: %s%s\n", r.Driver, r.Base, r.origin(), EvidencePath)
	names := slices.Sorted(maps.Keys(r.Credentials))
	made := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return given[name] != "" })
	if len(made) > 0 {
		b.WriteString("\n# In the environment of the server; a word that is set before vow sim starts is taken from there.\n")
	}
	for _, name := range made {
		fmt.Fprintf(&b, "export %s=%s\n", Variable(r.Driver, name), r.Credentials[name])
	}
	b.WriteString("\n# In vow.yaml:\nrecipients:\n")
	if len(ids) == 0 {
		b.WriteString("  # no app here sends to this kind of recipient: put the name that your policy uses\n")
		ids = []privacy.RecipientID{privacy.RecipientID(r.Driver)}
	}
	for _, id := range ids {
		b.WriteString(r.block(id, names))
	}
	b.WriteString("\nPress Ctrl-C to stop.\n")
	return b.String()
}

// block is one recipient in the form of vow.yaml.
func (r *Recipient) block(id privacy.RecipientID, credentials []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s:\n    base_url: %s\n", id, r.Base)
	if more := recipients.Kinds()[r.Driver].Services; len(more) > 0 {
		b.WriteString("    services:\n")
		for _, name := range more {
			fmt.Fprintf(&b, "      %s: %s\n", name, r.Base)
		}
	}
	b.WriteString("    allow_loopback: true\n")
	if len(credentials) > 0 {
		b.WriteString("    credentials:\n")
	}
	for _, name := range credentials {
		fmt.Fprintf(&b, "      %s: env:%s\n", name, Variable(r.Driver, name))
	}
	return b.String()
}

// origin is the base address without the path below which some recipients answer.
func (r *Recipient) origin() string {
	u, err := url.Parse(r.Base)
	if err != nil {
		return r.Base
	}
	return u.Scheme + "://" + u.Host
}
