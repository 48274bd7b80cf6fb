package alibaba_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	sim "vow.example/vow/internal/sim/alibaba"
	"vow.example/vow/internal/sim/kit"
)

func TestARecognitionWithoutFlagsTellsEverything(t *testing.T) {
	t.Parallel()
	faces := []sim.Face{{Age: 31, Quality: 88.1}, {Age: 7, Gender: 1, Quality: 40}}
	s := start(t, func(o *sim.Options) { o.Faces = func([]byte) []sim.Face { return faces } })
	photo := s.media + "/in.png"
	base := []string{"FaceCount", "FaceProbabilityList", "FaceRectangles"}
	cases := map[string]struct {
		pairs []string
		count float64
		keys  []string
	}{
		"no flag": {nil, 2, append([]string{"AgeList", "BeautyList", "DenseFeatureLength", "DenseFeatures", "Expressions", "GenderList", "Glasses", "HatList", "LandmarkCount",
			"Landmarks", "Masks", "PoseList", "Qualities"}, base...)},
		"an age":         {[]string{"Age", "true"}, 1, append([]string{"AgeList"}, base...)},
		"ages":           {[]string{"Age", "true", "MaxFaceNumber", "5"}, 2, append([]string{"AgeList"}, base...)},
		"a number alone": {[]string{"MaxFaceNumber", "2"}, 2, base},
		"a flag of no":   {[]string{"Gender", "false"}, 1, base},
		"the rest": {[]string{"Gender", "true", "Quality", "true", "Beauty", "true", "Hat", "true", "Glass", "true", "Mask", "true", "Expression", "true"}, 1,
			append([]string{"BeautyList", "Expressions", "GenderList", "Glasses", "HatList", "Masks", "Qualities"}, base...)},
	}
	for name, tc := range cases {
		got := s.call("RecognizeFace", append([]string{"ImageURL", photo}, tc.pairs...)...)
		slices.Sort(tc.keys)
		if keys := slices.Sorted(maps.Keys(got.Data)); !slices.Equal(keys, tc.keys) || got.Data["FaceCount"] != tc.count {
			t.Errorf("%s: %v of %v faces", name, keys, got.Data["FaceCount"])
		}
	}
	got := s.call("RecognizeFace", "ImageURL", photo)
	if n := len(got.Data["DenseFeatures"].([]any)); n != 2*1024 {
		t.Errorf("%d numbers in the vectors", n)
	}
	if again := s.call("RecognizeFace", "ImageURL", photo); !reflect.DeepEqual(again.Data, got.Data) {
		t.Error("the same picture has another face")
	}
}

func TestADetectionTellsLandmarksWhetherWantedOrNot(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.call("DetectFace", "ImageURL", s.media+"/in.png", "Landmark", "false", "Pose", "false", "Quality", "false", "MaxFaceNumber", "10")
	if got.Data["FaceCount"] != 1.0 || len(got.Data["Landmarks"].([]any)) != 210 || got.Data["PoseList"] != nil || got.Data["Qualities"] != nil {
		t.Errorf("got %v", slices.Sorted(maps.Keys(got.Data)))
	}
	if got := s.call("DetectFace", "ImageURL", s.media+"/in.png"); got.Data["PoseList"] == nil || got.Data["Qualities"] == nil {
		t.Errorf("without flags: %v", slices.Sorted(maps.Keys(got.Data)))
	}
}

func TestAPictureWithoutAFace(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *sim.Options) { o.Faces = func([]byte) []sim.Face { return nil } })
	photo := s.media + "/in.png"
	for _, action := range []string{"DetectFace", "RecognizeFace"} {
		if got := s.call(action, "ImageURL", photo); got.Data["FaceCount"] != 0.0 {
			t.Errorf("%s: %+v", action, got)
		}
	}
	for _, action := range []string{"AddFaceImageTemplate", "GenerateHumanAnimeStyle", "GenerateHumanSketchStyle"} {
		if got := s.call(action, "ImageURL", photo); got.Code != "InvalidFile.Content" {
			t.Errorf("%s: %+v", action, got)
		}
	}
	if got := s.call("ColorizeImage", "ImageURL", photo); got.Code != "" {
		t.Errorf("a landscape is refused: %+v", got)
	}
}

func (s *service) kinds() (list []string) {
	for _, h := range s.Received().Holds {
		list = append(list, h.Kind+" "+h.Field)
	}
	return list
}

func TestATemplateStaysUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.call("AddFaceImageTemplate", "ImageURL", s.media+"/template.png")
	id, _ := got.Data["TemplateId"].(string)
	face := got.Data["FaceInfos"].([]any)[0].(map[string]any)
	if rect := face["FaceRect"].(map[string]any); rect["X"] != "10" || rect["Height"] != "64" {
		t.Errorf("the numbers are words: %v", rect)
	}
	s.clock.Advance(1000 * time.Hour)
	if got := s.kinds(); !slices.Equal(got, []string{"template template_photo"}) {
		t.Errorf("after weeks it holds %v", got)
	}
	all := s.call("QueryFaceImageTemplate")
	one := s.call("QueryFaceImageTemplate", "TemplateId", id, "PageNo", "1", "PageSize", "100")
	if !reflect.DeepEqual(all.Data, one.Data) || one.Data["Total"] != 1.0 {
		t.Errorf("listed: %v and %v", all.Data, one.Data)
	}
	if next := s.call("QueryFaceImageTemplate", "PageNo", "2"); next.Data["Total"] != 1.0 || len(next.Data["Elements"].([]any)) != 0 {
		t.Errorf("on the next page: %v", next.Data)
	}
	if status, _ := s.get(one.Data["Elements"].([]any)[0].(map[string]any)["TemplateURL"].(string)); status != 200 {
		t.Errorf("its address answers %d", status)
	}
	s.Next(sim.Script{Action: "DeleteFaceImageTemplate", Ignore: true})
	for n, left := range []float64{1, 0, 0} {
		if got := s.call("DeleteFaceImageTemplate", "TemplateId", id); got.Code != "" {
			t.Errorf("deletion %d: %+v", n, got)
		}
		if got := s.call("QueryFaceImageTemplate", "TemplateId", id); got.Data["Total"] != left {
			t.Errorf("after deletion %d: %v", n, got.Data)
		}
	}
	if got := s.kinds(); len(got) > 0 {
		t.Errorf("it still holds %v", got)
	}
}

func TestFacesAreMergedByOneOrByAList(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.call("AddFaceImageTemplate", "ImageURL", s.media+"/template.png")
	id, _ := got.Data["TemplateId"].(string)
	photo, face := s.media+"/in.png", id+"_0"
	cases := map[string]struct {
		pairs []string
		code  string
	}{
		"one":                {[]string{"ImageURL", photo}, ""},
		"a list":             {[]string{"MergeInfos.1.ImageURL", photo, "MergeInfos.1.TemplateFaceID", face, "ModelVersion", "v1", "AddWatermark", "false"}, ""},
		"neither":            {nil, "ParameterError"},
		"both":               {[]string{"ImageURL", photo, "MergeInfos.1.ImageURL", photo, "MergeInfos.1.TemplateFaceID", face}, "ParameterError"},
		"a list with a hole": {[]string{"MergeInfos.2.ImageURL", photo, "MergeInfos.2.TemplateFaceID", face}, "ParameterError"},
		"half a pair":        {[]string{"MergeInfos.1.ImageURL", photo}, "ParameterError"},
		"somebody's face":    {[]string{"MergeInfos.1.ImageURL", photo, "MergeInfos.1.TemplateFaceID", nobody + "_0"}, "ParameterError"},
		"another model":      {[]string{"ImageURL", photo, "ModelVersion", "v3"}, "ParameterError"},
		"no picture there":   {[]string{"ImageURL", s.media + "/gone.png"}, "InvalidFile.Download"},
	}
	for name, tc := range cases {
		got := s.call("MergeImageFace", append([]string{"TemplateId", id}, tc.pairs...)...)
		if got.Code != tc.code {
			t.Errorf("%s: %+v", name, got)
		}
		if tc.code != "" {
			continue
		}
		want := string(picture(t, 300, 300)) + string(picture(t, 200, 200)) + "face_swap"
		if _, data := s.get(got.Data["ImageURL"].(string)); string(data) != want {
			t.Errorf("%s: %d bytes", name, len(data))
		}
	}
}

