package gemini

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// generate orders a picture, which comes with the answer.
func generate(ctx context.Context, s driver.Sender, r wire.Request, o *order) (driver.Begun, error) {
	body, err := o.pictureBody()
	if err != nil {
		return driver.Begun{}, err
	}
	r.Body, r.Reply = body, wire.Large
	answer, err := s.Send(ctx, r)
	if err != nil {
		return driver.Begun{}, refine(answer, err)
	}
	status, err := pictures(answer.Body)
	if err != nil {
		return driver.Begun{}, err
	}
	return begun(ticket{Call: images}, &status)
}

// pictureBody writes the order down: the words, then the pictures.
func (o *order) pictureBody() (wire.JSON, error) {
	parts := wire.Array{}
	words, ok, err := o.text("text")
	if err != nil {
		return nil, err
	}
	if ok {
		parts = append(parts, wire.Object{"text": words})
	}
	for _, f := range o.numbered("image_") {
		part, err := o.part(f)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return nil, driver.Fail(egress.Bug, "no-content")
	}
	config := wire.Object{"responseModalities": o.modalities()}
	shape, err := object(member{"aspectRatio", o.text}, member{"imageSize", o.text})
	if err != nil {
		return nil, err
	}
	if len(shape) > 0 {
		config["imageConfig"] = shape
	}
	body := wire.JSON{
		"contents":         wire.Array{wire.Object{"role": wire.Literal("user"), "parts": parts}},
		"generationConfig": config,
		"store":            wire.Bool(false),
	}
	if safety := o.safety(); len(safety) > 0 {
		body["safetySettings"] = safety
	}
	return body, o.empty()
}

// part is one picture: a link of ours, or the bytes in the request.
func (o *order) part(f privacy.Field) (wire.Value, error) {
	kind := wire.Literal(o.sender.MediaType(f))
	switch o.sender.Transport(f) {
	case "url":
		return wire.Object{"fileData": wire.Object{"fileUri": wire.Link(f), "mimeType": kind}}, nil
	case "base64":
		return wire.Object{"inlineData": wire.Object{"data": wire.Base64(f), "mimeType": kind}}, nil
	default:
		return nil, driver.Fail(egress.Bug, "transport")
	}
}

// modalities asks for a picture and no words, unless the workflow wants both.
func (o *order) modalities() wire.Array {
	const name = "responseModalities"
	list := wire.Array{}
	for word := range strings.SplitSeq(o.set[name], ",") {
		if word != "" {
			list = append(list, wire.Literal(word))
		}
	}
	delete(o.set, name)
	if len(list) == 0 {
		list = append(list, wire.Literal("IMAGE"))
	}
	return list
}

// safety takes out the settings that are named like a category of harm.
func (o *order) safety() wire.Array {
	list := wire.Array{}
	for _, name := range slices.Sorted(maps.Keys(o.set)) {
		if strings.HasPrefix(name, "HARM_CATEGORY_") {
			list = append(list, wire.Object{"category": wire.Literal(name), "threshold": wire.Literal(o.set[name])})
			delete(o.set, name)
		}
	}
	return list
}

// reply is what is read of an answer. Words of the model are not.
type reply struct {
	Candidates []struct {
		FinishReason string `json:"finishReason"`
		Content      struct {
			Parts []struct {
				Thought    bool `json:"thought"`
				InlineData struct {
					Data []byte `json:"data"`
				} `json:"inlineData"`
			} `json:"parts"`
		} `json:"content"`
	} `json:"candidates"`
	PromptFeedback struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
}

// pictures reads the answer to an order. There are three ways of a success without a picture: the
// order was blocked, the picture was, or the model made none.
func pictures(body []byte) (driver.Status, error) {
	var said reply
	if err := json.Unmarshal(body, &said); err != nil {
		return driver.Status{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	if len(said.Candidates) == 0 {
		if reason := said.PromptFeedback.BlockReason; reason != "" {
			return driver.Status{State: driver.Failed, Class: egress.ContentRefused, Code: driver.Code(reason)}, nil
		}
		if err := envelope(body); err != nil {
			return driver.Status{}, err
		}
		return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, nil
	}
	first := said.Candidates[0]
	if isRefusal(first.FinishReason) {
		return driver.Status{State: driver.Failed, Class: egress.ContentRefused, Code: driver.Code(first.FinishReason)}, nil
	}
	done := driver.Status{State: driver.Done}
	for _, part := range first.Content.Parts {
		if !part.Thought && len(part.InlineData.Data) > 0 {
			done.Results = append(done.Results, driver.Result{Inline: part.InlineData.Data})
		}
	}
	switch {
	case len(done.Results) > 0:
		return done, nil
	case first.FinishReason == "STOP" || first.FinishReason == "":
		return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "text-only"}, nil
	default:
		return driver.Status{State: driver.Failed, Class: egress.Failed, Code: driver.Code(first.FinishReason)}, nil
	}
}

// isRefusal reports whether a finish reason is about what is in the picture or the words.
func isRefusal(reason string) bool {
	return slices.Contains([]string{
		"SAFETY", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "RECITATION", "SPII", "BLOCKLIST",
	}, reason)
}
