package intake

import (
	"context"
	"errors"
	"maps"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// judge decides by what a person has chosen. It is asked before a thing is sealed, and again in the
// transaction that keeps it: sealing takes its time, and a choice counts from the moment at which it is made.
type judge func(facts.Profile) error

// errUnwanted says that the person has switched a thing off, or objects to what it is for.
var errUnwanted = errors.New("intake: the person does not want this to be taken")

var errRestricted = fault.New(fault.Refused, "processing-restricted", "Processing of your data is restricted. Your rights remain.")

// allows returns the judge of a batch: a refusal, errUnwanted or nil. Whoever restricts processing can still
// write to support.
func allows(who task.Who, b batch) judge {
	return func(p facts.Profile) error {
		if p.Restriction != "" && b.intake.Kind != terms.Support {
			return errRestricted.With("rule", p.Restriction)
		}
		if err := permitted(p, b); err != nil {
			return err
		}
		if !wanted(who.Policy.Terms(), p, b.intake) {
			return errUnwanted
		}
		return nil
	}
}

// every asks several judges.
func every(list []batch, who task.Who) judge {
	return func(p facts.Profile) error {
		for _, b := range list {
			if err := allows(who, b)(p); err != nil {
				return err
			}
		}
		return nil
	}
}

// unlessUnwanted turns errUnwanted into nil: nobody is told.
func unlessUnwanted(err error) error {
	if err == errUnwanted { //nolint:errorlint // the judges return it unwrapped, and so does keep where it left nothing
		return nil
	}
	return err
}

// permitted refuses fields whose permission the device has not reported as granted (KME-C-02).
func permitted(p facts.Profile, b batch) error {
	if lacking(p, b.intake.Permission) {
		return lacks(b.intake.Permission, "", b.intake.Clause)
	}
	for _, a := range b.answers {
		needs := a.Needs()
		for _, field := range slices.Sorted(maps.Keys(needs)) {
			if lacking(p, needs[field]) {
				return lacks(needs[field], "/data/"+field, b.intake.Clause)
			}
		}
	}
	return nil
}

// lacking reports whether a permission is needed and not reported as granted.
func lacking(p facts.Profile, permission string) bool {
	return permission != "" && !p.Permissions[permission]
}

// lacks is the refusal for want of a permission of the device.
func lacks(permission, pointer, clause string) error {
	err := fault.New(fault.Conflict, "permission-required", "This needs a permission of the device that was not reported as granted. Nothing of the call was kept.").
		With("errors", []task.FieldError{{Pointer: pointer, Code: permission, Detail: "The permission is called " + permission + "."}})
	if clause != "" {
		err = err.With("rule", clause)
	}
	return err
}

// wanted reports whether the person lets this be taken: its switch is on and its purpose not objected to.
func wanted(t *terms.Terms, p facts.Profile, in terms.Intake) bool {
	return SwitchOn(t, p.Switches, in.Switch) && !slices.Contains(p.Objections, in.Purpose)
}

// SwitchOn reports whether a switch is on: as the person has set it, or as the policy presets it. No switch
// is always on; one that the policy does not list is off.
func SwitchOn(t *terms.Terms, set map[string]bool, id string) bool {
	if id == "" {
		return true
	}
	w, listed := t.Switch(id)
	if v, said := set[id]; said && listed {
		return v
	}
	return listed && w.Default
}

// network returns the address of the other end for the fields that ask for it: whole, and its beginning.
func (s *Service) network(c Call, in terms.Intake, platform terms.Platform) (whole, prefixes map[string]string) {
	fields := s.sheet(c.Who, in, in.Fields, platform, "").Addresses()
	if !c.Peer.IsValid() || len(fields) == 0 {
		return nil, nil
	}
	whole, prefixes = map[string]string{}, map[string]string{}
	for _, f := range fields {
		whole[f.ID], prefixes[f.ID] = c.Peer.Unmap().WithZone("").String(), form.Prefix(c.Peer)
	}
	return whole, prefixes
}

// Reported returns what a subject's device has told about a permission.
func (s *Service) Reported(ctx context.Context, app privacy.AppID, subject privacy.SubjectID, permission string) (granted, reported bool, err error) {
	p, err := facts.ProfileOf(ctx, s.DB.App(app), subject, s.Clock.Now())
	granted, reported = p.Permissions[permission]
	return granted, reported, gone(err)
}

// Choices returns the permissions that the device has reported, and every switch of the policy as it stands.
func (s *Service) Choices(ctx context.Context, who task.Who) (permissions, switches map[string]bool, err error) {
	p, err := s.profile(ctx, who)
	switches = map[string]bool{}
	for _, w := range who.Policy.Terms().Switches {
		switches[w.ID] = SwitchOn(who.Policy.Terms(), p.Switches, w.ID)
	}
	return p.Permissions, switches, err
}
