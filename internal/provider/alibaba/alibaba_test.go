package alibaba_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/driver"
)

const (
	colorized = `{"RequestId":"8473A5E5","Data":{"ImageURL":"http://r.example/out.jpg"}}`
	added     = `{"RequestId":"798A721D","Data":{"TemplateId":"6cd509ea-54fa-4730-8e9d-c94cadcda048","FaceInfos":[{"TemplateFaceID":"6cd509ea-54fa-4730-8e9d-c94cadcda048_0"}]}}`
	dropped   = `{"RequestId":"F9E76786"}`
	absent    = `{"RequestId":"7C29675C","Data":{"Total":0,"Elements":[]}}`
	present   = `{"RequestId":"7C29675C","Data":{"Total":1,"Elements":[{"TemplateId":"6cd509ea-54fa-4730-8e9d-c94cadcda048"}]}}`
)

func colorize() driver.Workflow { return flow("ColorizeImage", "ImageURL", nil) }

func photo() *line { return &line{media: []privacy.Field{"photo"}} }

// TestEveryCodeHasItsClass is Alibaba's table of errors (providers' contract, 3.7).
func TestEveryCodeHasItsClass(t *testing.T) {
	t.Parallel()
	type row struct {
		status int
		codes  []string
		class  egress.Class
	}
	table := []row{
		{403, []string{"AuthFailed"}, egress.Auth},
		{400, []string{"SignatureDoesNotMatch", "InvalidAccessKeyId.Inactive", "InvalidAccessKeySecret", "IncompleteSignature", "SignatureNonceUsed", "InvalidTimeStamp.Expired", "EntityNotExist.Role"}, egress.Auth},
		{404, []string{"InvalidAccessKeyId.NotFound"}, egress.Auth},
		{403, []string{"InvalidApi.NotPurchase", "InvalidApi.ForbiddenInvoke"}, egress.Quota},
		{404, []string{"InvalidAction.NotFound", "InvalidApi.OutOfService"}, egress.Quota},
		{400, []string{"InvalidDB.Status"}, egress.Quota},
		{400, []string{"ParameterError", "ClientError.IllegalArgument", "InvalidParameter"}, egress.Bug},
		{400, []string{"IllegalUrlParameter", "InvalidFile.Content", "InvalidFile.Decode", "InvalidFile.Size", "InvalidFile.Type", "InvalidFile.URL",
			"InvalidFile.Resolution", "InvalidFile.Download", "InvalidImage.Content", "InvalidImage.NoFace"}, egress.BadMedia},
		{500, []string{"InternalError", "InternalError.Algo", "InternalError.Timeout", "Timeout"}, egress.Transient},
		{400, []string{"Throttling.User", "Throttling", "Throttling.Api"}, egress.Throttled},
		{503, []string{"Throttling.User", "Throttling"}, egress.Throttled},
		{588, []string{"InternalBusy", "580"}, egress.Transient},
		{400, []string{"NobodyKnowsThis"}, egress.Bug},
		{403, []string{"NobodyKnowsThis"}, egress.Auth},
	}
	byStatus := map[int]egress.Class{400: egress.Bug, 403: egress.Auth, 404: egress.Gone, 500: egress.UnknownOutcome, 503: egress.Transient, 588: egress.UnknownOutcome}
	for _, r := range table {
		for _, code := range r.codes {
			l := photo()
			l.answers = []answer{refusal(r.status, code, byStatus[r.status])}
			_, err := begin(t, l, colorize(), nil)
			e := asError(t, err)
			if e.Class != r.class || e.Code != code || !e.WasSent || e.RetryAfter != 1500 || strings.Contains(err.Error(), "fox") {
				t.Errorf("%d %s: %+v, want %q", r.status, code, e, r.class)
			}
		}
	}
}

