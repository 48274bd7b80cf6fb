package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
)

// guarded is a log that several may write to.
type guarded struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (g *guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.Write(p)
}

func (g *guarded) text() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.String()
}

// dump writes every cell of the database as text.
func dump(t *testing.T, c *core) string {
	t.Helper()
	var out strings.Builder
	tables, err := c.db.Writer().QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := tables.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		cells, err := c.db.Writer().QueryContext(t.Context(), `SELECT * FROM "`+name+`"`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := cells.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for cells.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new([]byte)
			}
			if err := cells.Scan(row...); err != nil {
				t.Fatal(err)
			}
			for i := range row {
				fmt.Fprintf(&out, "%s.%s=%s\n", name, columns[i], *row[i].(*[]byte))
			}
		}
		if err := cells.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// What a rule was about is a name in the database and a mark in the owner's own text: nowhere else are
// the words, and for nobody else.
func TestTheCauseOfABlockIsShownToItsOwnerAndIsNowhereElse(t *testing.T) {
	t.Parallel()
	const written = "雪中 canaryquietwords, test:block canarylastwords"
	clk, logged := clock.NewFast(1), &guarded{}
	dir := t.TempDir()
	h := rebuild(t, newOutside(t, clk), plot{dir: dir, root: newRoot(), clock: clk, log: logged})
	p, stranger := h.person(t, pixplus), h.person(t, pixplus)
	k := p.until(p.begin(newCanary(t, "cause", 1).picture, written).ID, "blocked")
	if k.Review == nil || k.Review.Field != "prompt" || k.Review.FieldLabel == "" || k.Review.Change == "" || k.Review.Rule != "R-00" {
		t.Fatalf("%+v", k.Review)
	}
	var texts client.Page[client.TaskText]
	p.get("/v1/tasks/"+k.ID+"/texts").want(http.StatusOK, &texts)
	if len(texts.Data) != 1 || texts.Data[0].Text != written || texts.Data[0].Label != k.Review.FieldLabel || len(texts.Data[0].Marks) != 1 {
		t.Fatalf("%+v", texts.Data)
	}
	if m := texts.Data[0].Marks[0]; string([]rune(written)[m.From:m.To]) != "test:block" {
		t.Errorf("%+v is marked", m)
	}
	stranger.get("/v1/tasks/"+k.ID+"/texts").refused(http.StatusNotFound, "not-found")
	other := h.person(t, "mixoo")
	other.get("/v1/tasks/"+k.ID+"/texts").refused(http.StatusNotFound, "not-found")
	nobody := &person{t: t, url: h.url, header: http.Header{}}
	if r := nobody.get("/v1/tasks/" + k.ID + "/texts"); r.status != http.StatusUnauthorized {
		t.Errorf("without a credential: %d", r.status)
	}
	whole, err := json.Marshal(p.task(k.ID))
	if err != nil {
		t.Fatal(err)
	}
	rows := dump(t, h.core)
	if !strings.Contains(rows, "verdicts.field=prompt\n") {
		t.Error("the database does not say which part it was")
	}
	for where, said := range map[string]string{"the task": string(whole), "the database": rows, "the log": logged.text()} {
		for _, word := range []string{"canaryquietwords", "canarylastwords", "雪中", "test:block"} {
			if strings.Contains(said, word) {
				t.Errorf("%s holds %q", where, word)
			}
		}
	}
	secrets := newFinder()
	for _, word := range []string{"canaryquietwords", "canarylastwords"} {
		secrets.add(word, []byte(word))
	}
	for _, found := range secrets.under(dir) {
		t.Errorf("on the disk: %s", found)
	}
	if n := len(h.wire.arrivals("")); n > 0 {
		t.Errorf("the recipient was called %d times", n)
	}
	h.later(t, 25*time.Hour)
	p.signIn(pixplus)
	if r := p.get("/v1/tasks/" + k.ID + "/texts"); bytes.Contains(r.body, []byte("canary")) {
		t.Errorf("the words outlive their clock: %d %s", r.status, r.body)
	}
}

func TestAfterItsClockThePartIsNamedAndTheWordsAreGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	k := p.until(p.begin(newCanary(t, "gone", 1).picture, "so test:block it is").ID, "blocked")
	h.clock.Advance(23 * time.Hour)
	var before, after client.Page[client.TaskText]
	if p.get("/v1/tasks/"+k.ID+"/texts").want(http.StatusOK, &before); len(before.Data) != 1 {
		t.Errorf("before its time the text is gone: %+v", before)
	}
	h.clock.Advance(90 * time.Minute) // nobody has swept: reading compares times
	if p.get("/v1/tasks/"+k.ID+"/texts").want(http.StatusOK, &after); len(after.Data) != 0 {
		t.Errorf("after its time the text is there: %+v", after)
	}
	if k := p.task(k.ID); k.Review == nil || k.Review.Field != "prompt" || k.Review.Change == "" {
		t.Errorf("%+v", k.Review)
	}
}
