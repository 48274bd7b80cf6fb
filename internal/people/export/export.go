// Package export writes the copy of everything that the server holds of a person: one ZIP file that a
// person reads offline and a program reads by a published schema.
//
// It promises that the copy is made from storage at the moment it is asked for, streams, and is whole or
// visibly broken. It never holds anything of another person, a digest or a secret, and it never loads
// anything from elsewhere when it is opened.
package export

import (
	"archive/zip"
	"context"
	_ "embed" // for the schema, the page and the texts
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/result"
)

// Format is the word by which a program knows the form of data.json.
const Format = "vow-export/1"

//go:embed schema.json
var schema []byte

//go:embed readme.txt
var readme string

// Schema returns the JSON Schema of data.json.
func Schema() []byte { return slices.Clone(schema) }

// Exporter makes copies. It is safe for concurrent use.
type Exporter struct {
	db    *store.DB
	vault *vault.Vault
	clock clock.Clock
	turns chan struct{}
}

const parallel = 2 // copies at one time

// New returns an Exporter.
func New(db *store.DB, v *vault.Vault, c clock.Clock) *Exporter {
	return &Exporter{db, v, c, make(chan struct{}, parallel)}
}

// Size says what a copy would hold.
type Size struct {
	Files int
	Bytes int64
	Rows  int
}

// Size counts what a copy of a person's data would hold right now.
func (e *Exporter) Size(ctx context.Context, who task.Who) (Size, error) {
	d, held, err := e.gather(ctx, who)
	if err != nil {
		return Size{}, err
	}
	return sizeOf(who, d, held), nil
}

// Size says what the copy holds, as far as nothing is erased while it is written.
func (c *Copy) Size() Size { return sizeOf(c.who, c.data, c.held) }

func sizeOf(who task.Who, d document, held []store.Object) Size {
	s := Size{Rows: len(d.Consents) + len(d.Transfers) + len(d.Receipts)}
	for _, list := range d.Rows {
		s.Rows += len(list)
	}
	for _, o := range held {
		if opens(who, o) {
			s.Files++
			s.Bytes += o.Bytes
		}
	}
	return s
}

// document is data.json.
type document struct {
	Format        string                  `json:"format"`
	App           privacy.AppID           `json:"app"`
	Subject       privacy.SubjectID       `json:"subject"`
	ExportedAt    time.Time               `json:"exported_at"`
	PolicyVersion string                  `json:"policy_version"`
	PolicyHash    string                  `json:"policy_hash"`
	Objects       []object                `json:"objects"`
	Intakes       []privacy.ObjectID      `json:"intakes"`
	Consents      []store.Fact            `json:"consents"`
	Transfers     []store.Fact            `json:"transfers"`
	Receipts      []store.Fact            `json:"receipts"`
	Rows          map[string][]store.Fact `json:"rows"`
}

// object is one thing that the vault holds.
type object struct {
	ID        privacy.ObjectID  `json:"id"`
	Category  privacy.Category  `json:"category"`
	Name      string            `json:"name"`
	Origin    string            `json:"origin"`
	MediaType string            `json:"media_type"`
	Bytes     int64             `json:"bytes"`
	Width     int               `json:"width,omitempty"`
	Height    int               `json:"height,omitempty"`
	Task      privacy.TaskID    `json:"task,omitempty"`
	Feature   privacy.FeatureID `json:"feature,omitempty"`
	Storage   string            `json:"storage"`
	Rule      string            `json:"rule"`
	Starts    string            `json:"starts"`
	WrittenAt time.Time         `json:"written_at"`
	DeletedBy time.Time         `json:"deleted_by"`
	File      string            `json:"file,omitempty"`
	Without   string            `json:"without_file,omitempty"`
}

// Why an object comes without its content.
const (
	onceOnly = "handed_over_once" // reading it is its end: it is had from its own address
	erased   = "erased_meanwhile"
)

// errBusy tells how long to wait, because a person who waits for a file sees nothing else.
var errBusy = fault.New(fault.Unavailable, "busy", "Other copies are being made. Try again in a minute.").With("retry_after", time.Minute)

// Copy is a copy that is about to be written. It has one of the turns until Write has ended.
type Copy struct {
	*Exporter
	who  task.Who
	data document
	held []store.Object
}

// Begin takes a turn and reads what the copy will hold. Whatever stands in its way is told here, before the
// first byte. The caller calls Write once, or nobody else has that turn.
func (e *Exporter) Begin(ctx context.Context, who task.Who) (*Copy, error) {
	select {
	case e.turns <- struct{}{}:
	default:
		return nil, errBusy
	}
	d, held, err := e.gather(ctx, who)
	if err != nil {
		<-e.turns
		return nil, err
	}
	return &Copy{e, who, d, held}, nil
}

// Write streams the copy, and gives the turn back. After an error what was written is no ZIP file.
func (c *Copy) Write(ctx context.Context, w io.Writer) error {
	defer func() { <-c.turns }()
	z := &file{zip.NewWriter(w), c.data.ExportedAt}
	if err := z.text("README.txt", readme); err != nil {
		return err
	}
	for i, o := range c.held {
		if err := c.content(ctx, z, o, &c.data.Objects[i]); err != nil {
			return err
		}
	}
	return c.finish(z, c.who, c.data)
}