func TestAnErrorWithoutAlibabasWordsKeepsItsClass(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in   answer
		want egress.Class
		code string
	}{
		"a gateway's page":               {answer{status: 502, err: &egress.Error{Class: egress.UnknownOutcome, Code: "http-502"}}, egress.UnknownOutcome, "http-502"},
		"no answer":                      {answer{err: &egress.Error{Class: egress.UnknownOutcome, Code: "timeout"}}, egress.UnknownOutcome, "timeout"},
		"our own gate":                   {answer{err: &egress.Error{Class: egress.Blocked, Code: "no-disclosure"}}, egress.Blocked, "no-disclosure"},
		"not now, by our own rules":      {answer{err: &egress.Error{Class: egress.Waiting, Code: "rate"}}, egress.Waiting, "rate"},
		"a code that is no code":         {refusal(400, `you sent \"a fox\"`, egress.Bug), egress.Bug, "unlisted"},
		"a success with a code inside":   {answer{body: `{"RequestId":"8473A5E5","Code":"InvalidFile.Content"}`}, egress.BadMedia, "InvalidFile.Content"},
		"a success that is no JSON":      {answer{body: `welcome`}, egress.UnknownOutcome, "reply"},
		"a success without data":         {answer{body: `{"RequestId":"8473A5E5"}`}, egress.UnknownOutcome, "reply-data"},
		"a success without an address":   {answer{body: `{"RequestId":"8473A5E5","Data":{"ImageURL":"out.jpg"}}`}, egress.UnknownOutcome, "result-reply"},
		"an address with another scheme": {answer{body: `{"RequestId":"8473A5E5","Data":{"ImageURL":"file://r.example/out.jpg"}}`}, egress.UnknownOutcome, "result-reply"},
	}
	for name, tc := range cases {
		l := photo()
		l.answers = []answer{tc.in}
		_, err := begin(t, l, colorize(), nil)
		if e := asError(t, err); e.Class != tc.want || e.Code != tc.code {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestAnAnalysisIsReducedToWhatTheFeatureAskedFor(t *testing.T) {
	t.Parallel()
	const all = `{"RequestId":"8251C88E","Data":{"FaceCount":2,"AgeList":[31,9],"GenderList":[0,1],"FaceRectangles":[10,20,30,40,1,2,3,4],"FaceProbabilityList":[0.99],
		"Landmarks":[1.5,2.5],"Qualities":{"ScoreList":[88.1,12.6],"BlurList":[1]},"DenseFeatureLength":1024,"DenseFeatures":["0.1","0.2"]}}`
	cases := map[string]struct {
		call string
		set  map[string]string
		want string
	}{
		"a count":         {"DetectFace", map[string]string{"MaxFaceNumber": "5"}, `{"face_count":2}`},
		"ages":            {"RecognizeFace", map[string]string{"Age": "true"}, `{"ages":["30-39","0-9"]}`},
		"genders":         {"RecognizeFace", map[string]string{"Gender": "true"}, `{"genders":["female","male"]}`},
		"quality":         {"RecognizeFace", map[string]string{"Quality": "true", "Age": "false"}, `{"quality":[88,13]}`},
		"ages and gender": {"RecognizeFace", map[string]string{"Age": "true", "Gender": "true"}, `{"ages":["30-39","0-9"],"genders":["female","male"]}`},
	}
	for name, tc := range cases {
		l := photo()
		l.answers = []answer{{body: all}}
		begun, err := begin(t, l, flow(tc.call, "ImageURL", tc.set), nil)
		if err != nil || begun.Ticket != nil || begun.Status == nil || begun.Status.State != driver.Done || len(begun.Status.Results) != 1 {
			t.Fatalf("%s: %+v, %v", name, begun, err)
		}
		if got, _ := json.Marshal(begun.Status.Results[0].Attributes); string(got) != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestAnAnalysisThatCannotBeRightIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{}`, `null`, `[]`, `{"FaceCount":-1}`, `{"FaceCount":31}`, `{"FaceCount":2,"AgeList":[31]}`, `{"FaceCount":1,"AgeList":[-1]}`,
		`{"FaceCount":1,"AgeList":[150]}`, `{"FaceCount":1,"AgeList":["old"]}`, `{"FaceCount":1,"AgeList":[31],"GenderList":[2]}`,
		`{"FaceCount":1,"AgeList":[31],"GenderList":[0],"Qualities":{"ScoreList":[100.1]}}`,
	} {
		l := photo()
		l.answers = []answer{{body: `{"RequestId":"8251C88E","Data":` + data + `}`}}
		_, err := begin(t, l, flow("RecognizeFace", "ImageURL", map[string]string{"Age": "true", "Gender": "true", "Quality": "true"}), nil)
		if e := asError(t, err); e.Class != egress.UnknownOutcome || e.Code != "reply-data" {
			t.Errorf("%s: %+v", data, e)
		}
	}
}

func TestNoFaceIsAnAnswerForACountAndARefusalForTheRest(t *testing.T) {
	t.Parallel()
	none := answer{body: `{"RequestId":"8251C88E","Data":{"FaceCount":0}}`}
	l := photo()
	l.answers = []answer{none}
	begun, err := begin(t, l, flow("DetectFace", "ImageURL", nil), nil)
	if err != nil || *begun.Status.Results[0].Attributes.FaceCount != 0 {
		t.Errorf("got %+v, %v", begun, err)
	}
	l = photo()
	l.answers = []answer{none}
	_, err = begin(t, l, flow("RecognizeFace", "ImageURL", map[string]string{"Age": "true"}), nil)
	if e := asError(t, err); e.Class != egress.NoFace {
		t.Errorf("got %+v", e)
	}
}

// TestWhatTheTableDoesNotListIsRefusedBeforeAnyCall shows that wiring cannot make the driver ask
// for more than it should, nor in another way than Alibaba takes it.
func TestWhatTheTableDoesNotListIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	age := map[string]string{"Age": "true"}
	two := flow("ColorizeImage", "ImageURL", nil)
	two.Nodes["second_photo"] = driver.Node{Name: "ImageURL"}
	words := flow("ColorizeImage", "ImageURL", nil)
	words.Nodes["prompt"] = driver.Node{Name: "ImageURL"}
	elsewhere := flow("ColorizeImage", "ImageURL", nil)
	elsewhere.Nodes["photo"] = driver.Node{ID: "AddFaceImageTemplate", Name: "ImageURL"}
	half := swapFlow()
	half.Nodes = map[privacy.Field]driver.Node{"photo": half.Nodes["photo"]}
	cases := map[string]struct {
		w    driver.Workflow
		l    line
		code string
	}{
		"no flag":               {flow("RecognizeFace", "ImageURL", map[string]string{"MaxFaceNumber": "5"}), line{}, "parameter"},
		"flags that say no":     {flow("RecognizeFace", "ImageURL", map[string]string{"Age": "false"}), line{}, "parameter"},
		"another flag":          {flow("RecognizeFace", "ImageURL", map[string]string{"Age": "true", "Beauty": "true"}), line{}, "parameter"},
		"landmarks":             {flow("DetectFace", "ImageURL", map[string]string{"Landmark": "true"}), line{}, "parameter"},
		"user data":             {flow("GenerateSuperResolutionImage", "ImageUrl", map[string]string{"UserData": "sub-1"}), line{}, "parameter"},
		"another name":          {flow("RecognizeFace", "ImageUrl", age), line{}, "parameter"},
		"a comparison":          {flow("CompareFace", "ImageURLA", nil), line{}, "call"},
		"a search":              {flow("SearchFace", "ImageUrl", nil), line{}, "call"},
		"a template alone":      {flow("AddFaceImageTemplate", "ImageURL", nil), line{}, "call"},
		"no call":               {flow("", "ImageURL", nil), line{}, "call"},
		"two pictures":          {two, line{media: []privacy.Field{"photo", "second_photo"}}, "parameter"},
		"words for a picture":   {words, line{media: []privacy.Field{"photo"}, options: []privacy.Field{"prompt"}}, "parameter"},
		"another call's place":  {elsewhere, line{}, "no-node"},
		"a field without place": {colorize(), line{media: []privacy.Field{"photo", "second_photo"}}, "no-node"},
		"no picture":            {colorize(), line{options: []privacy.Field{}, media: []privacy.Field{}}, "parameter"},
		"bytes":                 {colorize(), line{transport: "bytes"}, "transport"},
		"half a swap":           {half, line{}, "parameter"},
	}
	for name, tc := range cases {
		if tc.l.media == nil {
			tc.l.media = []privacy.Field{"photo"}
		}
		_, err := begin(t, &tc.l, tc.w, nil)
		if e := asError(t, err); e.Class != egress.Bug || e.Code != tc.code || len(tc.l.seen) > 0 {
			t.Errorf("%s: %+v after %d calls", name, e, len(tc.l.seen))
		}
	}
}

func TestOptionsTravelInAlibabasWords(t *testing.T) {
	t.Parallel()
	w := flow("GenerateHumanAnimeStyle", "ImageURL", nil)
	w.Nodes["style"] = driver.Node{Name: "AlgoType", Words: map[string]string{"cartoon": "anime"}}
	l := &line{media: []privacy.Field{"photo"}, options: []privacy.Field{"style"}, answers: []answer{{body: colorized}}}
	if _, err := begin(t, l, w, nil); err != nil {
		t.Fatal(err)
	}
	style, ok := l.seen[0].Query["AlgoType"].(wire.Coded)
	if !ok || style.Field != "style" || style.Words["cartoon"] != "anime" || l.seen[0].Body != nil || len(l.seen[0].Query) != 2 {
		t.Errorf("got %+v", l.seen[0])
	}
}

func ends(t *testing.T, raw driver.Ticket, answers ...answer) (driver.Status, *line) {
	t.Helper()
	l := &line{answers: answers}
	s, err := alibaba.Driver{}.Poll(t.Context(), l, raw)
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

func TestAResultThatIsKnownIsNotAskedFor(t *testing.T) {
	t.Parallel()
	l := photo()
	l.answers = []answer{{body: colorized}}
	begun, err := begin(t, l, colorize(), nil)
	if err != nil || begun.Status != nil {
		t.Fatalf("got %+v, %v", begun, err)
	}
	s, asked := ends(t, begun.Ticket)
	if s.State != driver.Done || s.Results[0].File.URL != "http://r.example/out.jpg" || len(asked.seen) > 0 {
		t.Errorf("got %+v", s)
	}
	if out, err := (alibaba.Driver{}).Cancel(t.Context(), asked, begun.Ticket); out != driver.TooLate || err != nil || len(asked.seen) > 0 {
		t.Errorf("cancelled: %v, %v", out, err)
	}
}

func TestEveryStatusOfAJobIsUnderstood(t *testing.T) {
	t.Parallel()
	cases := map[string]driver.Status{
		`"Status":"QUEUING"`:    {State: driver.Queued},
		`"Status":"PROCESSING"`: {State: driver.Running},
		`"Status":"SOMETHING"`:  {},
		`"Status":"PROCESS_FAILED","ErrorCode":"InvalidParameter","ErrorMessage":"a fox"`: {State: driver.Failed, Class: egress.Bug, Code: "InvalidParameter"},
		`"Status":"PROCESS_FAILED","ErrorCode":"InvalidFile.Content"`:                     {State: driver.Failed, Class: egress.BadMedia, Code: "InvalidFile.Content"},
		`"Status":"PROCESS_FAILED","ErrorCode":"Throttling"`:                              {State: driver.Failed, Class: egress.Failed, Code: "Throttling"},
		`"Status":"PROCESS_FAILED","ErrorCode":"InternalError"`:                           {State: driver.Failed, Class: egress.Failed, Code: "InternalError"},
		`"Status":"PROCESS_FAILED"`:                                                       {State: driver.Failed, Class: egress.Failed, Code: "unlisted"},
		`"Status":"TIMEOUT_FAILED"`:                                                       {State: driver.Failed, Class: egress.Failed, Code: "TIMEOUT_FAILED"},
		`"Status":"LIMIT_RETRY_FAILED"`:                                                   {State: driver.Failed, Class: egress.Failed, Code: "LIMIT_RETRY_FAILED"},
		`"Status":"PROCESS_SUCCESS","Result":""`:                                          {State: driver.Failed, Class: egress.Failed, Code: "empty"},
		`"Status":"PROCESS_SUCCESS","Result":"{\"resultUrl\":7}"`:                         {State: driver.Failed, Class: egress.Failed, Code: "empty"},
	}
	for data, want := range cases {
		s, l := ends(t, driver.Ticket(`{"service":"imageenhan","job":"48F38719-F0C2"}`), answer{body: `{"RequestId":"6B4B827E","Data":{"JobId":"48F38719-F0C2",` + data + `}}`})
		if fmt.Sprint(s) != fmt.Sprint(want) || l.seen[0].Service != "imageenhan" {
			t.Errorf("%s: %+v", data, s)
		}
	}
	for _, result := range []string{`{\"resultUrl\":\"http://r.example/o.jpg\"}`, `{\"VideoURL\":\"http://r.example/o.jpg\"}`, `{\"x\":1,\"ImageUrl\":\"http://r.example/o.jpg\"}`, `http://r.example/o.jpg`} {
		s, _ := ends(t, driver.Ticket(`{"service":"facebody","job":"48F38719-F0C2"}`), answer{body: `{"RequestId":"6B4B827E","Data":{"Status":"PROCESS_SUCCESS","Result":"` + result + `"}}`})
		if s.State != driver.Done || s.Results[0].File.URL != "http://r.example/o.jpg" {
			t.Errorf("%s: %+v", result, s)
		}
	}
}

func TestAQuestionMayBeAskedAgain(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]answer{
		"no JSON": {body: "welcome"}, "no data": {body: `{"RequestId":"6B4B827E"}`}, "another type": {body: `{"RequestId":"6B4B827E","Data":"x"}`},
		"a busy service": refusal(588, "InternalBusy", egress.Transient), "an internal error": refusal(500, "InternalError", egress.Transient),
	} {
		_, err := alibaba.Driver{}.Poll(t.Context(), &line{answers: []answer{a}}, driver.Ticket(`{"service":"imageenhan","job":"48F38719-F0C2"}`))
		if e := asError(t, err); e.Class != egress.Transient {
			t.Errorf("%s: %+v", name, e)
		}
	}
	s, _ := ends(t, driver.Ticket(`{"service":"imageenhan","job":"48F38719-F0C2"}`), refusal(404, "NoSuchJob", egress.Gone))
	if s.State != driver.Failed || s.Class != egress.Gone {
		t.Errorf("a job that is gone: %+v", s)
	}
}

func TestACancellationSaysWhatItAchieved(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in    answer
		want  driver.CancelOutcome
		fails bool
	}{
		"it waited":          {answer{body: `{"RequestId":"43A0AEB6","HttpCode":"200","Success":true}`}, driver.Stopped, false},
		"it did not wait":    {answer{body: `{"RequestId":"43A0AEB6","HttpCode":"200","Success":false}`}, driver.TooLate, false},
		"it is unknown":      {refusal(400, "ParameterError", egress.Bug), driver.TooLate, false},
		"the key is refused": {refusal(403, "AuthFailed", egress.Auth), driver.Unsupported, true},
		"nobody answers":     {answer{err: &egress.Error{Class: egress.Transient, Code: "timeout"}}, driver.Unsupported, true},
		"it says nothing":    {answer{body: `{}`}, driver.Unsupported, true},
	}
	for name, tc := range cases {
		l := &line{answers: []answer{tc.in}}
		got, err := alibaba.Driver{}.Cancel(t.Context(), l, driver.Ticket(`{"service":"imageenhan","job":"48F38719-F0C2"}`))
		if got != tc.want || (err != nil) != tc.fails || l.seen[0].Service != "viapi" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestGarbageIsRefused(t *testing.T) {
	t.Parallel()
	d := alibaba.Driver{}
	for _, raw := range []string{``, `{}`, `[]`, `{"job":"48F38719-F0C2"}`, `{"job":"a b c d e f g","service":"facebody"}`, `{"job":"48F38719-F0C2","service":"green"}`, `{"file":"/etc/passwd"}`, `{"template":"x"}`} {
		l := &line{}
		_, err1 := d.Poll(t.Context(), l, driver.Ticket(raw))
		_, err2 := d.Cancel(t.Context(), l, driver.Ticket(raw))
		_, err3 := d.Forget(t.Context(), l, driver.Ticket(raw))
		for _, err := range []error{err1, err2, err3} {
			if e := asError(t, err); e.Class != egress.Bug || e.Code != "ticket" || len(l.seen) > 0 {
				t.Errorf("%s: %+v", raw, e)
			}
		}
	}
	for _, state := range []string{`{}`, `x`, `{"template":"../x"}`} {
		_, err := begin(t, photo(), colorize(), []byte(state))
		if e := asError(t, err); e.Class != egress.Bug || e.Code != "resume" {
			t.Errorf("%s: %+v", state, e)
		}
		if _, found := d.Leftover([]byte(state)); found {
			t.Errorf("%s: something was left", state)
		}
	}
}

func FuzzTicketsAndAnswers(f *testing.F) {
	f.Add([]byte(`{"service":"imageenhan","job":"48F38719-F0C2"}`), []byte(`{"RequestId":"6","Data":{"Status":"PROCESS_SUCCESS","Result":"{\"resultUrl\":\"http://r.example/o.jpg\"}"}}`))
	f.Add([]byte(`{"template":"6cd509ea-54fa-4730-8e9d-c94cadcda048","face":"6cd509ea_0","file":"http://r.example/x"}`), []byte(present))
	f.Add([]byte(`{`), []byte(`{"RequestId":"8","Data":{"FaceCount":1,"AgeList":[31],"DenseFeatures":[1]}}`))
	f.Fuzz(func(t *testing.T, ticket, body []byte) {
		d := alibaba.Driver{}
		same := slices.Repeat([]answer{{body: string(body)}}, 4)
		if s, err := d.Poll(t.Context(), &line{answers: same}, ticket); err == nil && s.State == driver.Done && len(s.Results) == 0 {
			t.Error("done without a result")
		}
		_, _ = d.Cancel(t.Context(), &line{answers: same}, ticket)
		_, _ = d.Forget(t.Context(), &line{answers: same}, ticket)
		if left, ok := d.Leftover(ticket); ok {
			if _, err := d.Forget(t.Context(), &line{answers: same}, left); err != nil {
				t.Errorf("what was left cannot be forgotten: %v", err)
			}
		}
		for _, w := range []driver.Workflow{colorize(), flow("RecognizeFace", "ImageURL", map[string]string{"Age": "true"}), flow("GenerateCartoonizedImage", "ImageUrl", nil)} {
			l := photo()
			l.answers = same
			if b, err := begin(t, l, w, nil); err == nil && b.Ticket == nil && b.Status == nil {
				t.Error("begun without anything")
			}
		}
		l := &line{media: []privacy.Field{"photo", "template_photo"}, answers: same}
		_, _ = begin(t, l, swapFlow(), ticket)
	})
}

func isRefusal(err error) bool {
	var e *egress.Error
	return errors.As(err, &e)
}
