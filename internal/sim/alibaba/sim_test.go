package alibaba_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	sim "vow.example/vow/internal/sim/alibaba"
	"vow.example/vow/internal/sim/kit"
)

func TestASignatureIsCheckedInEveryPart(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := url.Values{"ImageURL": {s.media + "/in.png"}}
	cases := map[string]struct {
		edit func(r *request)
		code string
	}{
		"as it should be": {func(*request) {}, ""},
		"another secret":  {func(r *request) { r.secret = "another" }, "SignatureDoesNotMatch"},
		"no signature":    {func(r *request) { r.header["authorization"] = "" }, "IncompleteSignature"},
		"another method": {func(r *request) {
			r.header["authorization"] = "ACS3-HMAC-SHA1 Credential=a,SignedHeaders=b,Signature=c"
		}, "IncompleteSignature"},
		"spaces between": {func(r *request) {
			r.header["authorization"] = strings.ReplaceAll(r.sign(strings.TrimPrefix(s.base, "http://")), ",", ", ")
		}, "IncompleteSignature"},
		"another key": {func(r *request) {
			r.header["authorization"] = strings.Replace(r.sign(strings.TrimPrefix(s.base, "http://")), keyID, "SOMEBODY", 1)
		}, "InvalidAccessKeyId.NotFound"},
		"a header that is not signed": {func(r *request) {
			r.signed = []string{"content-type", "host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-version"}
		}, "IncompleteSignature"},
		"headers out of order": {func(r *request) {
			r.signed = []string{"host", "content-type", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
		}, "IncompleteSignature"},
		"no nonce":     {func(r *request) { delete(r.header, "x-acs-signature-nonce") }, "IncompleteSignature"},
		"another body": {func(r *request) { r.body += "&MaxFaceNumber=1" }, "IncompleteSignature"},
		"an old date": {func(r *request) {
			r.header["x-acs-date"] = noon().Add(-16 * time.Minute).Format("2006-01-02T15:04:05Z")
		}, "InvalidTimeStamp.Expired"},
		"a late date":              {func(r *request) { r.header["x-acs-date"] = noon().Add(16 * time.Minute).Format("2006-01-02T15:04:05Z") }, "InvalidTimeStamp.Expired"},
		"a date within reason":     {func(r *request) { r.header["x-acs-date"] = noon().Add(14 * time.Minute).Format("2006-01-02T15:04:05Z") }, ""},
		"no date":                  {func(r *request) { r.header["x-acs-date"] = "today" }, "InvalidTimeStamp.Expired"},
		"a token that nobody gave": {func(r *request) { r.header["x-acs-security-token"] = "token" }, "AuthFailed"},
		"another version":          {func(r *request) { r.header["x-acs-version"] = "2019-09-30" }, "InvalidAction.NotFound"},
		"an unknown action":        {func(r *request) { r.header["x-acs-action"] = "CompareFace" }, "InvalidAction.NotFound"},
		"an unknown version":       {func(r *request) { r.header["x-acs-version"] = "2020-03-20" }, "InvalidAction.NotFound"},
	}
	for name, tc := range cases {
		r := s.prepare("RecognizeFace", in)
		tc.edit(r)
		if got := s.send(r); got.Code != tc.code {
			t.Errorf("%s: %d %q, want %q", name, got.status, got.Code, tc.code)
		}
	}
}

func TestANonceIsTakenOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := s.prepare("ColorizeImage", url.Values{"ImageURL": {s.media + "/in.png"}})
	if got := s.send(r); got.Code != "" {
		t.Fatalf("got %+v", got)
	}
	if got := s.send(r); got.Code != "SignatureNonceUsed" {
		t.Errorf("the second time: %+v", got)
	}
	s.clock.Advance(31 * time.Minute)
	if got := s.send(r); got.Code != "InvalidTimeStamp.Expired" {
		t.Errorf("much later: %+v", got)
	}
}

func TestAClockThatIsOffRefusesWhatIsRight(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *sim.Options) { o.Skew = 20 * time.Minute })
	if got := s.call("ColorizeImage", "ImageURL", s.media+"/in.png"); got.Code != "InvalidTimeStamp.Expired" {
		t.Errorf("got %+v", got)
	}
}

