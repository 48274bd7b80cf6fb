package tencent

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// states asks after a job until it has ended and returns the states on the way.
func states(t *testing.T, s *Sim, id string) (list []string, last map[string]any) {
	t.Helper()
	for range 400 {
		last = send(t, s, query(id))
		state, _ := last["JobStatusCode"].(string)
		if len(list) == 0 || list[len(list)-1] != state {
			list = append(list, state)
		}
		if state == broken || state == done {
			return list, last
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the job does not end")
	return nil, nil
}

func begin(t *testing.T, s *Sim, body string) string {
	t.Helper()
	got := send(t, s, submit(body))
	id, _ := got["JobId"].(string)
	if id == "" {
		t.Fatalf("got %v", got)
	}
	return id
}

func TestAJobGoesThroughItsNumbers(t *testing.T) {
	t.Parallel()
	s := fresh(t, func(o *Options) { o.Queue, o.Run = 50*time.Millisecond, 50*time.Millisecond })
	list, last := states(t, s, begin(t, s, `{"Prompt":"a fox","Revise":0,"Num":2}`))
	if !slices.Equal(list, []string{waiting, running, done}) {
		t.Errorf("states %v", list)
	}
	links, _ := last["ResultImage"].([]any)
	revised, _ := last["RevisedPrompt"].([]any)
	if len(links) != 2 || len(revised) != 0 {
		t.Errorf("got %v", last)
	}
	list, last = states(t, s, begin(t, s, `{"Prompt":"test:fail","Revise":0}`))
	if list[len(list)-1] != broken || last["JobErrorCode"] != "FailedOperation.GenerateImageFailed" {
		t.Errorf("test:fail: %v, %v", list, last)
	}
	list, _ = states(t, s, begin(t, s, `{"Prompt":"nothing","Revise":0}`))
	if list[len(list)-1] != broken {
		t.Errorf("a picture that cannot be made: %v", list)
	}
}

func TestASecondJobAtATimeIsRefused(t *testing.T) {
	t.Parallel()
	s := fresh(t, func(o *Options) { o.Run = time.Minute })
	begin(t, s, `{"Prompt":"a fox","Revise":0}`)
	if got := codeOf(send(t, s, submit(`{"Prompt":"a wolf","Revise":0}`))); got != "RequestLimitExceeded.JobNumExceed" {
		t.Errorf("got %q", got)
	}
	other := outgoing{service: "aiart", action: "SubmitTextToImageJob", version: aiart, body: `{"Prompt":"a wolf","Revise":0}`}
	if got := codeOf(send(t, s, other)); got != "" {
		t.Errorf("another service: %q", got)
	}
}

func TestAJobIsKnownToItsOwnServiceOnly(t *testing.T) {
	t.Parallel()
	s := fresh(t, nil)
	id := begin(t, s, `{"Prompt":"a fox","Revise":0}`)
	o := query(id)
	o.service, o.action, o.version = "aiart", "QueryTextToImageJob", aiart
	if got := codeOf(send(t, s, o)); got != "FailedOperation.JobNotExist" {
		t.Errorf("got %q", got)
	}
}

func TestSomePicturesOfAJobMayFail(t *testing.T) {
	t.Parallel()
	s := fresh(t, nil)
	s.NextJob("Success", "OperationDenied.ImageIllegalDetected")
	_, last := states(t, s, begin(t, s, `{"Prompt":"a fox","Revise":0,"Num":2}`))
	links, _ := last["ResultImage"].([]any)
	details, _ := last["ResultDetails"].([]any)
	if len(links) != 2 || links[0] == "" || links[1] != "" || len(details) != 2 || details[1] != "OperationDenied.ImageIllegalDetected" {
		t.Errorf("got %v", last)
	}
	s.NextJob("FailedOperation.RpcFail")
	list, last := states(t, s, begin(t, s, `{"Prompt":"a fox","Revise":0}`))
	if list[len(list)-1] != broken || last["JobErrorCode"] != "FailedOperation.RpcFail" {
		t.Errorf("got %v", last)
	}
}

func TestWhatARecipientShouldNeverSeeIsNoticed(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		o    outgoing
		want string
	}{
		"a prompt to be rewritten":         {submit(`{"Prompt":"a fox"}`), "Revise: the prompt would be rewritten"},
		"a prompt to be rewritten by wish": {submit(`{"Prompt":"a fox","Revise":1}`), "Revise: the prompt would be rewritten"},
		"a picture in text to image":       {submit(`{"Prompt":"a fox","Revise":0,"ContentImage":{"ImageUrl":"https://x.example/a.png"}}`), "ContentImage: a picture in text to image"},
		"the place of a face":              {age(`{"AgeInfos":[{"Age":20,"FaceRect":{"X":1,"Y":1,"Width":9,"Height":9}}],"Url":"http://127.0.0.1:1/a.png"}`), "FaceRect: the place of a face"},
	}
	for name, tc := range cases {
		s := fresh(t, nil)
		send(t, s, tc.o)
		if odd := s.Received().Violations; !slices.Contains(odd, tc.want) {
			t.Errorf("%s: noticed %v", name, odd)
		}
	}
	s := fresh(t, nil)
	_, last := states(t, s, begin(t, s, `{"Prompt":"a fox"}`))
	if revised, _ := last["RevisedPrompt"].([]any); len(revised) != 1 {
		t.Errorf("a prompt that was rewritten does not come back: %v", last)
	}
}

func TestMagicPromptsFailInTheirOwnWay(t *testing.T) {
	t.Parallel()
	s := fresh(t, nil)
	for prompt, want := range map[string]string{
		"test:refused": "OperationDenied.TextIllegalDetected", "test:fail": "FailedOperation.GenerateImageFailed",
		"test:throttled": "RequestLimitExceeded", "nothing": "FailedOperation.InnerError",
	} {
		if got := codeOf(send(t, s, lite(`{"Prompt":"`+prompt+`"}`))); got != want {
			t.Errorf("%s: %q, want %q", prompt, got, want)
		}
	}
	if got := codeOf(send(t, s, lite(`{"Prompt":"test:throttled"}`))); got != "" {
		t.Errorf("the second time: %q", got)
	}
	s.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if got := codeOf(send(t, s, lite(`{"Prompt":"a fox"}`))); got != "RequestLimitExceeded" {
		t.Errorf("throttled: %q", got)
	}
}

func TestALinkedPhotoIsFetchedAndAResultLinkServed(t *testing.T) {
	t.Parallel()
	media := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, png+" of somebody")
	}))
	t.Cleanup(media.Close)
	s := fresh(t, nil)
	got := send(t, s, age(`{"AgeInfos":[{"Age":60}],"RspImgType":"url","Url":"`+media.URL+`/in.png"}`))
	link, _ := got["ResultUrl"].(string)
	r := httptest.NewRequest("GET", link, nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.HasSuffix(w.Body.String(), "of somebody60") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	e := s.Received()
	if !slices.Equal(e.Requests[0].Fields, []string{"photo"}) || len(e.Violations) > 0 {
		t.Errorf("got %+v", e)
	}
}
