package tencent_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// exchange is one recorded exchange of the SDK.
type exchange struct {
	Request struct {
		Headers [][2]string
		Body    string
	}
	Response struct{ Body string }
}

func tape(t *testing.T) (list []exchange) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "sim", "replay", "testdata", "captures", "tencent-common-sdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// captured makes our request for each recorded one.
func captured() map[int]struct {
	flow    driver.Workflow
	content disclosure.Content
} {
	words := disclosure.Content{"prompt": text("rain, bamboo, path"), "negative_prompt": text("black")}
	with := func(more disclosure.Content) disclosure.Content {
		c := maps.Clone(words)
		maps.Copy(c, more)
		return c
	}
	set := func(flow driver.Workflow, more map[string]string) driver.Workflow { flow.Set = more; return flow }
	f := flows()
	return map[int]struct {
		flow    driver.Workflow
		content disclosure.Content
	}{
		1: {f["lite"], with(disclosure.Content{"style": disclosure.Code("photo"), "resolution": disclosure.Code("768:1024")})},
		2: {set(f["aiart"], map[string]string{"Seed": "1", "RspImgType": "url"}), with(disclosure.Content{"resolution": disclosure.Code("1024:1024")})},
		3: {set(f["job"], map[string]string{"Num": "1"}), with(disclosure.Content{"style": disclosure.Code("riman"), "resolution": disclosure.Code("1024:1024")})},
		5: {f["aiart job"], disclosure.Content{"prompt": text("rain, bamboo, path"), "resolution": disclosure.Code("1024:1024")}},
		6: {f["age linked"], disclosure.Content{"photo": photo(png, "url")}},
	}
}

func TestRequestsAreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	recorded := tape(t)
	for n, ours := range captured() {
		record := &tap{}
		c := config(record.in(t, answers(200, recorded[n-1].Response.Body)))
		c.Clock = clock.NewFake(time.Unix(1795291575, 0))
		if _, err := pool(t, c, ours.flow).Begin(t.Context(), disclose(ours.content), provider.Start{}); err != nil && n > 2 { // the pictures in the first two answers are none
			t.Errorf("capture %d: %v", n, err)
		}
		equal(t, record.list[0], recorded[n-1])
	}
}

func TestTheQuestionIsThatOfTheSDK(t *testing.T) {
	t.Parallel()
	recorded := tape(t)
	record := &tap{}
	c := config(record.in(t, answers(200, recorded[3].Response.Body)))
	c.Clock = clock.NewFake(time.Unix(1795291575, 0))
	ticket := `{"call":"SubmitHunyuanImageJob","region":"ap-guangzhou","job":"1250000000-1731412663-d4e1f224-fa21-40bc-9ee7-4bb13abece6e-0"}`
	s, err := pool(t, c, flows()["job"]).Poll(t.Context(), "tencent_cloud", driver.Ticket(ticket))
	if err != nil || s.State != driver.Done || s.Results[0].File.URL != "http://127.0.0.1/out.png" {
		t.Fatalf("got %+v, %v", s, err)
	}
	equal(t, record.list[0], recorded[3])
}

// equal compares field by field. The host, and with it the signature, is another; what the SDK says
// of itself and of its language is left out; an address of a picture is our own.
func equal(t *testing.T, got seen, want exchange) {
	t.Helper()
	header := http.Header{}
	for _, h := range want.Request.Headers {
		header.Set(h[0], h[1])
	}
	for _, name := range []string{"Content-Type", "X-Tc-Action", "X-Tc-Version", "X-Tc-Region", "X-Tc-Timestamp"} {
		if got.header.Get(name) != header.Get(name) {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), header.Get(name))
		}
	}
	unsigned := func(h http.Header) string {
		before, _, _ := strings.Cut(h.Get("Authorization"), ", Signature=")
		return before
	}
	if unsigned(got.header) != unsigned(header) {
		t.Errorf("signed as %q, want %q", unsigned(got.header), unsigned(header))
	}
	body := regexp.MustCompile(`"Url":"[^"]*"`).ReplaceAll(got.body, []byte(`"Url":"https://media.example.test/in.jpg"`))
	var ours, theirs any
	if err := errors.Join(json.Unmarshal(body, &ours), json.Unmarshal([]byte(want.Request.Body), &theirs)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("body\n%s\nwant\n%s", body, want.Request.Body)
	}
}

// update writes the golden files instead of comparing them: go test -update, then read them.
var update = flag.Bool("update", false, "write the golden files")

