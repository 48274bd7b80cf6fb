package disclosure_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/internal/handover"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secretWord is what no printer or encoder may show.
const secretWord = "canary-51c2"

func minted(spent ...privacy.Field) disclosure.Disclosure {
	ref := vault.Ref{App: "pixplus", Subject: someone, MediaType: "image/png"}
	return guardtest.Disclosure(disclosure.Entry{ID: "trf_x", App: "pixplus", Recipient: "runninghub"}, disclosure.Content{
		"photo":  disclosure.Media(guardtest.Picture(ref, []byte(secretWord))),
		"prompt": disclosure.Text(privacy.NewText(secretWord)),
		"style":  disclosure.Code("pencil"),
	}, spent...)
}

func TestTheZeroDisclosureDisclosesNothing(t *testing.T) {
	t.Parallel()
	var d disclosure.Disclosure
	if d.Valid() || d.ID() != "" || d.App() != "" || d.Feature() != "" || d.Recipient() != "" || d.Fields() != nil ||
		d.Subject() != "" || d.Task() != "" || d.Transport("photo") != "" ||
		d.Has("photo") || d.Code("style") != "" || d.MediaType("photo") != "" || d.Bytes("photo") != 0 ||
		d.Spent() != nil || d.SentBytes() != 0 {
		t.Error("the zero Disclosure says something")
	}
	if _, err := d.Take(handover.New(), []privacy.Field{"photo"}); err == nil {
		t.Error("the zero Disclosure can be redeemed")
	}
	d.Return(handover.New(), []privacy.Field{"photo"})
	d.Count(handover.New(), 1)
}

func TestADisclosureCannotBePrintedOrEncoded(t *testing.T) {
	t.Parallel()
	d := minted()
	type row struct {
		D disclosure.Disclosure
		h disclosure.Disclosure
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, v := range []any{d, &d, row{d, d}, disclosure.Text(privacy.NewText(secretWord))} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, secretWord) || strings.Contains(out, fmt.Sprintf("%x", secretWord)) {
				t.Errorf("verb %s of %T prints content: %s", verb, v, out)
			}
		}
	}
	if fmt.Sprint(d) != "[disclosure]" || fmt.Sprint(disclosure.Code("x")) != "[item]" {
		t.Errorf("prints %v", d)
	}
	if _, err := json.Marshal(row{D: d}); err == nil {
		t.Error("JSON takes a Disclosure")
	}
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(d); err == nil {
		t.Error("gob takes a Disclosure")
	}
	if _, err := d.MarshalText(); err == nil {
		t.Error("text encoders take a Disclosure")
	}
}

func TestCopiesShareWhatIsSpent(t *testing.T) {
	t.Parallel()
	d := minted()
	copied := d
	got, err := d.Take(handover.New(), []privacy.Field{"photo", "prompt"})
	if err != nil {
		t.Fatal(err)
	}
	if !got["photo"].IsMedia() || got["prompt"].IsMedia() || got["prompt"].Text.Reveal() != secretWord {
		t.Error("the payloads are wrong")
	}
	file, err := got["photo"].Open()
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(file); string(data) != secretWord {
		t.Errorf("the picture is %q", data)
	}
	if _, err := copied.Take(handover.New(), []privacy.Field{"photo"}); err == nil {
		t.Error("a copy sends the photo a second time")
	}
	if !slices.Equal(copied.Spent(), []privacy.Field{"photo", "prompt"}) {
		t.Errorf("the copy thinks that %v is spent", copied.Spent())
	}
	copied.Count(handover.New(), 5)
	if d.SentBytes() != 5 {
		t.Error("copies count apart")
	}
}

func TestTakeIsAllOrNothing(t *testing.T) {
	t.Parallel()
	d := minted("style")
	for name, fields := range map[string][]privacy.Field{
		"a spent field among others":    {"photo", "style"},
		"a field that is not part":      {"photo", "email"},
		"the same field twice in a row": {"photo", "photo"},
	} {
		if _, err := d.Take(handover.New(), fields); err == nil {
			t.Errorf("%s is handed out", name)
		}
	}
	if !slices.Equal(d.Spent(), []privacy.Field{"style"}) {
		t.Errorf("a refused Take has spent %v", d.Spent())
	}
	d.Return(handover.New(), []privacy.Field{"style"})
	if got, err := d.Take(handover.New(), []privacy.Field{"style"}); err != nil || got["style"].Code != "pencil" {
		t.Errorf("a returned field cannot be taken: %v", err)
	}
}

func TestOnlyOneOfManyGetsTheField(t *testing.T) {
	t.Parallel()
	d := minted()
	var wg sync.WaitGroup
	won := make(chan struct{}, 50)
	for range 50 {
		wg.Go(func() {
			if _, err := d.Take(handover.New(), []privacy.Field{"photo"}); err == nil {
				won <- struct{}{}
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d callers got the photo", len(won))
	}
}

func TestTheDisclosureKeepsItsOwnContent(t *testing.T) {
	t.Parallel()
	c := disclosure.Content{"style": disclosure.Code("pencil")}
	d := guardtest.Disclosure(disclosure.Entry{}, c)
	c["photo"] = disclosure.Code("smuggled")
	if d.Has("photo") {
		t.Error("a field was added after the fact")
	}
	d.Fields()[0] = "photo"
	if d.Fields()[0] != "style" {
		t.Error("the list of fields can be changed from outside")
	}
}

func TestAMintedItemTravelsAsTold(t *testing.T) {
	t.Parallel()
	photo := disclosure.Media(guardtest.Picture(vault.Ref{MediaType: "image/png"}, []byte(secretWord)))
	d := guardtest.Disclosure(disclosure.Entry{Subject: someone, Task: task}, disclosure.Content{
		"plain": photo, "inline": guardtest.Travelling(photo, "base64"), "linked": guardtest.Travelling(photo, "url"), "style": disclosure.Code("pencil"),
	})
	got, err := d.Take(handover.New(), d.Fields())
	if err != nil || d.Subject() != someone || d.Task() != task {
		t.Fatal(err)
	}
	for f, want := range map[privacy.Field]string{"plain": "bytes", "inline": "base64", "linked": "url", "style": "text", "absent": ""} {
		if d.Transport(f) != want || got[f].Transport != want {
			t.Errorf("%s travels as %q, is handed over as %q, want %q", f, d.Transport(f), got[f].Transport, want)
		}
	}
}

// inferred calls take with the zero value of its key type, which no package needs to name.
func inferred[K any](take func(K, []privacy.Field) (map[privacy.Field]disclosure.Payload, error)) error {
	var zero K
	_, err := take(zero, []privacy.Field{"photo"})
	return err
}

func TestAnInferredKeyOpensNothing(t *testing.T) {
	t.Parallel()
	d := minted()
	if err := inferred(d.Take); err == nil || len(d.Spent()) != 0 {
		t.Error("content can be opened without a key from below internal/guard")
	}
	var zero handover.Key
	d.Count(zero, 1)
	if _, err := d.Take(handover.New(), []privacy.Field{"photo"}); err != nil {
		t.Fatal(err)
	}
	d.Return(zero, []privacy.Field{"photo"})
	if d.SentBytes() != 0 || len(d.Spent()) != 1 {
		t.Error("the zero key counts or gives back")
	}
}
