package server

import (
	"context"
	"encoding/binary"
	"math"

	"vow.example/vow/client"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/policy"
)

// enter opens a session of a person who does not exist, and says what the app asks everybody first.
func (t *trial) enter(ctx context.Context, app string) (*client.Client, error) {
	api := client.New(t.core.publicURL, "", nil)
	s, err := api.NewSession(ctx, client.SessionCreate{AppKey: t.core.apps.keyOf(app)})
	if err != nil {
		return nil, err
	}
	api = api.WithToken(s.AccessToken)
	if s.Standing == "age-required" {
		if _, err := api.SetAge(ctx, client.AgeStatement{Band: "over"}); err != nil {
			return nil, err
		}
	}
	r, err := api.Reading(ctx, "en")
	if err == nil && r.Required {
		_, err = api.Accept(ctx, client.Acceptance{Version: r.Version, Hash: r.Hash, Decision: "accepted"})
	}
	return api, err
}

// talked asks two questions in one chat, because what was said before goes along from the second one on, and
// returns the task of the second.
func talked(ctx context.Context, api *client.Client, consent string) (task string, err error) {
	c, err := api.NewChat(ctx)
	if err != nil {
		return "", err
	}
	for _, question := range []string{"What is a quiet lake?", "And a deep one?"} {
		said, err := api.Say(ctx, c.ID, client.ChatSay{Text: question, Consent: consent})
		if err != nil {
			return "", err
		}
		if end, err := finished(ctx, api, said.Task); err != nil || end.State != "succeeded" {
			return said.Task, err
		}
		task = said.Task
	}
	return task, nil
}

// ordered asks for the feature with samples and returns the task.
func ordered(ctx context.Context, api *client.Client, f policy.Feature, consent string) (string, error) {
	if _, talks := f.Input(review.Earlier); talks {
		return talked(ctx, api, consent)
	}
	in, err := sampleOrder(ctx, api, f)
	if err != nil {
		return "", err
	}
	in.Consent = consent
	made, err := api.CreateTask(ctx, in, "")
	return made.ID, err
}

// hum is a second of one tone as a WAV file: the sample of a voice.
func hum() []byte {
	const rate, tone, loud, header = 8000, 220, 8000, 36
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	b = append(b, "WAVEfmt "...)
	le := binary.LittleEndian
	b = le.AppendUint32(b, 16)
	for _, v := range []uint16{1, 1} { // PCM, one channel
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(le.AppendUint32(b, rate), 2*rate)
	for _, v := range []uint16{2, 16} {
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(append(b, "data"...), 2*rate)
	for i := range rate {
		b = le.AppendUint16(b, uint16(int16(loud*math.Sin(2*math.Pi*tone*float64(i)/rate))))
	}
	le.PutUint32(b[4:], header+2*rate)
	return b
}
