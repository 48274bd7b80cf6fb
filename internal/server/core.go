// Package server puts the rooms together by hand, in reading order: keys, facts, vault, gates,
// recipients, pipeline, API, pages.
//
// It promises that the sweep runs before the first request is answered, that a server with a
// contradiction (an app without wiring, a placeholder contact, a root key inside the data) does not
// start, and that a stop loses nothing. It never holds a rule of its own.
package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/abuse"
	"vow.example/vow/internal/api"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/forward"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/traffic"
	"vow.example/vow/internal/queue"
	"vow.example/vow/internal/rights"
	"vow.example/vow/internal/server/backup"
	"vow.example/vow/internal/server/films"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/server/restored"
	"vow.example/vow/internal/server/storage"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/ledger"
	"vow.example/vow/internal/task/own"
	"vow.example/vow/internal/web"
)

const (
	memoryForPictures = 256 << 20 // of memory-only categories, in locked memory
	blockDistance     = 31        // bits of 256: what PDQ's authors call a match
	stopTime          = 10 * time.Second
)

// setting is everything that differs between a demonstration, a test and the real thing.
type setting struct {
	dataDir   string
	root      keyring.Root
	publicURL string
	apps      appSet
	egress    []egress.Config
	places    []storage.Place   // buckets; apps without one use files
	vendors   map[string][]byte // what vendors sign with, by app and source
	limits    map[privacy.RecipientID]traffic.Limits
	clock     clock.Clock
	log       log.Logger
	pollEvery time.Duration
	blocklist moderate.List
	demo      *api.Demo    // nil: real
	tick      func() error // after every sweep; nil: nothing
	at        func(point string)

	opsListener net.Listener // metrics and health; nil: none
}

// core is a running server without its listener.
type core struct {
	setting
	ring     *keyring.Ring
	db       *store.DB
	blobs    *storage.Stores
	vault    *vault.Vault
	egress   *egress.Egress
	links    *medialink.Book
	pool     *provider.Pool
	editions *editions.Service
	eraser   *erasure.Eraser
	tasks    *task.Service
	queue    *queue.Queue
	sweeper  *retention.Sweeper
	handler  http.Handler
	rights   *rights.Service
	abuse    *abuse.Service
	people   *people.Service
	desk     *desk.Service
	intake   *intake.Service
	forward  *forward.Service
	rules    *moderate.PromptRules
	signer   *audit.Signer
	stop     context.CancelFunc
	swept    chan error

	forwarded chan error
	restored  string // what was ended because a backup was put back, in a line
}

// build opens everything in order. On an error, what was opened is closed again.
func build(ctx context.Context, s setting) (c *core, err error) {
	c = &core{setting: s, swept: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
			c = nil
		}
	}()
	if err = c.openStores(ctx); err != nil {
		return c, err
	}
	if err = c.openEditions(ctx); err != nil {
		return c, err
	}
	c.eraser = erasure.New(erasure.Options{DB: c.db, Vault: c.vault, Ring: c.ring, Clock: s.clock, Log: s.log, Policies: c.editions, At: s.at})
	if err = c.buildTasks(ctx); err != nil {
		return c, err
	}
	if err = c.recover(ctx); err != nil {
		return c, err
	}
	return c, errors.Join(c.seedDesk(ctx), c.buildHandler())
}

func (c *core) openStores(ctx context.Context) (err error) {
	if err = os.MkdirAll(c.dataDir, 0o700); err != nil {
		return fmt.Errorf("server: data directory: %w", cause(err))
	}
	if err = backup.Unfinished(c.dataDir); err != nil {
		return err
	}
	if err = keyring.DisableCoreDumps(); err != nil {
		c.log.Error("core dumps could not be turned off", log.Code(err))
	}
	if c.ring, err = keyring.Open(filepath.Join(c.dataDir, "keyring.bin"), c.root); err != nil {
		return err
	}
	var key [64]byte
	first, second := c.ring.Subkey("database-1"), c.ring.Subkey("database-2")
	copy(key[:32], first[:])
	copy(key[32:], second[:])
	if c.db, err = store.Open(ctx, filepath.Join(c.dataDir, "vow.db"), key); err != nil {
		return err
	}
	if c.blobs, err = storage.Open(ctx, c.dataDir, c.places); err != nil {
		return err
	}
	c.vault = vault.New(c.ring, c.blobs, c.clock, memoryForPictures)
	c.signer, err = audit.NewSigner(logName, c.ring.Subkey("audit-signer"))
	return err
}

