package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/recipients"
)

// RecipientLine is one recipient as the operator sees it.
type RecipientLine struct {
	ID       string   `json:"id"`
	Driver   string   `json:"driver"`
	Address  string   `json:"address"` // empty: not configured
	State    string   `json:"state"`   // "configured", "paused", "unconfigured"
	Features []string `json:"features"`
	Lapses   []string `json:"lapses,omitempty"` // contracts that have lapsed, or do within thirty days, by app
}

// Recipients lists every recipient that a live feature would send to.
func Recipients(o ServeOptions) ([]RecipientLine, error) {
	conf, err := o.file()
	if err != nil {
		return nil, err
	}
	set, err := loadApps(conf.Apps, "pk_live_")
	if err != nil {
		return nil, err
	}
	lapses := recipients.Lapses(set.policies, set.order, clock.Real{}.Now())
	var list []RecipientLine
	for _, id := range set.recipients() {
		c, known := conf.Recipients[id]
		line := RecipientLine{ID: string(id), Driver: set.driverOf(id), Address: c.Address(), State: "configured", Features: set.featuresOf(id), Lapses: recipients.Told(lapses, id)}
		if paused, _ := (pauses{conf.DataDir}).Paused(id); paused {
			line.State = "paused"
		} else if !known {
			line.State = "unconfigured"
		}
		list = append(list, line)
	}
	return list, nil
}

// featuresOf lists the live features that send to a recipient, as APP/FEATURE.
func (a appSet) featuresOf(id privacy.RecipientID) []string {
	var list []string
	for _, app := range a.order {
		for _, f := range a.policies[app].Features() {
			if f.Live && f.Recipient == id {
				list = append(list, string(app)+"/"+string(f.ID))
			}
		}
	}
	return list
}

// pauses are the operator's orders not to send to a recipient: one empty file each, so that the
// command reaches a running server without any other channel.
type pauses struct{ dataDir string }

func (p pauses) file(id privacy.RecipientID) string {
	return filepath.Join(p.dataDir, "paused", string(id))
}

// Paused reports whether a recipient is paused, and since when.
func (p pauses) Paused(id privacy.RecipientID) (bool, time.Time) {
	if p.dataDir == "" {
		return false, time.Time{}
	}
	info, err := os.Stat(p.file(id))
	switch {
	case err == nil:
		return true, info.ModTime()
	case errors.Is(err, os.ErrNotExist):
		return false, time.Time{}
	default: // whoever ordered the pause left a folder that we may not read: a pause all the same
		return true, time.Time{}
	}
}

// PauseRecipient pauses or resumes a recipient of the server with that data directory.
func PauseRecipient(o ServeOptions, name string, paused bool) error {
	conf, err := o.file()
	if err != nil {
		return err
	}
	if conf.DataDir == "" {
		return errors.New("server: data_dir is missing: give --data-dir or --config")
	}
	home, err := os.Stat(conf.DataDir)
	if err != nil || !home.IsDir() {
		return errors.New("server: the data directory does not exist")
	}
	set, err := loadApps(conf.Apps, "pk_live_")
	if err != nil {
		return err
	}
	id := privacy.RecipientID(name)
	if !slices.Contains(set.recipients(), id) {
		return fmt.Errorf("server: no live feature sends to %q; there is: %s", name, strings.ReplaceAll(strings.Trim(fmt.Sprint(set.recipients()), "[]"), " ", ", "))
	}
	file := pauses{conf.DataDir}.file(id)
	if !paused {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("server: resume: %w", cause(err))
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("server: pause: %w", cause(err))
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return fmt.Errorf("server: pause: %w", cause(err))
	}
	if owner, ok := home.Sys().(*syscall.Stat_t); ok { // the server may run as another user than we do
		_ = os.Chown(filepath.Dir(file), int(owner.Uid), int(owner.Gid))
		_ = os.Chown(file, int(owner.Uid), int(owner.Gid))
	}
	return nil
}