// status asks until the job has one of these.
func (s *service) status(id string, wanted ...string) map[string]any {
	s.t.Helper()
	for range 500 {
		got := s.call("GetAsyncJobResult", "JobId", id)
		if word, _ := got.Data["Status"].(string); slices.Contains(wanted, word) {
			return got.Data
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.t.Fatalf("the job does not come to %v", wanted)
	return nil
}

func TestAJobGoesThroughItsStages(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := start(t, func(o *sim.Options) {
		render := o.Render
		o.Render = func(ctx context.Context, j kit.Job) (kit.Output, error) {
			<-release
			return render(ctx, j)
		}
	})
	got := s.call("GenerateCartoonizedImage", "ImageUrl", s.media+"/in.png", "Index", "3")
	if got.Data != nil || got.RequestID == "" {
		t.Fatalf("got %+v", got)
	}
	s.status(got.RequestID, "PROCESSING")
	if c := s.call("CancelWaitingAsyncJob", "JobId", got.RequestID); c.Success == nil || *c.Success {
		t.Errorf("a running job is cancelled: %+v", c)
	}
	close(release)
	data := s.status(got.RequestID, "PROCESS_SUCCESS")
	result, _ := data["Result"].(string)
	address, _ := strings.CutPrefix(strings.TrimSuffix(result, `"}`), `{"resultUrl":"`)
	if status, body := s.get(strings.ReplaceAll(address, `\u0026`, "&")); status != 200 || !strings.HasSuffix(string(body), "cartoonize3") {
		t.Errorf("the result at %s answers %d", address, status)
	}
	for _, r := range s.Received().Requests {
		if r.Method == "POST" && slices.Contains(r.Keys, "Index") && !slices.Equal(r.Fields, []string{"photo", "style"}) {
			t.Errorf("fields of the order: %v", r.Fields)
		}
	}
}

func TestAWaitingJobCanBeCancelled(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *sim.Options) { o.Queue = time.Hour })
	got := s.call("GenerateSuperResolutionImage", "ImageUrl", s.media+"/in.png", "Scale", "2")
	s.status(got.RequestID, "QUEUING")
	if c := s.call("CancelWaitingAsyncJob", "JobId", got.RequestID); c.Success == nil || !*c.Success {
		t.Errorf("got %+v", c)
	}
	if data := s.status(got.RequestID, "PROCESS_FAILED"); data["ErrorCode"] != "JobCanceled" {
		t.Errorf("got %v", data)
	}
	if c := s.call("CancelWaitingAsyncJob", "JobId", got.RequestID); *c.Success {
		t.Error("it is cancelled twice")
	}
}

func TestEveryStatusOfAJobCanBeProduced(t *testing.T) {
	t.Parallel()
	s := start(t)
	for status, code := range map[string]string{"PROCESS_FAILED": "InvalidFile.Content", "TIMEOUT_FAILED": "", "LIMIT_RETRY_FAILED": ""} {
		s.Next(sim.Script{Action: "GenerateCartoonizedImage", JobStatus: status, JobCode: code})
		got := s.call("GenerateCartoonizedImage", "ImageUrl", s.media+"/in.png")
		if data := s.status(got.RequestID, status); code != "" && data["ErrorCode"] != code {
			t.Errorf("%s: %v", status, data)
		}
	}
	got := s.call("GenerateCartoonizedImage", "ImageUrl", s.media+"/in.png")
	s.status(got.RequestID, "PROCESS_SUCCESS")
	for _, status := range []string{"QUEUING", "PROCESSING"} {
		s.Next(sim.Script{Action: "GetAsyncJobResult", JobStatus: status})
		if got := s.call("GetAsyncJobResult", "JobId", got.RequestID); got.Data["Status"] != status {
			t.Errorf("%s: %v", status, got.Data)
		}
	}
}

func TestWhatCannotBeMadeFailsInAlibabasWords(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *sim.Options) {
		o.Render = func(context.Context, kit.Job) (kit.Output, error) { return kit.Output{}, errors.New("no") }
	})
	if got := s.call("ColorizeImage", "ImageURL", s.media+"/in.png"); got.status != 500 || got.Code != "InternalError.Algo" {
		t.Errorf("got %+v", got)
	}
	got := s.call("GenerateCartoonizedImage", "ImageUrl", s.media+"/in.png")
	if data := s.status(got.RequestID, "PROCESS_FAILED"); data["ErrorCode"] != "InternalError.Algo" {
		t.Errorf("got %v", data)
	}
}

func TestFieldsAreRecordedUnderTheAppsNames(t *testing.T) {
	t.Parallel()
	photo := func(s *service) string { return s.media + "/in.png" }
	s := start(t)
	s.call("GenerateHumanAnimeStyle", "ImageURL", photo(s), "AlgoType", "anime")
	s.call("AddFaceImageTemplate", "ImageURL", s.media+"/template.png")
	s.call("RecognizeFace", "ImageURL", photo(s), "Age", "true", "MaxFaceNumber", "3")
	own := start(t, func(o *sim.Options) { o.Fields = map[string]string{} })
	own.call("GenerateHumanAnimeStyle", "ImageURL", photo(own), "AlgoType", "anime")
	var got [][]string
	for _, r := range append(s.Received().Requests, own.Received().Requests...) {
		got = append(got, r.Fields)
	}
	want := [][]string{{"photo", "style"}, {"template_photo"}, {"photo"}, {"algotype", "imageurl"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