// TestRecordedRequestsOfTheSDKPass replays what Alibaba's SDK really sent: signature, placement and
// parameters are right, and only the picture, which is nowhere, is missing.
func TestRecordedRequestsOfTheSDKPass(t *testing.T) {
	t.Parallel()
	cases := map[string]map[string]string{
		"aliyun-sdk.json": {
			"RecognizeFace by URL": "InvalidFile.Download", "AddFaceImageTemplate": "InvalidFile.Download", "MergeImageFace": "ParameterError", "DetectFace": "InvalidFile.Download",
			"QueryFaceImageTemplate": "", "DeleteFaceImageTemplate": "", "GenerateHumanAnimeStyle": "InvalidFile.Download", "GenerateHumanSketchStyle": "InvalidFile.Download",
			"ColorizeImage": "InvalidFile.Download", "MakeSuperResolutionImage": "InvalidFile.Download", "GenerateCartoonizedImage": "InvalidFile.Download", "GetAsyncJobResult": "ParameterError",
		},
		"aliyun-rest.json": {"CancelWaitingAsyncJob": "", "MergeVideoFace": "InvalidAction.NotFound", "wrong secret": "SignatureDoesNotMatch"},
	}
	for file, wanted := range cases {
		s := start(t)
		if file == "aliyun-rest.json" {
			s = start(t, func(o *sim.Options) { o.Skew = -36*time.Minute - 6*time.Second })
		}
		list, notes := raws(t, file)
		for n, raw := range list {
			for note, code := range wanted {
				if !strings.Contains(notes[n], note) || strings.Contains(notes[n], "Advance") {
					continue
				}
				r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
				if err != nil {
					t.Fatal(err)
				}
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r.WithContext(t.Context()))
				if got := w.Body.String(); code != "" && !strings.Contains(got, `"Code":"`+code+`"`) || code == "" && w.Code != http.StatusOK {
					t.Errorf("%s: %d %s, want %q", notes[n], w.Code, got, code)
				}
				delete(wanted, note)
			}
		}
		if len(wanted) > 0 {
			t.Errorf("%s: not found: %v", file, wanted)
		}
		if odd := s.Received().Violations; len(odd) > 0 {
			t.Errorf("%s: %v", file, odd)
		}
	}
}

