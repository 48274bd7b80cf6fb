package guarantees

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"maps"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	_ "golang.org/x/image/webp"

	"vow.example/vow/client"
)

// preview asks for a small version of a result: preview FEATURE [ROLE=FILE …] [NAME=VALUE …]
// [consent=none]. A value that is a file of the script is a picture.
func preview(w *world, neg bool, args []string) {
	w.usage(len(args) >= 1, "preview FEATURE [ROLE=FILE …] [NAME=VALUE …] [consent=none]")
	w.judge(neg, "preview "+args[0], w.askPreview(args), nil)
}

func (w *world) askPreview(args []string) answer {
	asked := client.PreviewCreate{Feature: args[0], Consent: w.me().consent, Params: map[string]string{}}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	pictures := map[string][]byte{}
	for name, value := range w.options(args[1:]) {
		data, err := os.ReadFile(filepath.Join(w.dir, value))
		switch {
		case name == "consent" && value == "none":
			asked.Consent = ""
		case err == nil:
			pictures[name] = data
		default:
			asked.Params[name] = value
		}
	}
	raw, err := json.Marshal(asked)
	w.check(err)
	w.check(form.WriteField("request", string(raw)))
	for _, role := range slices.Sorted(maps.Keys(pictures)) {
		part, err := form.CreateFormFile(role, role+".jpg")
		w.check(err)
		_, err = part.Write(pictures[role])
		w.check(err)
	}
	w.check(form.Close())
	return w.ask(w.me(), "POST", "/v1/previews", &b, http.Header{"Content-Type": {form.FormDataContentType()}})
}

// previewLeavesNothing previews again and again and compares everything before and after: every byte
// of every file, and every page that tells a person what there is. The server works for itself, too,
// so one round without any change is enough: what a preview kept would be new in each of them.
func previewLeavesNothing(w *world, neg bool, args []string) {
	w.usage(len(args) >= 1, "preview-leaves-nothing FEATURE …")
	var changed []string
	for range 6 {
		before := w.everything()
		a := w.askPreview(args)
		w.judge(neg, "preview", a, nil)
		after := w.everything()
		w.last = a
		changed = changed[:0]
		for name := range after {
			if before[name] != after[name] {
				changed = append(changed, name)
			}
		}
		if len(changed) == 0 && len(before) == len(after) {
			return
		}
	}
	w.ts.Fatalf("after each of six previews this was new: %v", changed)
}

// everything is what there is to see, by file and by page. The index of the database's journal (-shm)
// is left out: readers mark it.
func (w *world) everything() map[string]string {
	all := map[string]string{}
	counted := regexp.MustCompile(`"counted_at":"[^"]*",?`) // the moment of asking
	for _, page := range []string{"/v1/tasks", "/v1/outputs", "/v1/consents", "/v1/privacy/holdings", "/v1/privacy/transfers", "/v1/privacy/receipts"} {
		a := w.ask(w.me(), "GET", page, nil, nil)
		if a.status != http.StatusOK {
			w.ts.Fatalf("%s: %d %s", page, a.status, short(a.body))
		}
		all[page] = counted.ReplaceAllString(string(a.body), "")
	}
	for _, dir := range []string{w.data(), filepath.Join(w.dir, "tmp")} {
		w.check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, "-shm") {
				return gone(err)
			}
			content, err := os.ReadFile(path)
			all[path] = string(content)
			return gone(err)
		}))
	}
	return all
}

// keepAnswer saves the latest answer as a file of the script: keep-answer FILE.
func keepAnswer(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "keep-answer FILE")
	w.check(os.WriteFile(filepath.Join(w.dir, args[0]), w.last.body, 0o600))
}

// answerHeader checks a header of the latest answer: answer-header NAME VALUE.
func answerHeader(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2, "answer-header NAME VALUE")
	if got := w.last.header.Get(args[0]); got != args[1] {
		w.ts.Fatalf("%s is %q", args[0], got)
	}
}

// fetchAtOnce asks for the result several times at the same moment: fetch-at-once N. One reader gets
// it; the others are told that it is gone.
func fetchAtOnce(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "fetch-at-once N")
	n, err := strconv.Atoi(args[0])
	w.check(err)
	path, answers := w.path(w.me(), "result")+"/content", make([]answer, n)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = w.ask(w.me(), "GET", path, nil, nil) })
	}
	all.Wait()
	got := 0
	for _, a := range answers {
		switch {
		case a.status == http.StatusOK && len(a.body) > 0:
			got++
			w.last = a
		case a.status != http.StatusGone || a.problem().Code != "erased":
			w.ts.Fatalf("one reader was told %d %s", a.status, short(a.body))
		}
	}
	if got != 1 {
		w.ts.Fatalf("%d of %d readers got it", got, n)
	}
}

// points checks that the latest answer holds the points of a face and the outline of the hair.
func points(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "points")
	var r struct {
		Faces []struct {
			Points map[string][2]float64
			Hair   struct{ Mask []byte }
		}
	}
	if err := json.Unmarshal(w.last.body, &r); err != nil || len(r.Faces) == 0 || len(r.Faces[0].Points) < 10 || len(r.Faces[0].Hair.Mask) < 100 {
		w.ts.Fatalf("no points: %v %s", err, short(w.last.body))
	}
	w.check(os.WriteFile(filepath.Join(w.dir, "outline.png"), r.Faces[0].Hair.Mask, 0o600))
}

