package tencent_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/tencent"
	sim "vow.example/vow/internal/sim/tencent"
)

// retarget is a configuration whose calls go to another address.
func retarget(c egress.Config, url string) egress.Config {
	other := config(url)
	other.Clock, other.Links = c.Clock, c.Links
	return other
}

func ended(t *testing.T, p *provider.Pool, begun driver.Begun) driver.Status {
	t.Helper()
	if begun.Status != nil {
		return *begun.Status
	}
	for range 400 {
		s, err := p.Poll(t.Context(), "tencent_cloud", begun.Ticket)
		if err != nil {
			t.Fatal(err)
		}
		if s.State == driver.Done || s.State == driver.Failed {
			return s
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the job does not end")
	return driver.Status{}
}

// classes is Tencent's table as the pool tells it of a call with content: internal errors, which are
// transient for the driver, are unknown outcomes there, and the call is never made again.
func classes() map[egress.Class][]string {
	return map[egress.Class][]string{
		egress.Auth: {"AuthFailure.SignatureFailure", "AuthFailure.SignatureExpire", "AuthFailure.SecretIdNotFound", "AuthFailure.InvalidSecretId",
			"AuthFailure.TokenFailure", "AuthFailure.UnauthorizedOperation", "UnauthorizedOperation"},
		egress.Throttled:      {"RequestLimitExceeded", "RequestLimitExceeded.JobNumExceed", "FailedOperation.FreqCtrl"},
		egress.UnknownOutcome: {"InternalError", "InternalError.Backend", "FailedOperation.InnerError", "FailedOperation.RequestTimeout", "FailedOperation.RpcFail", "FailedOperation.ServerError"},
		egress.ContentRefused: {"OperationDenied.TextIllegalDetected", "OperationDenied.ImageIllegalDetected", "FailedOperation.GenerateImageFailed"},
		egress.NoFace:         {"FailedOperation.DetectNoFace", "FailedOperation.NoFaceInPhoto", "FailedOperation.FaceSizeTooSmall"},
		egress.BadMedia: {"FailedOperation.ImagePixelExceed", "FailedOperation.ImageSizeExceed", "FailedOperation.ImageDecodeFailed",
			"FailedOperation.ImageDownloadError", "FailedOperation.RequestEntityTooLarge"},
		egress.Quota: {"ResourceUnavailable.InArrears", "ResourceUnavailable.LowBalance", "ResourceUnavailable.NotExist", "ResourceUnavailable.StopUsing",
			"ResourcesSoldOut.ChargeStatusException"},
		egress.Gone: {"FailedOperation.JobNotExist"},
		egress.Bug: {"InvalidParameter", "InvalidParameter.Style", "InvalidParameterValue", "InvalidParameterValue.Prompt", "MissingParameter",
			"UnknownParameter", "InvalidAction"},
		egress.Unclassified: {"FailedOperation", "FailedOperation.Somehow", "ResourceUnavailable.Somehow", "NoSuchVersion"},
	}
}

func TestEveryCodeHasItsClass(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, nil)
	p := pool(t, c, flows()["lite"])
	for class, codes := range classes() {
		for _, code := range codes {
			s.Next(code)
			var progress []byte
			_, err := p.Begin(t.Context(), disclose(disclosure.Content{"prompt": text("a fox")}), provider.Start{Save: keep(&progress)})
			e := asError(t, err)
			if e.Class != class || e.Code != code || !e.WasSent || strings.Contains(err.Error(), "simulated") {
				t.Errorf("%s: %v, want %q", code, err, class)
			}
			if sent, _ := provider.Sent(progress); (len(sent) == 0) != class.Retryable() || provider.Interrupted(progress) != (class == egress.UnknownOutcome) {
				t.Errorf("%s: %v counts as sent", code, sent)
			}
		}
	}
}

func TestACodeBehindAnotherStatusIsReadToo(t *testing.T) {
	t.Parallel()
	envelope := func(code string) string {
		return `{"Response":{"Error":{"Code":"` + code + `","Message":"you wrote: a fox"},"RequestId":"1"}}`
	}
	cases := map[string]struct {
		status     int
		body, code string
		class      egress.Class
	}{
		"a code of the table":         {500, envelope("InternalError"), "InternalError", egress.UnknownOutcome},
		"a code of nobody's":          {500, envelope("Somehow"), "Somehow", egress.UnknownOutcome},
		"no envelope":                 {500, `{}`, "http-500", egress.UnknownOutcome},
		"a success without envelope":  {200, `[]`, "reply", egress.UnknownOutcome},
		"a success without anything":  {200, `{"Response":null}`, "reply", egress.UnknownOutcome},
		"a code that is a sentence":   {200, envelope("you wrote: a fox"), "unlisted", egress.Unclassified},
		"a picture that is an object": {200, `{"Response":{"ResultImage":{}}}`, "reply", egress.UnknownOutcome},
	}
	for name, tc := range cases {
		c := config((&tap{}).in(t, answers(tc.status, tc.body)))
		_, err := pool(t, c, flows()["lite"]).Begin(t.Context(), disclose(disclosure.Content{"prompt": text("a fox")}), provider.Start{})
		if e := asError(t, err); e.Class != tc.class || e.Code != tc.code || !e.WasSent {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestAnswersToQuestions(t *testing.T) {
	t.Parallel()
	job := func(members string) string { return `{"Response":{` + members + `,"RequestId":"1"}}` }
	cases := map[string]struct {
		body  string
		state driver.State
		class egress.Class
		code  string
		files int
		fails egress.Class
	}{
		"waiting":                          {body: job(`"JobStatusCode":"1"`), state: driver.Queued},
		"running":                          {body: job(`"JobStatusCode":"2"`), state: driver.Running},
		"a number nobody knows":            {body: job(`"JobStatusCode":"3"`), state: driver.Unknown},
		"done":                             {body: job(`"JobStatusCode":"5","ResultImage":["https://x/a"],"ResultDetails":["Success"]`), state: driver.Done, files: 1},
		"done without details":             {body: job(`"JobStatusCode":"5","ResultImage":["https://x/a","https://x/b"]`), state: driver.Done, files: 2},
		"done in part":                     {body: job(`"JobStatusCode":"5","ResultImage":["https://x/a",""],"ResultDetails":["Success","OperationDenied.ImageIllegalDetected"]`), state: driver.Done, files: 1},
		"done in part, with a link":        {body: job(`"JobStatusCode":"5","ResultImage":["https://x/a","https://x/b"],"ResultDetails":["FailedOperation.RpcFail","Success"]`), state: driver.Done, files: 1},
		"done, and all of it refused":      {body: job(`"JobStatusCode":"5","ResultImage":[""],"ResultDetails":["OperationDenied.ImageIllegalDetected"]`), state: driver.Failed, class: egress.ContentRefused, code: "OperationDenied.ImageIllegalDetected"},
		"done, and nothing there":          {body: job(`"JobStatusCode":"5","ResultImage":[]`), state: driver.Failed, class: egress.Failed, code: "empty"},
		"failed by review":                 {body: job(`"JobStatusCode":"4","JobErrorCode":"FailedOperation.GenerateImageFailed"`), state: driver.Failed, class: egress.ContentRefused, code: "FailedOperation.GenerateImageFailed"},
		"failed inside":                    {body: job(`"JobStatusCode":"4","JobErrorCode":"FailedOperation.InnerError"`), state: driver.Failed, class: egress.Failed, code: "FailedOperation.InnerError"},
		"failed without a word":            {body: job(`"JobStatusCode":"4"`), state: driver.Failed, class: egress.Failed, code: "unlisted"},
		"the job is unknown there":         {body: job(`"Error":{"Code":"FailedOperation.JobNotExist"}`), state: driver.Failed, class: egress.Gone, code: "FailedOperation.JobNotExist"},
		"the key is refused":               {body: job(`"Error":{"Code":"AuthFailure.SecretIdNotFound"}`), fails: egress.Auth},
		"not now":                          {body: job(`"Error":{"Code":"RequestLimitExceeded"}`), fails: egress.Throttled},
		"no envelope":                      {body: `{}`, fails: egress.Transient},
		"pictures that are no list":        {body: job(`"JobStatusCode":"5","ResultImage":"https://x/a"`), fails: egress.Transient},
		"details of another type":          {body: job(`"JobStatusCode":"5","ResultDetails":7`), fails: egress.Transient},
		"pictures that are no words":       {body: job(`"JobStatusCode":"5","ResultImage":[7]`), fails: egress.Transient},
		"a status that is no word but one": {body: job(`"JobStatusCode":5`), fails: egress.Transient},
	}
	ticket := driver.Ticket(`{"call":"SubmitHunyuanImageJob","region":"ap-guangzhou","job":"1-2"}`)
	for name, tc := range cases {
		s, err := pool(t, config((&tap{}).in(t, answers(200, tc.body))), flows()["job"]).Poll(t.Context(), "tencent_cloud", ticket)
		if tc.fails != "" {
			if e := asError(t, err); e.Class != tc.fails {
				t.Errorf("%s: %+v", name, e)
			}
			continue
		}
		if err != nil || s.State != tc.state || s.Class != tc.class || s.Code != tc.code || len(s.Results) != tc.files {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func TestJobsEndAsTheSimulatorIsTold(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, func(o *sim.Options) { o.Parallel = 1 })
	p := pool(t, c, flows()["job"])
	begin := func(prompt string) (driver.Begun, error) {
		return p.Begin(t.Context(), disclose(disclosure.Content{"prompt": text(prompt)}), provider.Start{})
	}
	s.NextJob("OperationDenied.ImageIllegalDetected", "Success")
	begun, err := begin("a fox")
	if err != nil {
		t.Fatal(err)
	}
	if st := ended(t, p, begun); st.State != driver.Done || len(st.Results) != 1 {
		t.Errorf("a job done in part: %+v", st)
	}
	if begun, err = begin("test:fail"); err != nil {
		t.Fatal(err)
	}
	if st := ended(t, p, begun); st.State != driver.Failed || st.Class != egress.ContentRefused {
		t.Errorf("test:fail: %+v", st)
	}
	for prompt, class := range map[string]egress.Class{
		"test:refused": egress.ContentRefused, "test:provider_down": egress.Transient, "test:throttled": egress.Throttled,
	} {
		_, err := begin(prompt)
		if e := asError(t, err); e.Class != class || !e.WasSent {
			t.Errorf("%s: %+v", prompt, e)
		}
	}
	if _, err = begin("test:slow"); err != nil {
		t.Fatal(err)
	}
	_, err = begin("a wolf")
	if e := asError(t, err); e.Class != egress.Throttled || e.Code != "RequestLimitExceeded.JobNumExceed" {
		t.Errorf("a second job: %+v", e)
	}
}

func TestWhatStaysIsSaidAndNothingCanBeStopped(t *testing.T) {
	t.Parallel()
	p := pool(t, config("http://127.0.0.1:1"), flows()["job"])
	cases := map[string][]driver.Held{
		`{"call":"TextToImageLite","region":"ap-guangzhou"}`:                           {{What: "inputs", Reason: "no-erase-call"}},
		`{"call":"ChangeAgePic","region":"ap-guangzhou"}`:                              {{What: "inputs", Reason: "no-erase-call"}},
		`{"call":"ChangeAgePic","region":"ap-guangzhou","link":"https://x/a"}`:         {{What: "inputs", Reason: "no-erase-call"}, {What: "result", For: 24 * time.Hour, Reason: "no-erase-call"}},
		`{"call":"SubmitTextToImageJob","region":"ap-guangzhou","job":"1"}`:            {{What: "inputs", Reason: "no-erase-call"}, {What: "result", For: time.Hour, Reason: "no-erase-call"}},
		`{"call":"TextToImageLite","region":"ap-guangzhou","link":"https://x.test/a"}`: {{What: "inputs", Reason: "no-erase-call"}, {What: "result", For: time.Hour, Reason: "no-erase-call"}},
	}
	for ticket, want := range cases {
		got, err := p.Forget(t.Context(), "tencent_cloud", driver.Ticket(ticket))
		if err != nil || len(got.Erased) > 0 || !slices.Equal(got.Held, want) {
			t.Errorf("%s: %+v, %v", ticket, got, err)
		}
		if o, err := p.Cancel(t.Context(), "tencent_cloud", driver.Ticket(ticket)); o != driver.Unsupported || err != nil {
			t.Errorf("cancel: %v, %v", o, err)
		}
	}
	s, err := p.Poll(t.Context(), "tencent_cloud", driver.Ticket(`{"call":"TextToImageLite","region":"ap-guangzhou"}`))
	if err != nil || s.State != driver.Failed || s.Class != egress.Gone {
		t.Errorf("a picture that came with the answer is asked for again: %+v, %v", s, err)
	}
	if _, ok := (tencent.Driver{}).Leftover([]byte("{}")); ok {
		t.Error("something is left over that could be erased")
	}
	if required, optional := tencent.Credentials(); !slices.Equal(required, []string{"secret_id", "secret_key"}) || !slices.Equal(optional, []string{"token"}) {
		t.Errorf("credentials %v, %v", required, optional)
	}
}

func TestAnOrderThatCannotBeWrittenIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	fine := disclosure.Content{"prompt": text("a fox")}
	flow := func(call string, set map[string]string, nodes map[privacy.Field]driver.Node) driver.Workflow {
		return driver.Workflow{Call: call, Set: set, Nodes: nodes}
	}
	prompt := words("Prompt")
	cases := map[string]struct {
		flow    driver.Workflow
		content disclosure.Content
		code    string
	}{
		"a call that nobody knows":        {flow("TextToMusic", nil, prompt), fine, "call"},
		"a picture in text to image":      {flow("TextToImageLite", nil, prompt), disclosure.Content{"prompt": photo(png, "url")}, "transport"},
		"a picture without a place":       {flow("TextToImageLite", nil, prompt), disclosure.Content{"photo": photo(png, "url")}, "no-node"},
		"a place for a picture":           {flow("SubmitHunyuanImageJob", nil, map[privacy.Field]driver.Node{"photo": {Name: "ContentImage"}}), disclosure.Content{"photo": photo(png, "url")}, "node"},
		"the place of a face":             {flow("ChangeAgePic", map[string]string{"age": "60"}, map[privacy.Field]driver.Node{"photo": {Name: "FaceRect"}}), disclosure.Content{"photo": photo(png, "url")}, "node"},
		"two fields in one place":         {flow("TextToImageLite", nil, map[privacy.Field]driver.Node{"prompt": {Name: "Prompt"}, "style": {Name: "Prompt"}}), disclosure.Content{"prompt": text("a"), "style": disclosure.Code("b")}, "node"},
		"a picture's bytes as a link":     {flow("ChangeAgePic", map[string]string{"age": "60"}, map[privacy.Field]driver.Node{"photo": {Name: "Url"}}), disclosure.Content{"photo": photo(png, "base64")}, "transport"},
		"a picture's link as its bytes":   {flow("ChangeAgePic", map[string]string{"age": "60"}, map[privacy.Field]driver.Node{"photo": {Name: "Image"}}), disclosure.Content{"photo": photo(png, "url")}, "transport"},
		"no age":                          {flow("ChangeAgePic", nil, map[privacy.Field]driver.Node{"photo": {Name: "Url"}}), disclosure.Content{"photo": photo(png, "url")}, "set"},
		"an age of nine":                  {flow("ChangeAgePic", map[string]string{"age": "9"}, map[privacy.Field]driver.Node{"photo": {Name: "Url"}}), disclosure.Content{"photo": photo(png, "url")}, "set"},
		"an age in text to image":         {flow("TextToImageLite", map[string]string{"age": "60"}, prompt), fine, "set"},
		"a prompt that would be revised":  {flow("SubmitHunyuanImageJob", map[string]string{"Revise": "1"}, prompt), fine, "set"},
		"a number in words":               {flow("SubmitHunyuanImageJob", map[string]string{"Num": "two"}, prompt), fine, "set"},
		"an answer in a form of its own":  {flow("TextToImageLite", map[string]string{"RspImgType": "hex"}, prompt), fine, "set"},
		"a setting that is a person's":    {flow("TextToImageLite", map[string]string{"Prompt": "a fox"}, prompt), fine, "set"},
		"a setting that nobody knows":     {flow("TextToImageLite", map[string]string{"Userid": "1"}, prompt), fine, "set"},
		"a picture among words in Base64": {flow("TextToImageLite", nil, prompt), disclosure.Content{"prompt": photo(png, "base64")}, "transport"},
	}
	for name, tc := range cases {
		record := &tap{}
		_, err := pool(t, config(record.in(t, answers(200, `{}`))), tc.flow).Begin(t.Context(), disclose(tc.content), provider.Start{})
		if e := asError(t, err); e.Class != egress.Bug || e.Code != tc.code || e.WasSent || len(record.list) > 0 {
			t.Errorf("%s: %+v after %d calls", name, e, len(record.list))
		}
	}
}

func TestTheWiringMaySetRegionMarkAndSeed(t *testing.T) {
	t.Parallel()
	record := &tap{}
	flow := driver.Workflow{Call: "SubmitHunyuanImageJob", Nodes: words("Prompt"), Set: map[string]string{"region": "ap-shanghai", "LogoAdd": "0", "Seed": "7", "Clarity": "x2", "Style": "riman"}}
	c := config(record.in(t, answers(200, `{"Response":{"JobId":"1-2","RequestId":"1"}}`)))
	begun, err := pool(t, c, flow).Begin(t.Context(), disclose(disclosure.Content{"prompt": text("a fox")}), provider.Start{})
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(record.list[0].body, &body); err != nil {
		t.Fatal(err)
	}
	if body["LogoAdd"] != 0.0 || body["Seed"] != 7.0 || body["Clarity"] != "x2" || body["Style"] != "riman" || body["Revise"] != 0.0 || record.list[0].header.Get("X-Tc-Region") != "ap-shanghai" {
		t.Errorf("sent %v", body)
	}
	if !strings.Contains(string(begun.Ticket), `"region":"ap-shanghai"`) {
		t.Errorf("a question would go elsewhere: %s", begun.Ticket)
	}
}