func TestParametersAreTakenAsTheTableSays(t *testing.T) {
	t.Parallel()
	s := start(t)
	photo := s.media + "/in.png"
	cases := map[string]struct {
		action string
		pairs  []string
		code   string
	}{
		"unknown parameter":          {"ColorizeImage", []string{"ImageURL", photo, "Prompt", "a fox"}, "ParameterError"},
		"another spelling":           {"ColorizeImage", []string{"ImageUrl", photo}, "ParameterError"},
		"missing parameter":          {"ColorizeImage", nil, "ParameterError"},
		"a word for a flag":          {"RecognizeFace", []string{"ImageURL", photo, "Age", "yes"}, "ParameterError"},
		"a number too large":         {"RecognizeFace", []string{"ImageURL", photo, "MaxFaceNumber", "11"}, "ParameterError"},
		"a number too small":         {"DetectFace", []string{"ImageURL", photo, "MaxFaceNumber", "0"}, "ParameterError"},
		"no number":                  {"DetectFace", []string{"ImageURL", photo, "MaxFaceNumber", "+5"}, "ParameterError"},
		"a style":                    {"GenerateHumanAnimeStyle", []string{"ImageURL", photo, "AlgoType", "comic"}, ""},
		"no style":                   {"GenerateHumanAnimeStyle", []string{"ImageURL", photo, "AlgoType", "cartoon"}, "ParameterError"},
		"half a style":               {"GenerateHumanAnimeStyle", []string{"ImageURL", photo, "AlgoType", "anime|3d"}, "ParameterError"},
		"a sketch":                   {"GenerateHumanSketchStyle", []string{"ImageURL", photo, "ReturnType", "full"}, ""},
		"no sketch":                  {"GenerateHumanSketchStyle", []string{"ImageURL", photo, "ReturnType", "half"}, "ParameterError"},
		"a factor":                   {"MakeSuperResolutionImage", []string{"Url", photo, "UpscaleFactor", "4", "OutputFormat", "png", "OutputQuality", "30"}, ""},
		"a factor too large":         {"MakeSuperResolutionImage", []string{"Url", photo, "UpscaleFactor", "5"}, "ParameterError"},
		"a list from zero":           {"MergeImageFace", []string{"TemplateId", nobody, "MergeInfos.0.ImageURL", photo}, "ParameterError"},
		"an unknown template":        {"MergeImageFace", []string{"TemplateId", nobody, "ImageURL", photo}, "ParameterError"},
		"an unknown job":             {"GetAsyncJobResult", []string{"JobId", nobody}, "ParameterError"},
		"an identifier":              {"GetAsyncJobResult", []string{"JobId", "a b"}, "ParameterError"},
		"a picture by http":          {"ColorizeImage", []string{"ImageURL", "http://media.example.test/in.png"}, "IllegalUrlParameter"},
		"no address":                 {"ColorizeImage", []string{"ImageURL", "in.png"}, "IllegalUrlParameter"},
		"Chinese in it":              {"ColorizeImage", []string{"ImageURL", s.media + "/照片.png"}, "IllegalUrlParameter"},
		"nothing there":              {"ColorizeImage", []string{"ImageURL", s.media + "/gone.png"}, "InvalidFile.Download"},
		"no picture":                 {"ColorizeImage", []string{"ImageURL", s.media + "/text.png"}, "InvalidFile.Type"},
		"a broken picture":           {"ColorizeImage", []string{"ImageURL", s.media + "/broken.png"}, "InvalidFile.Decode"},
		"a tiny picture":             {"RecognizeFace", []string{"ImageURL", s.media + "/tiny.png"}, "InvalidFile.Resolution"},
		"a wide picture":             {"MakeSuperResolutionImage", []string{"Url", s.media + "/wide.png"}, "InvalidFile.Resolution"},
		"a large picture":            {"RecognizeFace", []string{"ImageURL", s.media + "/large.png"}, "InvalidFile.Size"},
		"a JPEG":                     {"RecognizeFace", []string{"ImageURL", s.media + "/in.jpg"}, ""},
		"a BMP":                      {"RecognizeFace", []string{"ImageURL", s.media + "/in.bmp"}, ""},
		"WebP where it is taken":     {"MakeSuperResolutionImage", []string{"Url", s.media + "/webp.webp"}, ""},
		"WebP where it is not taken": {"ColorizeImage", []string{"ImageURL", s.media + "/webp.webp"}, "InvalidFile.Type"},
	}
	for name, tc := range cases {
		if got := s.call(tc.action, tc.pairs...); got.Code != tc.code || tc.code == "" && got.status != http.StatusOK || tc.code != "" && got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %q, want %q", name, got.status, got.Code, tc.code)
		}
	}
}

func TestParametersInTheWrongPlaceAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := url.Values{"ImageURL": {s.media + "/in.png"}}
	spoil := map[string]func() *request{
		"a query for a body": func() *request {
			r := s.prepare("ColorizeImage", nil)
			r.query = in.Encode()
			delete(r.header, "content-type")
			return r
		},
		"both": func() *request {
			r := s.prepare("ColorizeImage", in)
			r.query = "Mode=base"
			return r
		},
		"a body for a query": func() *request {
			r := s.prepare("GenerateHumanAnimeStyle", nil)
			r.body, r.header["content-type"] = in.Encode(), "application/x-www-form-urlencoded"
			r.header["x-acs-content-sha256"] = hexOf([]byte(r.body))
			return r
		},
		"JSON": func() *request {
			r := s.prepare("ColorizeImage", in)
			r.body, r.header["content-type"] = `{"ImageURL":"x"}`, "application/json"
			r.header["x-acs-content-sha256"] = hexOf([]byte(r.body))
			return r
		},
		"a parameter twice": func() *request {
			return s.prepare("ColorizeImage", url.Values{"ImageURL": {s.media + "/in.png", s.media + "/in.jpg"}})
		},
		"a GET": func() *request {
			r := s.prepare("ColorizeImage", in)
			r.method, r.query, r.body = "GET", r.body, ""
			delete(r.header, "content-type")
			r.header["x-acs-content-sha256"] = hexOf(nil)
			return r
		},
		"no word on what is accepted": func() *request {
			r := s.prepare("ColorizeImage", in)
			r.header["accept"] = "*/*"
			return r
		},
	}
	for name, make := range spoil {
		if got := s.send(make()); got.Code != "ParameterError" {
			t.Errorf("%s: %d %q", name, got.status, got.Code)
		}
	}
}

