package main

import (
	"context"
	"fmt"

	"vow.example/vow/internal/server"
	"vow.example/vow/internal/server/backup"
)

type backupCmd struct {
	Create  backupCreateCmd  `cmd:"" help:"Copy the data directory of a stopped server, without its keys."`
	Restore backupRestoreCmd `cmd:"" help:"Put a backup back beside the keys of a stopped server."`
}

// backupFlags say which server's data is meant.
type backupFlags struct {
	Config  string `help:"Configuration file of the server." type:"existingfile" placeholder:"FILE"`
	DataDir string `help:"Data directory of the server." name:"data-dir" placeholder:"DIR"`
}

func (f backupFlags) options(apps string) server.ServeOptions {
	return server.ServeOptions{ConfigFile: f.Config, DataDir: f.DataDir, AppsDir: apps}
}

type backupCreateCmd struct {
	backupFlags
	Apps   string `help:"Folder of apps; the built-in ones when left out." type:"existingdir" placeholder:"DIR"`
	To     string `help:"Folder to make for the backup." required:"" placeholder:"DIR"`
	Region string `help:"Where that folder lies: a country such as US, or a region such as us-east-1." required:"" placeholder:"REGION"`
}

// Help shows an example.
func (backupCreateCmd) Help() string {
	return `The server must be stopped. A region outside the countries that the policy of any of its apps pins storage
to is refused before anything is written. That the folder really lies there is your word.

The backup holds ciphertext and no key: keyring.bin is never copied, nor is the root key. So nobody can open
it by itself, and what ends, ends in it too. Of what lies in a bucket it holds the headers alone; the
contents are in the bucket, and a bucket keeps no copies of what was erased.

Example:
  vow backup create --config /etc/vow/vow.yaml --to /backup/2026-11-22 --region US
  vow backup create --data-dir /var/lib/vow --apps /etc/vow/apps --to /backup/2026-11-22 --region us-east-1`
}

// Run makes a backup.
func (c *backupCreateCmd) Run(ctx context.Context, o output) error {
	m, err := server.CreateBackup(ctx, c.options(c.Apps), c.To, c.Region)
	if err != nil {
		return err
	}
	return o.print(summaryOf(m, c.To), fmt.Sprintf("%s, in %s.\nNo key is in it: keep keyring.bin where it is, and the root key where it is.", described(m, "Copied"), m.Region))
}

type backupRestoreCmd struct {
	backupFlags
	From string `help:"Folder of the backup." required:"" type:"existingdir" placeholder:"DIR"`
}

// Help shows an example.
func (backupRestoreCmd) Help() string {
	return `The server must be stopped, and its data directory must hold nothing but keyring.bin: move everything else
away. Every file is compared with the manifest before any of it is there; a restore that was cut off is run
again, and no server starts before that.

What was erased since the backup is not brought back. keyring.bin remembers it: such things cannot be opened,
and the next start erases them again, accounts with all that is theirs, before anybody is answered. Nothing of
then is acted upon: that start also ends every task that was under way, every consent, every link to a work and
every credential of staff, drops what waits to leave, and switches off what people had on; people are asked
anew. What nobody ended is as it was then: a session signed out, a restriction set since, an order.
The audit log goes back too, and whoever kept a later checkpoint will see that: say publicly that you did it.
Contents in a bucket that no header here leads to any more are told by vow doctor --online.

Example:
  vow backup restore --config /etc/vow/vow.yaml --from /backup/2026-11-22`
}

// Run puts a backup back.
func (c *backupRestoreCmd) Run(ctx context.Context, o output) error {
	m, err := server.RestoreBackup(ctx, c.options(""), c.From)
	if err != nil {
		return err
	}
	return o.print(summaryOf(m, c.From), fmt.Sprintf("%s, as of %s.\nWhat was erased since is erased again when the server starts, before it answers; tasks, consents, links and staff credentials of then end, and it says how many.", described(m, "Put back"), m.Created.Format("2006-01-02 15:04 MST")))
}

func described(m backup.Manifest, done string) string {
	return fmt.Sprintf("%s %s, %d bytes, of %s", done, counted(len(m.Files), "file"), m.Bytes(), counted(len(m.Apps), "app"))
}

// backupLine is the JSON form of what was done.
type backupLine struct {
	OK      bool         `json:"ok"`
	Path    string       `json:"path"`
	Created string       `json:"created"`
	Region  string       `json:"region"`
	Files   int          `json:"files"`
	Bytes   int64        `json:"bytes"`
	Apps    []backup.App `json:"apps"`
}

func summaryOf(m backup.Manifest, path string) backupLine {
	return backupLine{true, path, m.Created.Format("2006-01-02T15:04:05Z07:00"), m.Region, len(m.Files), m.Bytes(), m.Apps}
}