const logName = "vow/log"

func (c *core) buildTasks(ctx context.Context) (err error) {
	c.links = medialink.NewBook(c.publicURL+linkPath, clock.Real{}, fetches{ledger.Links{DB: c.db, Eraser: c.eraser}, c.clock})
	if err = c.reachable(); err != nil {
		return err
	}
	configs := slices.Clone(c.setting.egress)
	for i := range configs {
		configs[i].Links, configs[i].CallbackBase = c.links, c.publicURL+hookPath
	}
	if c.egress, err = egress.New(configs, c.log); err != nil {
		return err
	}
	if c.pool, err = provider.NewPool(c.egress, c.apps.wiring, recipients.Drivers()); err != nil {
		return err
	}
	c.pool.Govern(traffic.New(clock.Real{}, c.limits, pauses{c.dataDir}))
	engine, eyes := films.Find()
	gates, err := c.gates(eyes)
	if err != nil {
		return err
	}
	reads, err := advice.New()
	if err != nil {
		return err
	}
	c.buildPeople()
	c.buildForward()
	if err = c.buildIntake(); err != nil {
		return err
	}
	c.tasks = task.New(task.Options{
		Standing: c.people.StandingOf, Reported: c.intake.Reported, MayReceive: c.people.MayReceive, Offers: c.offers, Ended: c.tellEnded, Paced: c.abuse.Task,
		DB: c.db, Vault: c.vault, Ring: c.ring, Eraser: c.eraser, Providers: c.pool, Gates: gates, Policies: c.editions, Links: c.links,
		Clock: c.clock, Log: c.log, Own: own.Engine{Films: engine, Materials: c.apps.materialsOf}, Advice: reads, HookURL: c.hooks(), PollEvery: c.pollEvery, GiveUp: giveUp, At: c.at,
	})
	c.rights = &rights.Service{DB: c.db, Vault: c.vault, Eraser: c.eraser, Tasks: c.tasks, Clock: c.clock}
	c.buildDesk()
	if c.queue, err = queue.New(ctx, c.db.Writer(), c.tasks.Work); err != nil {
		return err
	}
	c.tasks.Attach(c.queue)
	return nil
}

// giveUp is how long a recipient is asked about a job before the task fails.
const giveUp = 30 * time.Minute

func (c *core) gates(eyes moderate.Frames) (map[string]review.Gate, error) {
	var options []moderate.Option
	if c.demo != nil {
		options = append(options, moderate.Demo())
	}
	rules, err := moderate.NewPromptRules(options...)
	if err != nil {
		return nil, err
	}
	c.rules = rules
	decode := func(ctx context.Context, r io.Reader) (image.Image, error) {
		img, _, err := media.Open(ctx, r, media.Limits{})
		if err != nil {
			return nil, err
		}
		return img, nil
	}
	pictures := moderate.NewPictureGate(decode, c.blocklist, blockDistance).WithFrames(eyes)
	return map[string]review.Gate{rules.Name(): rules, pictures.Name(): pictures}, nil
}

