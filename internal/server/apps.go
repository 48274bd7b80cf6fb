package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"

	"vow.example/vow/apps"
	"vow.example/vow/internal/effects/showcase"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/task/own"
)

// appSet is every app of the server.
type appSet struct {
	policies  map[privacy.AppID]*policy.Policy
	wiring    map[privacy.AppID]provider.Wiring
	order     []privacy.AppID
	keys      map[string]privacy.AppID
	materials map[privacy.AppID]fs.FS // drawn things that an app brings along, in its folder
}

// loadApps reads every app of a folder, or the built-in ones. All errors come at once.
func loadApps(dir, keyKind string) (appSet, error) {
	var files fs.FS = apps.FS
	if dir != "" {
		files = os.DirFS(dir)
	}
	set := appSet{keys: map[string]privacy.AppID{}, materials: map[privacy.AppID]fs.FS{}}
	var err error
	if dir == "" {
		set.policies, err = policy.LoadFS(files)
	} else {
		set.policies, err = policy.LoadDir(dir)
	}
	if err != nil {
		return set, err
	}
	if set.wiring, err = provider.LoadWiring(files); err != nil {
		return set, err
	}
	var problems []error
	for id, p := range set.policies {
		set.order = append(set.order, id)
		set.keys[keyKind+string(id)] = id
		if set.materials[id], err = fs.Sub(files, string(id)); err != nil {
			return set, err
		}
		if err := set.wiring[id].Check(p); err != nil {
			problems = append(problems, fmt.Errorf("server: %s: %w", id, err))
		}
	}
	sort.Slice(set.order, func(i, j int) bool { return set.order[i] > set.order[j] })
	return set, errors.Join(append(problems, set.checkAllOwn())...)
}

// checkAllOwn reports every feature that asks the own engine for what it does not have.
func (a appSet) checkAllOwn() error {
	var errs []error
	for _, id := range a.order {
		errs = append(errs, a.checkOwn(a.policies[id]))
	}
	return errors.Join(errs...)
}

// checkOwn reports what the features of one policy lack.
func (a appSet) checkOwn(p *policy.Policy) error {
	var errs []error
	for _, f := range p.Features() {
		_, _, sample := showcase.Of(a.materials[p.App()], string(f.ID))
		if err := errors.Join(sample, (own.Engine{}).Check(f, a.materials[p.App()])); err != nil {
			errs = append(errs, fmt.Errorf("server: %s: %w", p.App(), err))
		}
	}
	return errors.Join(errs...)
}

// materialsOf returns the drawn things that an app brought along.
func (a appSet) materialsOf(app privacy.AppID) fs.FS { return a.materials[app] }

// recipients lists everyone that a live feature would send to.
func (a appSet) recipients() []privacy.RecipientID {
	seen := map[privacy.RecipientID]bool{}
	var list []privacy.RecipientID
	for _, id := range a.order {
		for _, f := range a.policies[id].Features() {
			if f.Live && !f.IsLocal() && !seen[f.Recipient] {
				seen[f.Recipient] = true
				list = append(list, f.Recipient)
			}
		}
	}
	return list
}

// driverOf returns the driver that wiring names for a recipient.
func (a appSet) driverOf(id privacy.RecipientID) string {
	for _, app := range a.order {
		if route, ok := a.wiring[app][id]; ok {
			return route.Driver
		}
	}
	return ""
}

// nameOf returns the name by which the first app that knows a recipient calls it.
func (a appSet) nameOf(id privacy.RecipientID) string {
	for _, app := range a.order {
		if r, ok := a.policies[app].Recipient(id); ok {
			return r.Name.In("en")
		}
	}
	return string(id)
}

// keyOf returns the publishable key of an app.
func (a appSet) keyOf(app string) string {
	for key, id := range a.keys {
		if string(id) == app {
			return key
		}
	}
	return ""
}
