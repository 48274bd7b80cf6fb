package contract_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"vow.example/vow/internal/sim/openai"
)

func newOpenAI(t *testing.T, key string) sdk.Client {
	t.Helper()
	address := up(t, openai.New(openai.Options{Options: base(), Key: "fake-openai-key"}))
	return sdk.NewClient(option.WithAPIKey(key), option.WithBaseURL(address+"/v1/"), option.WithMaxRetries(0))
}

func TestOpenAIsClientStreamsAChat(t *testing.T) {
	t.Parallel()
	c := newOpenAI(t, "fake-openai-key")
	stream := c.Chat.Completions.NewStreaming(context.Background(), sdk.ChatCompletionNewParams{
		Model: "chat-model", Messages: []sdk.ChatCompletionMessageParamUnion{sdk.UserMessage("say hello in three languages")},
	})
	var words strings.Builder
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			words.WriteString(choice.Delta.Content)
		}
	}
	if err := stream.Err(); err != nil || words.Len() == 0 {
		t.Errorf("%q, %v", words.String(), err)
	}
}

func TestOpenAIsClientMakesAndEditsPictures(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newOpenAI(t, "fake-openai-key")
	check := func(encoded string) {
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || !strings.HasPrefix(http.DetectContentType(data), "image/") {
			t.Errorf("no picture: %v", err)
		}
	}
	made, err := c.Images.Generate(ctx, sdk.ImageGenerateParams{Model: "image-model", Prompt: "a lake", Size: "1024x1024"})
	if err != nil {
		t.Fatal(err)
	}
	check(made.Data[0].B64JSON)
	edited, err := c.Images.Edit(ctx, sdk.ImageEditParams{
		Model: "image-model", Prompt: "make it blue",
		Image: sdk.ImageEditParamsImageUnion{OfFile: sdk.File(bytes.NewReader(photo(t)), "0123456789abcdef0123456789abcdef.jpg", "image/jpeg")},
	})
	if err != nil {
		t.Fatal(err)
	}
	check(edited.Data[0].B64JSON)
}

func TestOpenAIsClientTranscribes(t *testing.T) {
	t.Parallel()
	c := newOpenAI(t, "fake-openai-key")
	sound := append([]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"), make([]byte, 800)...)
	out, err := c.Audio.Transcriptions.New(context.Background(), sdk.AudioTranscriptionNewParams{
		Model: "whisper-1", File: sdk.File(bytes.NewReader(sound), "0123456789abcdef0123456789abcdef.wav", "audio/wav"),
	})
	if err != nil || out.Text == "" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestOpenAIsClientUnderstandsRefusals(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var e *sdk.Error
	wrong := newOpenAI(t, "another-key")
	if _, err := wrong.Images.Generate(ctx, sdk.ImageGenerateParams{Model: "image-model", Prompt: "x"}); !errors.As(err, &e) || e.StatusCode != 401 {
		t.Errorf("a wrong key: %v", err)
	}
	right := newOpenAI(t, "fake-openai-key")
	if _, err := right.Images.Generate(ctx, sdk.ImageGenerateParams{Model: "image-model", Prompt: "test:refused"}); !errors.As(err, &e) || e.StatusCode != 400 {
		t.Errorf("a refused text: %v", err)
	}
}
