package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// peopleSchema classifies what an app knows about a person beside the account itself.
func peopleSchema() map[string]table {
	return map[string]table{
		"profiles": {personal: true, fate: withAccount, category: "account", since: "at", columns: map[string]class{"app": id, "subject": id, "acceptance": ref,
			"accepted_version": code, "accepted_hash": digest, "accepted_at": moment, "restriction": code, "restricted_at": moment, "objections": code,
			"switches": code, "permissions": code, "at": moment, "expires_at": moment}},
		"ages":     {personal: true, fate: sweeps, category: "age_assertion", since: "at", columns: map[string]class{"app": id, "subject": ref, "band": code, "at": moment, "expires_at": moment}},
		"refusals": {fate: sweepsOnly, columns: map[string]class{"app": id, "device": digest, "at": moment, "expires_at": moment}},
		"guardians": {personal: true, fate: sweeps, category: "guardian_consent", since: "at", columns: map[string]class{"app": id, "subject": ref, "state": code, "contact": digest,
			"link": digest, "code": digest, "tries": count, "scope": code, "screen": digest, "consent": ref, "at": moment, "expires_at": moment}},
		"logins": {personal: true, fate: withAccount, category: "account", since: "at", columns: map[string]class{"app": id, "subject": ref, "login": digest, "password": sealed,
			"at": moment, "expires_at": moment}},
		"remembered": {personal: true, fate: sweeps, category: "account", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "token": digest, "platform": code,
			"at": moment, "expires_at": moment}},
		"favourites": {personal: true, fate: sweeps, category: "favorite", since: "at", columns: map[string]class{"app": id, "subject": ref, "object": ref, "at": moment, "expires_at": moment}},
		"shares": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "subject": ref, "object": ref, "token": digest, "transfer": ref,
			"at": moment, "expires_at": moment}},
	}
}

// abuseSchema classifies what speaks against an account: signs of abuse, and what a person decided about it.
func abuseSchema() map[string]table {
	return map[string]table{
		"signals": {personal: true, fate: sweeps, category: "security_signals", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "kind": code,
			"tries": count, "at": moment, "seen_at": moment, "expires_at": moment}},
		"suspensions": {personal: true, fate: sweeps, category: "moderation_record", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "case_id": ref,
			"reason": code, "staff": ref, "at": moment, "lifted_at": moment, "lifted_by": ref, "expires_at": moment}},
	}
}

// Fact is one row of a subject as it may be handed to that subject: identifiers, codes, times and counts
// by column. Keyed digests and sealed blobs say nothing to anybody and are left out; the digest of a text
// that the person was shown is not.
type Fact map[string]any

// Facts returns every row that the database holds of a subject, by table.
func (a App) Facts(ctx context.Context, s privacy.SubjectID) (map[string][]Fact, error) {
	all := map[string][]Fact{}
	for name, t := range schema() {
		if !t.personal {
			continue
		}
		var columns []string
		for _, c := range slices.Sorted(maps.Keys(t.columns)) {
			if k := t.columns[c]; k != digest && k != sealed || published(c) {
				columns = append(columns, c)
			}
		}
		list, err := rows.All(ctx, a.q, t.fact(columns), `SELECT `+strings.Join(columns, ", ")+` FROM `+name+` WHERE app = ? AND subject = ?`, a.id, s)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			all[name] = list
		}
	}
	return all, nil
}

// published reports whether a digest stands for a text that everybody may read.
func published(column string) bool {
	return column == "screen" || column == "policy_hash" || column == "accepted_hash"
}

// fact scans the columns of one row; moments become times.
func (t table) fact(columns []string) func(rows.Scanner) (Fact, error) {
	return func(r rows.Scanner) (Fact, error) {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := r.Scan(into...); err != nil {
			return nil, err
		}
		f := Fact{}
		for i, c := range columns {
			switch v := values[i].(type) {
			case nil:
			case int64:
				if f[c] = v; t.columns[c] == moment {
					f[c] = rows.At(v)
				}
			case []byte:
				f[c] = string(v)
			default:
				f[c] = v
			}
		}
		return f, nil
	}
}