// finish writes what is known only when the contents are in, and ends the file.
func (e *Exporter) finish(z *file, who task.Who, d document) error {
	page, err := page(who, d)
	if err != nil {
		return err
	}
	transfers, err := table(who, d.Transfers)
	if err != nil {
		return err
	}
	for _, write := range []func() error{
		func() error { return z.json("data.json", d) },
		func() error { return z.json("consents.json", d.Consents) },
		func() error { return z.text("transfers.csv", transfers) },
		func() error { return z.text("schema.json", string(schema)) },
		func() error { return z.text("index.html", page) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("export: end: %w", err)
	}
	return nil
}

// gather reads every fact of a person, and the objects behind them.
func (e *Exporter) gather(ctx context.Context, who task.Who) (document, []store.Object, error) {
	app, now := e.db.App(who.App()), e.clock.Now()
	facts, err := app.Facts(ctx, who.Subject)
	if err != nil {
		return document{}, nil, err
	}
	held, err := app.Objects(ctx, who.Subject)
	if err != nil {
		return document{}, nil, err
	}
	held = slices.DeleteFunc(held, func(o store.Object) bool { return o.Ending != "" || !now.Before(o.Due()) })
	d := document{
		Format: Format, App: who.App(), Subject: who.Subject, ExportedAt: now.UTC().Truncate(time.Second), PolicyVersion: who.Policy.Version(),
		PolicyHash: "sha256:" + string(who.Policy.Hash()), Objects: []object{}, Intakes: []privacy.ObjectID{},
	}
	for _, o := range held {
		d.Objects = append(d.Objects, view(who, o))
		if taken(who.Policy.Terms(), o.Category) {
			d.Intakes = append(d.Intakes, o.Object)
		}
	}
	take := func(table string) []store.Fact {
		list := facts[table]
		delete(facts, table)
		return append([]store.Fact{}, list...)
	}
	d.Consents, d.Transfers, d.Receipts = take("consents"), take("transfers"), take("receipts")
	take("objects") // they are listed with their contents
	d.Rows = facts
	words, err := written(ctx, app, who)
	if len(words) > 0 {
		d.Rows["notices"] = words
	}
	return d, held, err
}

// taken reports whether things of a category come in by an intake of the policy.
func taken(t *terms.Terms, c privacy.Category) bool {
	return slices.ContainsFunc(t.Intakes, func(i terms.Intake) bool { return i.Category == c }) ||
		slices.ContainsFunc(t.Inbound, func(i terms.Inbound) bool { return i.Category == c })
}

func view(who task.Who, o store.Object) object {
	v := object{
		ID: o.Object, Category: o.Category, Name: who.Policy.CategoryName(o.Category, "en"), Origin: origin(who.Policy.Terms(), o), MediaType: o.MediaType,
		Bytes: o.Bytes, Width: o.Width, Height: o.Height, Task: o.Task, Feature: o.Feature, Storage: string(o.Storage), Rule: o.Rule, Starts: string(o.Starts),
		WrittenAt: o.WrittenAt, DeletedBy: o.Due(),
	}
	if !opens(who, o) {
		v.Without = onceOnly
	}
	return v
}

// origin says where a thing came from: as it was told with the thing itself, or as its category says.
func origin(t *terms.Terms, o store.Object) string {
	if o.Origin != "" {
		return o.Origin
	}
	for _, d := range t.Categories {
		if d.ID == o.Category && d.Origin != "" {
			return d.Origin
		}
	}
	if privacy.HasPrefix(string(o.Object), privacy.PrefixOutput) {
		return "server"
	}
	return "subject"
}

// opens reports whether the content may be copied: what is handed over once ends with the reading.
func opens(who task.Who, o store.Object) bool {
	f, ok := who.Policy.Feature(o.Feature)
	return result.KindOf(o.MediaType) != result.Points && !(ok && f.Once && f.Result == o.Category)
}

// content copies what the vault holds, and notes its name in the file.
func (e *Exporter) content(ctx context.Context, z *file, o store.Object, v *object) error {
	if v.Without != "" {
		return nil
	}
	lease, err := e.vault.Lend(ctx, o.Ref, o.Due(), vault.Reading{Why: vault.ForSubject})
	if errors.Is(err, vault.ErrErased) {
		v.Without = erased
		return nil
	}
	if err != nil {
		return err
	}
	r, err := lease.Open()
	if errors.Is(err, vault.ErrErased) {
		v.Without = erased
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	name := "files/" + string(o.Object) + ending(o.MediaType)
	in, err := z.create(name, zip.Store)
	if err != nil {
		return err
	}
	if _, err := io.Copy(in, r); errors.Is(err, vault.ErrErased) {
		v.Without = erased
		return nil
	} else if err != nil {
		return fmt.Errorf("export: copy: %w", err)
	}
	v.File = name
	return nil
}

func ending(mediaType string) string {
	kind, _, _ := strings.Cut(mediaType, ";")
	return map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif", "video/mp4": ".mp4", "audio/mpeg": ".mp3", "audio/wav": ".wav",
		"audio/mp4": ".m4a", "audio/ogg": ".ogg", "text/plain": ".txt", "application/json": ".json",
	}[kind]
}

// file is the ZIP file that is being written.
type file struct {
	*zip.Writer
	at time.Time
}

func (z *file) create(name string, method uint16) (io.Writer, error) {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: z.at})
	if err != nil {
		return nil, fmt.Errorf("export: begin %s: %w", name, err)
	}
	return w, nil
}

func (z *file) text(name, content string) error {
	w, err := z.create(name, zip.Deflate)
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	return err
}

func (z *file) json(name string, v any) error {
	w, err := z.create(name, zip.Deflate)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("export: write %s: %w", name, err)
	}
	return nil
}