func TestEveryErrorOfTheTableCanBeProduced(t *testing.T) {
	t.Parallel()
	s := start(t)
	table := map[string]int{
		"AuthFailed": 403, "SignatureDoesNotMatch": 400, "InvalidAccessKeyId.NotFound": 404, "InvalidAccessKeyId.Inactive": 400, "InvalidAccessKeySecret": 400,
		"IncompleteSignature": 400, "SignatureNonceUsed": 400, "InvalidTimeStamp.Expired": 400, "InvalidApi.NotPurchase": 403, "InvalidApi.ForbiddenInvoke": 403,
		"InvalidApi.OutOfService": 404, "InvalidAction.NotFound": 404, "InvalidDB.Status": 400, "ParameterError": 400, "ClientError.IllegalArgument": 400,
		"IllegalUrlParameter": 400, "EntityNotExist.Role": 400, "InvalidFile.Content": 400, "InvalidFile.Decode": 400, "InvalidFile.Size": 400, "InvalidFile.Type": 400,
		"InvalidFile.URL": 400, "InvalidFile.Resolution": 400, "InvalidFile.Download": 400, "InvalidImage.Content": 400,
		"InternalError": 500, "InternalError.Algo": 500, "InternalError.Timeout": 500, "Timeout": 500, "Throttling": 503, "Throttling.User": 400,
	}
	for code, status := range table {
		s.Next(sim.Script{Action: "ColorizeImage", Code: code})
		s.Next(sim.Script{Code: code, Status: 588})
		for _, want := range []int{status, 588} {
			got := s.call("ColorizeImage", "ImageURL", s.media+"/in.png")
			if got.status != want || got.Code != code || got.RequestID == "" || strings.Contains(code, "Throttling") != (got.header.Get("x-acs-retry-after") == "1500") {
				t.Errorf("%s: %d %q %q", code, got.status, got.Code, got.header.Get("x-acs-retry-after"))
			}
		}
	}
	s.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if got := s.call("ColorizeImage", "ImageURL", s.media+"/in.png"); got.status != 400 || got.Code != "Throttling.User" || got.header.Get("x-acs-retry-after") != "1500" {
		t.Errorf("a busy service: %+v", got)
	}
	if got := s.call("ColorizeImage", "ImageURL", s.media+"/in.png"); got.Code != "" {
		t.Errorf("after all that: %+v", got)
	}
}

func TestAResultLivesHalfAnHourUnderAnAddressThatSaysHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	for action, member := range map[string]string{"ColorizeImage": "ImageURL", "MakeSuperResolutionImage": "Url"} {
		param := member
		got := s.call(action, param, s.media+"/in.png")
		address, _ := got.Data[member].(string)
		if !strings.HasPrefix(address, "http://") || !strings.Contains(address, "Expires=1795293366") {
			t.Fatalf("%s: %v", action, got.Data)
		}
		if status, data := s.get(address); status != http.StatusOK || !bytes.HasPrefix(data, picture(t, 200, 200)) {
			t.Errorf("%s: %d, %d bytes", action, status, len(data))
		}
		if status, _ := s.get(strings.Replace(address, "Signature=", "Signature=0", 1)); status != http.StatusForbidden {
			t.Errorf("%s with another signature: %d", action, status)
		}
	}
	holds := s.Received().Holds
	s.clock.Advance(30*time.Minute + time.Second)
	left := s.Received().Holds
	isOutput := func(h kit.Hold) bool { return h.Kind == "output" }
	if !slices.ContainsFunc(holds, isOutput) || slices.ContainsFunc(left, isOutput) {
		t.Errorf("held %v, later %v", holds, left)
	}
	got := s.call("ColorizeImage", "ImageURL", s.media+"/in.png")
	address, _ := got.Data["ImageURL"].(string)
	s.clock.Advance(30*time.Minute + time.Second)
	if status, _ := s.get(address); status != http.StatusForbidden {
		t.Errorf("a dead address answers %d", status)
	}
}
