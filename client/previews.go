package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
)

// PreviewCreate asks for a small preview of a feature that runs on the server's own engine. Nothing of
// it is stored.
type PreviewCreate struct {
	Feature string            `json:"feature"`
	Consent string            `json:"consent,omitempty" doc:"con_…; left out where a standing consent covers the feature"`
	Params  map[string]string `json:"params,omitempty"`
}

// Preview sends small copies of pictures by role (at most 1 MiB and one megapixel each) and returns
// the preview with its media type. The caller closes the stream.
func (c *Client) Preview(ctx context.Context, in PreviewCreate, pictures map[string][]byte) (io.ReadCloser, string, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	request, err := json.Marshal(in)
	if err == nil {
		err = form.WriteField("request", string(request))
	}
	for role, data := range pictures {
		var part io.Writer
		if err == nil {
			part, err = form.CreateFormFile(role, role)
		}
		if err == nil {
			_, err = part.Write(data)
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("client: encode preview: %w", err)
	}
	resp, err := c.send(ctx, call{
		method: http.MethodPost, path: "/v1/previews", body: &b, length: int64(b.Len()), header: http.Header{"Content-Type": {form.FormDataContentType()}},
	})
	if err != nil {
		return nil, "", err
	}
	return resp.Body, resp.Header.Get("Content-Type"), nil
}

// Material is a drawn thing that an effect puts a face into or onto.
type Material struct {
	ID      string            `json:"id"`
	Kind    string            `json:"kind" enum:"template,hair,frame"`
	Title   string            `json:"title"`
	Credits string            `json:"credits"`
	Width   int               `json:"width"`
	Height  int               `json:"height"`
	Files   map[string]string `json:"files" doc:"Address by name: picture, record, and mask of a template"`
}

// Materials lists the drawn things of an app, of one kind or, for "", of all.
func (c *Client) Materials(ctx context.Context, app, kind string) ([]Material, error) {
	query := map[string][]string{}
	if kind != "" {
		query["kind"] = []string{kind}
	}
	var out Page[Material]
	err := c.get(ctx, at("/v1/apps/", app, "/materials"), query, &out)
	return out.Data, err
}

// Sample is a small picture that stands for a feature where features are listed.
type Sample struct {
	URL          string `json:"url" doc:"Its address changes with its content"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	Text         string `json:"text" doc:"What the picture is, in words"`
	Illustration bool   `json:"illustration" doc:"It shows the kind of effect; the recipient did not make it"`
}

// OpenSample returns the bytes of a feature's sample, a JPEG. The caller closes them.
func (c *Client) OpenSample(ctx context.Context, s Sample) (io.ReadCloser, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: s.URL})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