// recover finishes what an earlier process left, ends what a backup has brought back, sweeps, and only then
// lets work begin.
func (c *core) recover(ctx context.Context) (err error) {
	if err := c.eraser.Recover(ctx); err != nil {
		return err
	}
	if c.restored, err = restored.Settle(ctx, restored.Parts{
		Data: c.dataDir, DB: c.db, Eraser: c.eraser, Policies: c.editions, Clock: c.clock, Apps: c.apps.order, EndTasks: c.tasks.EndRestored, At: c.point,
	}); err != nil {
		return err
	}
	c.sweeper = retention.NewSweeper(c.clock, due{c.editions, c.desk, c.eraser, c.tasks, c.blobs, c.tick}, c.log)
	if _, err := c.sweeper.Sweep(ctx); err != nil {
		return err
	}
	if _, err := c.tasks.Recover(ctx); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	if err := c.queue.Start(running); err != nil {
		stop()
		return fmt.Errorf("server: start work: %w", err)
	}
	c.stop = stop
	go func() { c.swept <- c.sweeper.Run(running) }()
	return c.startForward(ctx, running)
}

func (c *core) buildHandler() error {
	if c.demo != nil {
		c.demo.Sweep = c.sweeper.Sweep
	}
	handler, err := api.New(api.Options{
		DB: c.db, Vault: c.vault, Tasks: c.tasks, Eraser: c.eraser, Policies: c.editions, Order: c.apps.order, Keys: c.apps.keys,
		Rights: c.rights, Standing: c.people.Present, StaffOf: deskStaff(c.desk), Offers: c.offers, Groups: []func(*rest.Server){c.deskRoutes(), c.peopleRoutes(), c.intakeRoutes, c.talkRoutes(), c.editionRoutes},
		Signer: c.signer, Origin: logName, PublicURL: c.publicURL, Clock: c.clock, Log: c.log, Demo: c.demo, Digest: c.digest, Explain: c.explain, Advise: c.rules.Advise, Marks: c.marks,
		Materials: c.apps.materialsOf,
	})
	if err != nil {
		return err
	}
	pages, err := web.New(web.Options{
		API: handler, Clock: c.clock, Demo: c.demo != nil, PublicURL: c.publicURL, Samples: samples.FS(), VerifyReceipt: c.verify, Anonymous: c.apps.keyOf,
	})
	if err != nil {
		return err
	}
	c.handler = split(handler, c.links, c.operators(), rest.Located(pages))
	return nil
}

// digest stands for a credential in the database.
func (c *core) digest(token string) []byte {
	key := c.ring.Subkey("sessions")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(token))
	return mac.Sum(nil)
}

func (c *core) explain(rule string, lang privacy.Lang) string {
	title, text := c.rules.Explain(rule, lang)
	if lang == "zh-Hans" {
		return title + "。" + text
	}
	return title + ". " + text
}

func (c *core) marks(rule string, field privacy.Field, text string) (list []client.Mark) {
	for _, m := range c.rules.Marks(rule, field, text) {
		list = append(list, client.Mark(m))
	}
	return list
}

func (c *core) verify(r client.Receipt) ([]web.Check, bool) {
	report, err := evidence.VerifyReceipt(r, c.signer.VerifierKey())
	checks := make([]web.Check, len(report.Checks))
	for i, check := range report.Checks {
		checks[i] = web.Check{Name: check.Name, OK: check.OK, Detail: check.Detail}
	}
	return checks, err == nil && report.OK
}

// close stops work, waits for it, and closes everything.
func (c *core) close() error {
	var errs []error
	if c.stop != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		errs = append(errs, c.queue.Stop(ctx))
		c.stop()
		errs = append(errs, c.stopForward())
		if err := <-c.swept; !errors.Is(err, context.Canceled) {
			errs = append(errs, err)
		}
	}
	if c.egress != nil {
		c.egress.Close()
	}
	if c.db != nil {
		errs = append(errs, c.db.Close())
	}
	if c.blobs != nil {
		errs = append(errs, c.blobs.Close())
	}
	if c.ring != nil {
		errs = append(errs, c.ring.Close())
	}
	return errors.Join(errs...)
}

// cause drops the path from a file error: paths do not belong into messages.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
