package contract_test

import (
	"errors"
	"strings"
	"testing"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/models"
	facebody "github.com/alibabacloud-go/facebody-20191230/v5/client"
	imageenhan "github.com/alibabacloud-go/imageenhan-20190930/v2/client"
	"github.com/alibabacloud-go/tea/tea"

	"vow.example/vow/internal/sim/alibaba"
)

func alibabaConfig(t *testing.T, secret string) *openapi.Config {
	t.Helper()
	address := up(t, alibaba.New(alibaba.Options{Options: base(), AccessKeyID: "FAKE-ACCESS-KEY-ID", AccessKeySecret: "fake-access-key-secret-not-real"}))
	return &openapi.Config{
		AccessKeyId: tea.String("FAKE-ACCESS-KEY-ID"), AccessKeySecret: tea.String(secret),
		Endpoint: tea.String(strings.TrimPrefix(address, "http://")), Protocol: tea.String("HTTP"),
	}
}

func newFacebody(t *testing.T, secret string) *facebody.Client {
	t.Helper()
	c, err := facebody.NewClient(alibabaConfig(t, secret))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const goodSecret = "fake-access-key-secret-not-real"

func TestAlibabasClientLooksAtFaces(t *testing.T) {
	t.Parallel()
	c, at := newFacebody(t, goodSecret), tea.String(picture(t))
	seen, err := c.DetectFace(&facebody.DetectFaceRequest{ImageURL: at, MaxFaceNumber: tea.Int64(10)})
	if err != nil || tea.Int32Value(seen.Body.Data.FaceCount) != 1 {
		t.Errorf("detect: %v, %v", seen, err)
	}
	known, err := c.RecognizeFace(&facebody.RecognizeFaceRequest{ImageURL: at, Age: tea.Bool(true), MaxFaceNumber: tea.Int64(5)})
	if err != nil || len(known.Body.Data.AgeList) != 1 || len(known.Body.Data.DenseFeatures) != 0 {
		t.Errorf("recognize: %v, %v", known, err)
	}
	all, err := c.RecognizeFace(&facebody.RecognizeFaceRequest{ImageURL: at})
	if err != nil || len(all.Body.Data.DenseFeatures) == 0 {
		t.Errorf("without flags everything comes back, the vector included: %v", err)
	}
}

func TestAlibabasClientSwapsAFaceAndDeletesTheTemplate(t *testing.T) {
	t.Parallel()
	c, at := newFacebody(t, goodSecret), tea.String(picture(t))
	template, err := c.AddFaceImageTemplate(&facebody.AddFaceImageTemplateRequest{ImageURL: at})
	if err != nil {
		t.Fatal(err)
	}
	id := template.Body.Data.TemplateId
	merged, err := c.MergeImageFace(&facebody.MergeImageFaceRequest{TemplateId: id, ImageURL: at})
	if err != nil {
		t.Fatal(err)
	}
	isMedia(t, tea.StringValue(merged.Body.Data.ImageURL), "image/jpeg")
	if _, err := c.DeleteFaceImageTemplate(&facebody.DeleteFaceImageTemplateRequest{TemplateId: id}); err != nil {
		t.Fatal(err)
	}
	left, err := c.QueryFaceImageTemplate(&facebody.QueryFaceImageTemplateRequest{TemplateId: id})
	if err == nil && len(left.Body.Data.Elements) > 0 {
		t.Error("the template is still there")
	}
}

func TestAlibabasClientDraws(t *testing.T) {
	t.Parallel()
	c, at := newFacebody(t, goodSecret), tea.String(picture(t))
	anime, err := c.GenerateHumanAnimeStyle(&facebody.GenerateHumanAnimeStyleRequest{ImageURL: at, AlgoType: tea.String("anime")})
	if err != nil {
		t.Fatal(err)
	}
	isMedia(t, tea.StringValue(anime.Body.Data.ImageURL), "image/jpeg")
	sketch, err := c.GenerateHumanSketchStyle(&facebody.GenerateHumanSketchStyleRequest{ImageURL: at, ReturnType: tea.String("full")})
	if err != nil {
		t.Fatal(err)
	}
	isMedia(t, tea.StringValue(sketch.Body.Data.ImageURL), "image/jpeg")
}

func TestAlibabasClientEnhancesAtOnceAndAsAJob(t *testing.T) {
	t.Parallel()
	c, err := imageenhan.NewClient(alibabaConfig(t, goodSecret))
	if err != nil {
		t.Fatal(err)
	}
	at := tea.String(picture(t))
	coloured, err := c.ColorizeImage(&imageenhan.ColorizeImageRequest{ImageURL: at})
	if err != nil {
		t.Fatal(err)
	}
	isMedia(t, tea.StringValue(coloured.Body.Data.ImageURL), "image/jpeg")
	larger, err := c.MakeSuperResolutionImage(&imageenhan.MakeSuperResolutionImageRequest{Url: at, UpscaleFactor: tea.Int64(2)})
	if err != nil {
		t.Fatal(err)
	}
	isMedia(t, tea.StringValue(larger.Body.Data.Url), "image/jpeg")
	job, err := c.GenerateCartoonizedImage(&imageenhan.GenerateCartoonizedImageRequest{ImageUrl: at, Index: tea.String("1")})
	if err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, error) {
		state, err := c.GetAsyncJobResult(&imageenhan.GetAsyncJobResultRequest{JobId: job.Body.RequestId})
		return err == nil && tea.StringValue(state.Body.Data.Status) == "PROCESS_SUCCESS", err
	})
}

func TestAlibabasClientUnderstandsRefusals(t *testing.T) {
	t.Parallel()
	_, err := newFacebody(t, "another-secret-altogether").DetectFace(&facebody.DetectFaceRequest{ImageURL: tea.String(picture(t))})
	if e := (*tea.SDKError)(nil); !errors.As(err, &e) || tea.StringValue(e.Code) != "SignatureDoesNotMatch" {
		t.Errorf("a wrong key: %v", err)
	}
	if _, err := newFacebody(t, goodSecret).DetectFace(&facebody.DetectFaceRequest{}); err == nil {
		t.Error("a missing picture is accepted")
	}
}