func TestGoldenWireFiles(t *testing.T) {
	t.Parallel()
	features := map[string]struct {
		flow    string
		content disclosure.Content
	}{
		"text_to_image": {"lite", disclosure.Content{
			"prompt": text("[the person's prompt]"), "negative_prompt": text("[the person's negative_prompt]"),
			"style": disclosure.Code("photo"), "resolution": disclosure.Code("768:1024"),
		}},
		"text_to_image_as_a_job": {"job", disclosure.Content{
			"prompt": text("[the person's prompt]"), "negative_prompt": text("[the person's negative_prompt]"),
			"style": disclosure.Code("riman"), "resolution": disclosure.Code("768:1024"),
		}},
		"age_change": {"age", disclosure.Content{"photo": photo(png+"THE PERSON'S PHOTO", "url")}},
	}
	for name, f := range features {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := golden(t, name, f.flow, f.content)
			file := filepath.Join("testdata", "golden", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v); read it, then -update:\n%s", file, err, got)
			}
		})
	}
}

// golden runs a whole order against the simulator and writes down what was on the wire.
func golden(t *testing.T, feature, flow string, content disclosure.Content) string {
	s, c := simulator(t, nil)
	record := &tap{}
	p := pool(t, retarget(c, record.in(t, s)), flows()[flow])
	begun, err := p.Begin(t.Context(), disclose(content), provider.Start{})
	if err != nil {
		t.Fatal(err)
	}
	if st := ended(t, p, begun); st.State != driver.Done {
		t.Fatalf("got %+v", st)
	}
	if odd := s.Received().Violations; len(odd) > 0 {
		t.Errorf("the recipient noticed %v", odd)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Tencent Cloud, %s: everything that goes there for one task, in order.\n", feature)
	b.WriteString("[the person's …] stands for content, [our key] for our credential, [signature], [time] and [link] for what\nis made anew each time. Repeated questions are left out.\n")
	told := map[string]bool{}
	for _, r := range record.list {
		if line := r.method + r.header.Get("X-Tc-Action"); !told[line] {
			told[line] = true
			write(&b, r)
		}
	}
	return b.String()
}

func write(b *strings.Builder, r seen) {
	fmt.Fprintf(b, "\n%s %s\n", r.method, r.target)
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		v := strings.ReplaceAll(r.header.Get(name), secretID, "[our key]")
		v = regexp.MustCompile(`Signature=[0-9a-f]{64}`).ReplaceAllString(v, "Signature=[signature]")
		v = regexp.MustCompile(`/[0-9]{4}-[0-9]{2}-[0-9]{2}/`).ReplaceAllString(v, "/[time]/")
		if name == "X-Tc-Timestamp" || name == "Content-Length" {
			v = map[bool]string{true: "[time]", false: "[number]"}[name == "X-Tc-Timestamp"]
		}
		fmt.Fprintf(b, "  %s: %s\n", name, v)
	}
	var pretty bytes.Buffer
	_ = json.Indent(&pretty, r.body, "  ", "  ")
	body := regexp.MustCompile(`"http://127[^"]*"`).ReplaceAllString(pretty.String(), `"[link]"`)
	body = regexp.MustCompile(`"1250000000-[^"]*"`).ReplaceAllString(body, `"[job]"`)
	fmt.Fprintf(b, "  %s\n", body)
}

func TestAResultInTheAnswerIsReadOnlyWhereItIsAPicture(t *testing.T) {
	t.Parallel()
	enc := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	cases := map[string]struct{ picture, code string }{
		"a PNG":           {enc(png), ""},
		"a JPEG":          {enc("\xff\xd8\xff\xe0 pixels"), ""},
		"a WebP":          {enc("RIFF\x00\x00\x00\x00WEBPVP8 "), ""},
		"a web page":      {enc("<html>welcome</html>"), "result-type"},
		"nothing":         {"", "empty"},
		"no base64":       {"???", "reply"},
		"one bit of JPEG": {enc("\xff\xd8"), "result-type"},
	}
	for name, tc := range cases {
		c := config((&tap{}).in(t, answers(200, `{"Response":{"ResultImage":"`+tc.picture+`","RevisedPrompt":["a wolf"],"RequestId":"1"}}`)))
		begun, err := pool(t, c, flows()["lite"]).Begin(t.Context(), disclose(disclosure.Content{"prompt": text("a fox")}), provider.Start{})
		switch {
		case tc.code == "reply":
			if e := asError(t, err); e.Code != "reply" || e.Class.Retryable() || !e.WasSent {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || begun.Status == nil:
			t.Errorf("%s: %+v, %v", name, begun, err)
		case tc.code != "":
			if begun.Status.State != driver.Failed || begun.Status.Code != tc.code {
				t.Errorf("%s: %+v", name, begun.Status)
			}
		default:
			if s := begun.Status; s.State != driver.Done || enc(string(s.Results[0].Inline)) != tc.picture {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
}
