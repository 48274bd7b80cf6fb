package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
)

// newFaceCanary is a photo with a face, of bytes of its own, dressed like every canary.
func newFaceCanary(t *testing.T, name string, quality int) *canary {
	t.Helper()
	raw, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	c := &canary{name: name, hidden: map[string]string{}}
	c.dress(b.Bytes(), 1)
	return c
}

// TestForgetProofOfTheOwnEngine follows a photo of a face through a swap in memory, and another, which
// rests for a day, through points that are handed over once. It moves the process's streams, so it runs
// alone.
func TestForgetProofOfTheOwnEngine(t *testing.T) {
	f := startForgetting(t)
	swapped := f.swap()
	from, photo, id := f.handOver()
	f.at(from.Add(23 * time.Hour))
	f.opens("the photo of a portrait", id, source(photo))
	f.at(from.Add(24 * time.Hour))
	f.gone("the photo of a portrait", id, source(photo))
	f.at(swapped.from.Add(29 * 24 * time.Hour))
	f.opens("a swap", swapped.object, swapped.is)
	f.at(swapped.from.Add(30 * 24 * time.Hour))
	f.gone("a swap after 30 days", swapped.object, swapped.is)
	f.empty()
	f.nothingFound()
	if n := len(f.wire.arrivals("")); n > 0 {
		t.Errorf("%d calls went out", n)
	}
}

// made orders a work of one photo, stops when the photo was analysed, and returns how it ended.
func (f *forgetting) made(p *person, feature string, photo string) (k client.Task) {
	f.t.Helper()
	drawing := f.stage.hold("make.analysed")
	p.post("/v1/tasks", client.TaskCreate{
		Feature: feature, Consent: p.agree(feature), Inputs: []client.TaskInput{{Role: "photo", Upload: photo}},
	}).want(http.StatusAccepted, &k)
	drawing.wait(f.t)
	f.step("while " + feature + " is made")
	if p.get("/v1/uploads/"+photo).status == http.StatusGone {
		f.gone("a face while "+feature+" is made", photo, nil)
	}
	drawing.release()
	return p.until(k.ID, "succeeded")
}

// swap is AI Fitting's face swap: the photo was in memory only; its number goes with the task.
func (f *forgetting) swap() kept {
	f.t.Helper()
	photo := f.watch.picture(f.t, newFaceCanary(f.t, "swap", 93))
	p := f.visitor("aifitting", "swap")
	u := p.uploadFile(photo.picture, "canary-file-name-of-swap.jpg")
	f.watch.secret("file name", []byte("canary-file-name-of-swap"))
	f.opens("a face in memory", u.ID, source(photo))
	k := f.made(p, "face_swap", u.ID)
	f.gone("a face after a swap", u.ID, source(photo))
	if f.watch.ever(u.ID) {
		f.t.Error("a face was on disk")
	}
	out := k.Outputs[0]
	shown := p.get(out.ContentURL)
	shown.want(http.StatusOK, nil)
	f.watch.secret("a swap", piece(shown.body))
	number := out.AILabel.ProduceID
	f.watch.secret("number of a swap", []byte(number))
	if number == "" || !bytes.Contains(shown.body, []byte(number)) || len(f.tables(number)) == 0 {
		f.t.Errorf("control: the number %q is in the file and in the task's row, which says %v", number, f.tables(number))
	}
	is := func(plain []byte) bool { return bytes.Equal(plain, shown.body) }
	f.opens("a swap", out.ID, is)

	second := p.uploadFile(newFaceCanary(f.t, "swap again", 91).picture, "again.jpg")
	again := f.made(p, "face_swap", second.ID)
	if other := again.Outputs[0].AILabel.ProduceID; other == number || other == "" {
		f.t.Errorf("two works have the number %q", other)
	} else {
		p.delete("/v1/tasks/"+again.ID).want(http.StatusOK, nil)
		if where := f.tables(other); len(where) > 0 {
			f.t.Errorf("the number of an erased task is in %v", where)
		}
	}
	return kept{object: out.ID, is: is, from: out.CreatedAt}
}

// handOver is Picwiz' way to the person's own device: the points are in memory, read once, and gone.
func (f *forgetting) handOver() (from time.Time, photo *canary, id string) {
	f.t.Helper()
	photo = f.watch.picture(f.t, newFaceCanary(f.t, "portrait", 89))
	p := f.visitor(picwiz, "portrait")
	u := p.uploadFile(photo.picture, "canary-file-name-of-portrait.jpg")
	f.watch.secret("file name", []byte("canary-file-name-of-portrait"))
	for _, name := range []string{`"left_pupil":[`, `"forehead_top":[`, "vow/points/1"} {
		f.watch.secret("points", []byte(name))
	}
	k := f.made(p, "portrait_points", u.ID)
	f.opens("the photo of a portrait", u.ID, source(photo))
	out := k.Outputs[0].ID
	f.opens("points in memory", out, holds(`"left_pupil":[`))
	got := p.get(k.Outputs[0].ContentURL)
	got.want(http.StatusOK, nil)
	f.gone("points after they were handed over", out, holds(`"left_pupil":[`))
	var record struct {
		Faces []struct{ Hair struct{ Mask []byte } }
	}
	if err := json.Unmarshal(got.body, &record); err != nil || len(record.Faces) == 0 || len(record.Faces[0].Hair.Mask) < 100 {
		f.t.Fatalf("no outline of the hair: %v %.80s", err, got.body)
	}
	f.watch.secret("outline of the hair", piece(record.Faces[0].Hair.Mask))
	f.watch.secret("points", piece(got.body))
	p.get(k.Outputs[0].ContentURL).refused(http.StatusGone, "erased")
	f.step("after points were handed over")
	if f.watch.ever(out) {
		f.t.Error("points were on disk")
	}
	if where := f.tables("left_pupil"); len(where) > 0 || len(f.tables(k.ID)) == 0 {
		f.t.Errorf("points are in %v; control: the task is in %v", where, f.tables(k.ID))
	}
	return *k.EndedAt, photo, u.ID
}

// tables lists the columns of the open database that hold a text somewhere.
func (f *forgetting) tables(text string) (found []string) {
	f.t.Helper()
	db := f.core.db.Writer()
	columns, err := db.QueryContext(f.t.Context(), `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`)
	if err != nil {
		f.t.Fatal(err)
	}
	var all [][2]string
	for columns.Next() {
		var c [2]string
		if err := columns.Scan(&c[0], &c[1]); err != nil {
			f.t.Fatal(err)
		}
		all = append(all, c)
	}
	if err := columns.Close(); err != nil || len(all) < 50 {
		f.t.Fatal("the tables cannot be read", len(all), err)
	}
	for _, c := range all {
		var n int
		query := fmt.Sprintf(`SELECT count(*) FROM %q WHERE instr(CAST(%q AS TEXT), ?1) > 0 OR instr(CAST(%q AS BLOB), CAST(?1 AS BLOB)) > 0`, c[0], c[1], c[1])
		if err := db.QueryRowContext(f.t.Context(), query, text).Scan(&n); err != nil {
			f.t.Fatal(query, err)
		}
		if n > 0 {
			found = append(found, strings.Join(c[:], "."))
		}
	}
	return found
}
