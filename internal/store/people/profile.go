// Package people keeps who a subject is to an app: an age band, a guardian's consent, choices, a login,
// marks on works.
//
// It promises that every row belongs to one subject of one app and ends with the account or before it,
// and that nothing is written for an account that is gone. It never keeps a name, an address or a
// password: digests, codes and sealed blobs only.
package people

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Profile is what an app knows about a subject beside its content. The zero Profile is somebody who has
// said nothing yet.
type Profile struct {
	Band       string // terms.Under, terms.Minor or terms.Over; "": not said
	Guardian   string // state of the guardian's consent; "": none was asked for
	Scope      []string
	Acceptance privacy.ConsentID
	Version    string // of the policy that was accepted
	Hash       string // of the text that was accepted
	AcceptedAt time.Time
	Accepted   bool // and not withdrawn since

	Restriction  string // a ground of the policy; "": processing is not restricted
	RestrictedAt time.Time
	Objections   []privacy.Purpose
	Switches     map[string]bool // only those that the person has set
	Permissions  map[string]bool // as the device has reported them
	Login        bool
	Suspended    string // why staff suspended the account; "": it is not suspended

	Member      string // a level of the policy's list; "": of none
	MemberUntil time.Time
}

// ProfileOf returns what is known of a living subject, or store.ErrNotFound.
func ProfileOf(ctx context.Context, a store.App, s privacy.SubjectID, now time.Time) (Profile, error) {
	q, app := a.Rows()
	var p Profile
	var scope, objections, switches, permissions string
	var accepted, restricted, member sql.NullInt64
	err := q.QueryRowContext(ctx, `SELECT coalesce(a.band, ''), coalesce(g.state, ''), coalesce(g.scope, ''), coalesce(p.acceptance, ''), coalesce(p.accepted_version, ''),
			coalesce(p.accepted_hash, ''), p.accepted_at, coalesce(p.restriction, ''), p.restricted_at, coalesce(p.objections, ''),
			coalesce(p.switches, ''), coalesce(p.permissions, ''), l.subject IS NOT NULL,
			coalesce((SELECT x.reason FROM suspensions x WHERE x.app = s.app AND x.subject = s.subject AND x.lifted_at IS NULL AND x.expires_at > ?1), ''),
			coalesce(m.level, ''), m.ends_at
		FROM subjects s LEFT JOIN profiles p ON p.app = s.app AND p.subject = s.subject
		LEFT JOIN ages a ON a.app = s.app AND a.subject = s.subject AND a.expires_at > ?1
		LEFT JOIN guardians g ON g.app = s.app AND g.subject = s.subject AND g.expires_at > ?1
		LEFT JOIN logins l ON l.app = s.app AND l.subject = s.subject
		LEFT JOIN memberships m ON m.app = s.app AND m.subject = s.subject AND m.expires_at > ?1
		WHERE s.app = ?2 AND s.subject = ?3 AND s.expires_at > ?1`, rows.Ms(now), app, s).
		Scan(&p.Band, &p.Guardian, &scope, &p.Acceptance, &p.Version, &p.Hash, &accepted, &p.Restriction, &restricted, &objections, &switches, &permissions, &p.Login, &p.Suspended, &p.Member, &member)
	if err != nil {
		return Profile{}, rows.NotFound(err)
	}
	p.Scope, p.Switches, p.Permissions = list(scope), flags(switches), flags(permissions)
	for _, o := range list(objections) {
		p.Objections = append(p.Objections, privacy.Purpose(o))
	}
	p.AcceptedAt, p.RestrictedAt, p.MemberUntil = rows.AtNull(accepted), rows.AtNull(restricted), rows.AtNull(member)
	p.Accepted = p.Acceptance != ""
	return p, nil
}

// Owner is whose row is written, and when.
type Owner struct {
	App     privacy.AppID
	Subject privacy.SubjectID
	Now     time.Time
}

// PutProfile writes acceptance, restriction, objections, switches and permissions of a living subject.
// It fails with store.ErrNotFound where the account is gone.
func PutProfile(ctx context.Context, tx *store.Tx, o Owner, p Profile) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO profiles (app, subject, acceptance, accepted_version, accepted_hash, accepted_at, restriction, restricted_at,
			objections, switches, permissions, at, expires_at)
		SELECT app, subject, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, expires_at FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?12
		ON CONFLICT (app, subject) DO UPDATE SET acceptance = excluded.acceptance, accepted_version = excluded.accepted_version, accepted_hash = excluded.accepted_hash,
			accepted_at = excluded.accepted_at, restriction = excluded.restriction, restricted_at = excluded.restricted_at, objections = excluded.objections,
			switches = excluded.switches, permissions = excluded.permissions`,
		o.App, o.Subject, p.Acceptance, p.Version, p.Hash, rows.MsOrNull(p.AcceptedAt), p.Restriction, rows.MsOrNull(p.RestrictedAt),
		joined(p.Objections), written(p.Switches), written(p.Permissions), rows.Ms(o.Now))
}

// SetLocale changes the language of a living subject.
func SetLocale(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, to privacy.Lang) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE subjects SET locale = ? WHERE app = ? AND subject = ?`, to, app, s)
}

// PutAge writes the band of a living subject. A band that was said stays said, except that a younger one
// may replace it. It fails with store.ErrNotFound where the account is gone, or a younger band was said.
func PutAge(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, a Age) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO ages (app, subject, band, at, expires_at)
		SELECT app, subject, ?3, ?4, ?5 FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?4
		ON CONFLICT (app, subject) DO UPDATE SET band = excluded.band WHERE excluded.band = 'under' OR excluded.band = 'minor' AND band = 'over' OR band = excluded.band`,
		app, s, a.Band, rows.Ms(a.At), rows.Ms(a.ExpiresAt))
}

// Age is the fact that somebody said which age band of the policy is theirs.
type Age struct {
	Band          string
	At, ExpiresAt time.Time
}

// Refusal is the fact that a device was refused because of the age said on it. It belongs to nobody.
type Refusal struct {
	App           privacy.AppID
	Device        []byte // keyed digest
	At, ExpiresAt time.Time
}

// PutRefusal writes a refusal. The first one counts.
func PutRefusal(ctx context.Context, tx *store.Tx, r Refusal) error {
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO refusals (app, device, at, expires_at) VALUES (?,?,?,?) ON CONFLICT (app, device) DO NOTHING`,
		r.App, r.Device, rows.Ms(r.At), rows.Ms(r.ExpiresAt))
}

// Refused reports whether a device was refused, and its clock still runs.
func Refused(ctx context.Context, a store.App, device []byte, now time.Time) (found bool, err error) {
	q, app := a.Rows()
	if err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM refusals WHERE app = ? AND device = ? AND expires_at > ?)`, app, device, rows.Ms(now)).Scan(&found); err != nil {
		return false, fmt.Errorf("store: refusal: %w", err)
	}
	return found, nil
}

// list reads a list of codes.
func list(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(w string) bool { return w == "" })
}

func joined[T ~string](words []T) string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return strings.Join(plain, ",")
}

// flags reads choices as written: "analytics=1,diagnostics=0".
func flags(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range list(s) {
		name, value, _ := strings.Cut(w, "=")
		m[name] = value == "1"
	}
	return m
}

func written(m map[string]bool) string {
	words := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		value := "=0"
		if m[name] {
			value = "=1"
		}
		words = append(words, name+value)
	}
	return strings.Join(words, ",")
}