// labelled checks that a picture carries the visible mark: labelled answer|FILE [most=PIXELS]. The mark
// is a dark field with white letters at the bottom right; of a film the first frame is looked at.
func labelled(w *world, neg bool, args []string) {
	w.usage(len(args) >= 1, "labelled answer|FILE [most=PIXELS]")
	raw := w.last.body
	if args[0] != "answer" {
		b, err := os.ReadFile(filepath.Join(w.dir, args[0]))
		w.check(err)
		raw = b
	}
	if bytes.HasPrefix(raw[min(4, len(raw)):], []byte("ftyp")) {
		raw = w.firstFrame(raw)
	}
	img, kind, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		w.ts.Fatalf("no picture: %v", err)
	}
	size := img.Bounds().Size()
	if most, _ := strconv.Atoi(w.options(args[1:])["most"]); most > 0 && size.X*size.Y > most {
		w.ts.Fatalf("the %s has %v pixels", kind, size)
	}
	if marked := mark(img); marked == neg {
		w.ts.Fatalf("the %s of %v carries the mark: %t", kind, size, marked)
	}
}

// mark reports whether the corner of a picture is a dark field with white letters: some row of it has
// both, and nothing between them but the edges of letters.
func mark(img image.Image) bool {
	r := img.Bounds()
	side := min(r.Dx(), r.Dy())
	rows := 0
	for y := r.Max.Y - side/10; y < r.Max.Y; y++ {
		dark, white, all := 0, 0, 0
		for x := r.Max.X - side/4; x < r.Max.X-side/20; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			low, high := min(red, green, blue)>>8, max(red, green, blue)>>8
			all++
			if high < 85 {
				dark++
			}
			if low > 185 {
				white++
			}
		}
		if white*20 > all && dark*3 > all {
			rows++
		}
	}
	return rows*100 >= side
}

func (w *world) firstFrame(film []byte) []byte {
	file := filepath.Join(w.dir, "film.mp4")
	w.check(os.WriteFile(file, film, 0o600))
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", file, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-").Output()
	w.check(err)
	return out
}

// says checks what the latest answer, a result, says inside its file: says SOURCE PRODUCER as=NAME. The
// number of the making is kept as $NAME. It must be the one that the person is shown, and nothing that
// could be worked out from anything else.
func says(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 3, "says SOURCE PRODUCER as=NAME")
	file := string(w.last.body)
	if !strings.Contains(file, "http://cv.iptc.org/newscodes/digitalsourcetype/"+args[0]+`"`) {
		w.ts.Fatalf("the file does not say %s", args[0])
	}
	var r struct{ Label, ContentProducer, ProduceID string }
	m := regexp.MustCompile(`TC260:AIGC="([^"]+)"`).FindStringSubmatch(file)
	if m == nil || json.Unmarshal([]byte(html.UnescapeString(m[1])), &r) != nil || r.Label != "1" || r.ContentProducer != args[1] || len(r.ProduceID) < 20 {
		w.ts.Fatalf("the file's AIGC record is %q", m)
	}
	var o client.Output
	w.call(false, "GET", w.path(w.me(), "result"), nil, &o)
	if !o.AILabel.Visible || o.AILabel.ProduceID != r.ProduceID {
		w.ts.Fatalf("the person is told %+v", o.AILabel)
	}
	p := w.me()
	for _, known := range []string{p.task, p.subject, p.consent, p.source, p.result, p.token, o.Feature, o.CreatedAt.String()} {
		if derived(r.ProduceID, known) {
			w.ts.Fatalf("the number %s comes from %s", r.ProduceID, known)
		}
	}
	w.ts.Setenv(strings.TrimPrefix(args[2], "as="), r.ProduceID)
}

// derived reports whether a number is a text, or a digest of it, in a usual form.
func derived(number, from string) bool {
	const first = 12
	_, bare, _ := strings.Cut(from, "_")
	for _, text := range []string{from, bare} {
		one, two, three := sha256.Sum256([]byte(text)), sha1.Sum([]byte(text)), md5.Sum([]byte(text))
		for _, b := range [][]byte{[]byte(text), one[:], two[:], three[:]} {
			for _, form := range []string{string(b), hex.EncodeToString(b), base32.StdEncoding.EncodeToString(b), base64.StdEncoding.EncodeToString(b), base64.URLEncoding.EncodeToString(b)} {
				if len(form) >= first && strings.HasPrefix(strings.ToLower(number), strings.ToLower(form[:first])) {
					return true
				}
			}
		}
	}
	return false
}

// differ checks that two texts are different: differ ONE OTHER.
func differ(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 2 && args[0] != "", "differ ONE OTHER")
	if args[0] == args[1] {
		w.ts.Fatalf("both are %s", args[0])
	}
}

// toldNowhere checks that no page of the person's repeats a text: told-nowhere TEXT.
func toldNowhere(w *world, neg bool, args []string) {
	w.usage(len(args) == 1, "told-nowhere TEXT")
	found := ""
	for name, content := range w.everything() {
		if strings.Contains(content, args[0]) {
			found = name
		}
	}
	if (found != "") != neg {
		w.ts.Fatalf("%s is in %q", args[0], found)
	}
}

// turnTo makes another picture of the task the one that "source" means: turn-to ROLE.
func turnTo(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1 && w.me().pictures[args[0]] != "", "turn-to ROLE")
	w.me().source = w.me().pictures[args[0]]
}

// answerHas checks that an answer says something: answer-has TEXT.
func answerHas(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "answer-has TEXT")
	if !bytes.Contains(w.last.body, []byte(args[0])) {
		w.ts.Fatalf("the answer is %s", short(w.last.body))
	}
}

// describe asks for the headers of the result's content alone: describe STATUS.
func describe(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "describe STATUS")
	w.last = w.ask(w.me(), "HEAD", w.path(w.me(), "result")+"/content", nil, nil)
	if strconv.Itoa(w.last.status) != args[0] || len(w.last.body) > 0 {
		w.ts.Fatalf("the headers: %d, %d bytes", w.last.status, len(w.last.body))
	}
}
