package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/server/backup"
	"vow.example/vow/internal/server/storage"
)

// CreateBackup copies the data directory of a server that does not run, without the keys, into a new
// folder that lies in a region. It refuses a region outside the storage pin of any app before anything is
// written (WIZ-3-01: "kept inside the United States", backups too).
func CreateBackup(ctx context.Context, o ServeOptions, to, region string) (backup.Manifest, error) {
	c, err := o.dataOnly()
	if err != nil {
		return backup.Manifest{}, err
	}
	set, err := loadApps(c.Apps, "pk_live_")
	if err != nil {
		return backup.Manifest{}, err
	}
	if err := storage.RefuseBackup(region, set.policies); err != nil {
		return backup.Manifest{}, fmt.Errorf("backup: %w", err)
	}
	order := backup.Order{Data: c.DataDir, To: to, Region: region, Created: clock.Real{}.Now()}
	for _, app := range set.order {
		order.Apps = append(order.Apps, backup.App{App: app, Policy: set.policies[app].Hash()})
	}
	return backup.Create(ctx, order)
}

// RestoreBackup puts a backup back beside the keys of a server that does not run.
func RestoreBackup(ctx context.Context, o ServeOptions, from string) (backup.Manifest, error) {
	c, err := o.dataOnly()
	if err != nil {
		return backup.Manifest{}, err
	}
	return backup.Restore(ctx, from, c.DataDir)
}

// dataOnly is the configuration of a command that needs the data directory and no key. A root key inside
// the directory is refused: it would go along.
func (o ServeOptions) dataOnly() (config, error) {
	c, err := o.file()
	if err != nil {
		return c, err
	}
	if c.DataDir == "" {
		return c, errors.New("server: data_dir is missing: give --data-dir or set it in the configuration file")
	}
	if path, ok := strings.CutPrefix(c.RootKey, "file:"); ok {
		return c, keyring.RefuseInside(path, c.DataDir)
	}
	return c, nil
}
