package openai

import (
	"cmp"
	"encoding/json"
	"errors"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/provider/driver"
)

// refused makes an error finer by the code in the answer's body. The message beside it is not read.
func refused(err error, answer egress.Response) error {
	var e *egress.Error
	if !errors.As(err, &e) || answer.Status < 300 || len(answer.Body) == 0 {
		return err
	}
	base := e.Class
	if answer.Status >= 500 {
		base = egress.Transient // in the dialect's own form: the server answered, no gateway did
	}
	inner := refusal(answer.Body, base)
	var told *egress.Error
	if !errors.As(inner, &told) {
		return err
	}
	finer := *e
	finer.Class, finer.Code = told.Class, cmp.Or(told.Code, e.Code)
	return &finer
}

// refusal reads the dialect's form of an error, and returns nil where the body has another form.
// A code without a meaning in the table keeps the class that the status gave it.
func refusal(body []byte, base egress.Class) error {
	var reply struct {
		Error  *struct{ Code, Type json.RawMessage }
		Object string
		Code   json.RawMessage
		Type   json.RawMessage
	}
	if json.Unmarshal(body, &reply) != nil {
		return nil
	}
	var code, kind string
	switch {
	case reply.Error != nil:
		code, kind = word(reply.Error.Code), word(reply.Error.Type)
	case reply.Object == "error": // of older vLLM servers
		code, kind = word(reply.Code), word(reply.Type)
	default:
		return nil
	}
	e := &egress.Error{Class: base}
	if said := cmp.Or(code, kind); said != "" {
		e.Code = driver.Code(said)
	}
	for _, w := range []string{code, kind} {
		if c, ok := classes()[w]; ok {
			e.Class = c
			break
		}
	}
	return e
}

// classes is the dialect's table of codes and types.
func classes() map[string]egress.Class {
	return map[string]egress.Class{
		"content_policy_violation":   egress.ContentRefused,
		"moderation_blocked":         egress.ContentRefused,
		"content_filter":             egress.ContentRefused,
		"rate_limit_exceeded":        egress.Throttled,
		"insufficient_quota":         egress.Quota,
		"billing_hard_limit_reached": egress.Quota,
		"invalid_api_key":            egress.Auth,
		"model_not_found":            egress.Gone,
		"invalid_image":              egress.BadMedia,
		"invalid_image_file":         egress.BadMedia,
		"image_too_large":            egress.BadMedia,
		"audio_too_short":            egress.BadMedia,
		"server_error":               egress.Transient,
	}
}

// word returns a JSON string or number as a word.
func word(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}
