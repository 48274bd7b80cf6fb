package client

import (
	"context"
	"io"
	"iter"
	"mime"
	"net/http"
	"time"
)

// Outputs lists the person's results.
func (c *Client) Outputs(ctx context.Context) iter.Seq2[Output, error] {
	return pages[Output](ctx, c, "/v1/outputs", nil)
}

// Output returns what is known of one result.
func (c *Client) Output(ctx context.Context, id string) (Output, error) {
	var out Output
	err := c.get(ctx, at("/v1/outputs/", id, ""), nil, &out)
	return out, err
}

// Content streams the bytes of a result and tells their media type. The caller closes the stream.
func (c *Client) Content(ctx context.Context, id string) (io.ReadCloser, string, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: at("/v1/outputs/", id, "/content")})
	if err != nil {
		return nil, "", err
	}
	return resp.Body, resp.Header.Get("Content-Type"), nil
}

// Ending is the ending that the name of a file with that media type has, with its dot; empty where
// Vow makes no such files. Parameters of the media type do not matter.
func Ending(mediaType string) string {
	kind, _, _ := mime.ParseMediaType(mediaType) // what cannot be parsed has no ending
	return map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif", "video/mp4": ".mp4",
		"text/plain": ".txt", "application/json": ".json", "application/vnd.vow.points+json": ".json",
	}[kind]
}

// DeleteOutput erases a result now and returns the receipt.
func (c *Client) DeleteOutput(ctx context.Context, id string) (Receipt, error) {
	var out Receipt
	err := c.delete(ctx, at("/v1/outputs/", id, ""), &out)
	return out, err
}

// AILabel says how a result is marked as AI-generated.
type AILabel struct {
	Visible   bool     `json:"visible"`
	Metadata  []string `json:"metadata" doc:"iptc: digital source type; tc260: China's AIGC fields"`
	ProduceID string   `json:"produce_id,omitempty" doc:"The pseudonym in the file's AIGC fields; nobody can tell whose it was once the task is gone"`
}

// Output is a result.
type Output struct {
	ID         string    `json:"id" doc:"out_…"`
	Task       string    `json:"task"`
	Feature    string    `json:"feature"`
	MediaType  string    `json:"media_type" example:"image/png" doc:"image/jpeg, image/png, image/webp, video/mp4, application/json, text/plain or application/vnd.vow.points+json"`
	Kind       string    `json:"kind" enum:"image,video,attributes,text,points"`
	Once       bool      `json:"once,omitempty" doc:"Reading the content erases it"`
	Bytes      int64     `json:"bytes"`
	Width      int       `json:"width,omitempty"`
	Height     int       `json:"height,omitempty"`
	ContentURL string    `json:"content_url,omitempty" doc:"Same credential; absent once deleted"`
	AILabel    AILabel   `json:"ai_label"`
	Notices    []string  `json:"notices" doc:"What it must be shown with: ai_generated always; medical and legal for answers that touch them: for reference only, ask a doctor or lawyer" example:"[\"ai_generated\"]"`
	CreatedAt  time.Time `json:"created_at"`
	Clock      Clock     `json:"clock"`
	Owner      string    `json:"owner" enum:"subject" doc:"Whose the work is: the person's who made it. The operator has no right in it"`
	Favorite   bool      `json:"favorite" doc:"Marked; a mark changes no clock"`
	Shared     bool      `json:"shared" doc:"Whoever has the link sees it"`
}

// Attributes are the facts about a picture that a result of the kind attributes holds: the content
// of the output, as JSON. No position, landmark or vector is among them.
type Attributes struct {
	FaceCount *int     `json:"face_count,omitempty"`
	Ages      []string `json:"ages,omitempty" doc:"Ranges of ten years, one per face" example:"[\"20-29\"]"`
	Genders   []string `json:"genders,omitempty" doc:"female or male, as estimated, one per face"`
	Quality   []int    `json:"quality,omitempty" doc:"0 to 100, one per face"`
}
