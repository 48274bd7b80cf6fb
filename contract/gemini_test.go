package contract_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/genai"

	"vow.example/vow/internal/sim/gemini"
)

const (
	imageModel = "gemini-3-pro-image"
	videoModel = "veo-3.1-generate-preview"
)

func newGemini(t *testing.T, key string) *genai.Client {
	t.Helper()
	address := up(t, gemini.New(gemini.Options{Options: base(), APIKey: "fake-gemini-api-key", Models: []string{imageModel, videoModel}}))
	c, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: address},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pictureConfig() *genai.GenerateContentConfig {
	store := false
	return &genai.GenerateContentConfig{
		ResponseModalities: []string{"TEXT", "IMAGE"}, Store: &store,
		ImageConfig: &genai.ImageConfig{AspectRatio: "3:4", ImageSize: "2K"},
	}
}

func TestGooglesClientMakesAPictureFromWordsAndPictures(t *testing.T) {
	t.Parallel()
	c := newGemini(t, "fake-gemini-api-key")
	in := []*genai.Content{{Role: "user", Parts: []*genai.Part{
		{Text: "make it a watercolor"}, {InlineData: &genai.Blob{MIMEType: "image/jpeg", Data: photo(t)}},
		{FileData: &genai.FileData{MIMEType: "image/jpeg", FileURI: picture(t)}},
	}}}
	out, err := c.Models.GenerateContent(context.Background(), imageModel, in, pictureConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range out.Candidates[0].Content.Parts {
		if p.InlineData != nil && !p.Thought && strings.HasPrefix(p.InlineData.MIMEType, "image/") && len(p.InlineData.Data) > 0 {
			return
		}
	}
	t.Error("the client finds no picture in the answer")
}

func TestGooglesClientMakesAFilmDownloadsAndDeletesIt(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newGemini(t, "fake-gemini-api-key")
	seconds := int32(8)
	op, err := c.Models.GenerateVideos(ctx, videoModel, "waves", &genai.Image{ImageBytes: photo(t), MIMEType: "image/jpeg"}, &genai.GenerateVideosConfig{
		AspectRatio: "9:16", Resolution: "720p", DurationSeconds: &seconds, LastFrame: &genai.Image{ImageBytes: photo(t), MIMEType: "image/jpeg"},
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, error) {
		op, err = c.Operations.GetVideosOperation(ctx, op, nil)
		return err == nil && op.Done, err
	})
	video := op.Response.GeneratedVideos[0].Video
	data, err := c.Files.Download(ctx, genai.NewDownloadURIFromGeneratedVideo(op.Response.GeneratedVideos[0]), nil)
	if err != nil || len(data) == 0 {
		t.Fatalf("download: %d bytes, %v", len(data), err)
	}
	id := video.URI[strings.Index(video.URI, "files/"):strings.Index(video.URI, ":download")]
	if _, err := c.Files.Delete(ctx, id, nil); err != nil {
		t.Error(err)
	}
}

func TestGooglesClientUnderstandsRefusals(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	out, err := newGemini(t, "fake-gemini-api-key").Models.GenerateContent(ctx, imageModel, genai.Text("test:refused"), pictureConfig())
	if err != nil || out.PromptFeedback == nil && len(out.Candidates) > 0 && out.Candidates[0].FinishReason == genai.FinishReasonStop {
		t.Errorf("a refused text: %+v, %v", out, err)
	}
	var e genai.APIError
	if _, err := newGemini(t, "another-key-altogether").Models.GenerateContent(ctx, imageModel, genai.Text("x"), pictureConfig()); !errors.As(err, &e) || e.Code/100 != 4 {
		t.Errorf("a wrong key: %v", err)
	}
	if _, err := newGemini(t, "fake-gemini-api-key").Models.GenerateContent(ctx, "gemini-1.0-gone", genai.Text("x"), pictureConfig()); !errors.As(err, &e) || e.Code != 404 {
		t.Errorf("a retired model: %v", err)
	}
}
