package contract_test

import (
	"context"
	"errors"
	"testing"

	"github.com/volcengine/volcengine-go-sdk/service/arkruntime"
	"github.com/volcengine/volcengine-go-sdk/service/arkruntime/model"

	"vow.example/vow/internal/sim/volcengine"
)

const arkModel = "doubao-seedance-1-0-pro-250528"

func newArk(t *testing.T, key string) *arkruntime.Client {
	t.Helper()
	address := up(t, volcengine.New(volcengine.Options{Options: base(), APIKey: "fake-ark-api-key", Models: []string{arkModel}}))
	return arkruntime.NewClientWithApiKey(key, arkruntime.WithBaseUrl(address+"/api/v3"))
}

func order(t *testing.T, words string) model.CreateContentGenerationTaskRequest {
	first, ratio, resolution, seconds := "first_frame", "9:16", "720p", int64(5)
	return model.CreateContentGenerationTaskRequest{
		Model: arkModel, Ratio: &ratio, Resolution: &resolution, Duration: &seconds,
		Content: []*model.CreateContentGenerationContentItem{
			{Type: model.ContentGenerationContentItemTypeText, Text: &words},
			{Type: model.ContentGenerationContentItemTypeImage, ImageURL: &model.ImageURL{URL: picture(t)}, Role: &first},
		},
	}
}

func TestArksClientMakesAFilmListsItAndDeletesItsRecord(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newArk(t, "fake-ark-api-key")
	made, err := c.CreateContentGenerationTask(ctx, order(t, "the person smiles"))
	if err != nil {
		t.Fatal(err)
	}
	var got model.GetContentGenerationTaskResponse
	until(t, func() (bool, error) {
		got, err = c.GetContentGenerationTask(ctx, model.GetContentGenerationTaskRequest{ID: made.ID})
		return got.Status == model.StatusSucceeded, err
	})
	isMedia(t, got.Content.VideoURL, "video/mp4")
	list, err := c.ListContentGenerationTasks(ctx, model.ListContentGenerationTasksRequest{})
	if err != nil || len(list.Items) != 1 || list.Items[0].ID != made.ID {
		t.Errorf("the list is %+v, %v", list.Items, err)
	}
	if err := c.DeleteContentGenerationTask(ctx, model.DeleteContentGenerationTaskRequest{ID: made.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetContentGenerationTask(ctx, model.GetContentGenerationTaskRequest{ID: made.ID}); err == nil {
		t.Error("the record is still there")
	}
}

func TestArksClientUnderstandsRefusals(t *testing.T) {
	t.Parallel()
	for words, code := range map[string]string{
		"test:real_person": "InputImageSensitiveContentDetected.PrivacyInformation",
		"test:refused":     "InputTextSensitiveContentDetected",
	} {
		_, err := newArk(t, "fake-ark-api-key").CreateContentGenerationTask(context.Background(), order(t, words))
		if e := (*model.APIError)(nil); !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: got %v, want %s", words, err, code)
		}
	}
	_, err := newArk(t, "another-key").CreateContentGenerationTask(context.Background(), order(t, "x"))
	if e := (*model.APIError)(nil); !errors.As(err, &e) || e.HTTPStatusCode != 401 {
		t.Errorf("a wrong key: got %v", err)
	}
}
