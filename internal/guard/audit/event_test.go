package audit_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/privacy"
)

const (
	objectID  = "upl_01hzyf3k8w9n2m4p6r8t0v2x4z"
	subjectID = "sub_01hzyf3k8w9n2m4p6r8t0v2x4z"
	receiptID = "rcp_01hzyf3k8w9n2m4p6r8t0v2x4z"
)

func hash(s string) privacy.PolicyHash {
	sum := sha256.Sum256([]byte(s))
	return privacy.PolicyHash(hex.EncodeToString(sum[:]))
}

func noon() time.Time { return time.Date(2026, 11, 21, 14, 2, 11, 123_456_789, time.UTC) }

func event() audit.Event {
	return audit.Event{
		Kind: "task_received", App: "pixplus", Subject: subjectID, Object: objectID,
		Task: "tsk_01hzyf3k8w9n2m4p6r8t0v2x4z", At: noon(), PolicyHash: hash("policy"),
		Data: map[string]string{"feature": "avatar", "bytes": "41000"},
	}
}

func erasure() audit.Erasure {
	return audit.Erasure{
		Receipt: receiptID, App: "pixplus", Subject: subjectID, Object: objectID, Category: "source_photo",
		Rule: "pixplus/v1#retention.source_photo.task_failed", Reason: "deadline", Method: "key_destroyed",
		DueAt: noon(), At: noon().Add(time.Second), PolicyHash: hash("policy"),
	}
}

func TestAPayloadIsSortedJSONWithoutWhiteSpace(t *testing.T) {
	t.Parallel()
	got, err := event().Payload()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"app":"pixplus","at":"2026-11-21T14:02:11.123Z","data":{"bytes":"41000","feature":"avatar"},` +
		`"kind":"task_received","object":"` + objectID + `","policy":"` + string(hash("policy")) + `","subject":"` +
		subjectID + `","task":"tsk_01hzyf3k8w9n2m4p6r8t0v2x4z","v":1}`
	if string(got) != want {
		t.Errorf("payload\n%s\nwant\n%s", got, want)
	}
	elsewhere := event()
	elsewhere.At = elsewhere.At.In(time.FixedZone("far", 8*3600))
	again, err := elsewhere.Payload()
	if err != nil || !bytes.Equal(again, got) {
		t.Errorf("the same moment in another zone gives another payload: %s, %v", again, err)
	}
}

func TestAPayloadComesBackAsItsEvent(t *testing.T) {
	t.Parallel()
	payload, err := event().Payload()
	if err != nil {
		t.Fatal(err)
	}
	back, err := audit.ParsePayload(payload)
	if err != nil {
		t.Fatal(err)
	}
	if back.Kind != "task_received" || back.Data["feature"] != "avatar" || !back.At.Equal(noon().Truncate(time.Millisecond)) {
		t.Errorf("came back as %+v", back)
	}
}

func TestAPayloadInAnyOtherFormIsRefused(t *testing.T) {
	t.Parallel()
	payload, err := event().Payload()
	if err != nil {
		t.Fatal(err)
	}
	good := string(payload)
	for name, bad := range map[string]string{
		"empty":              "",
		"not JSON":           "hello",
		"white space":        strings.Replace(good, ",", ", ", 1),
		"trailing space":     good + " ",
		"a second value":     good + good,
		"unknown member":     strings.Replace(good, `{"app"`, `{"aaa":"x","app"`, 1),
		"other letter case":  strings.Replace(good, `"app"`, `"App"`, 1),
		"a member twice":     strings.Replace(good, `{"app"`, `{"app":"x","app"`, 1),
		"no data":            strings.Replace(good, `{"bytes":"41000","feature":"avatar"}`, "null", 1),
		"another version":    strings.Replace(good, `"v":1`, `"v":2`, 1),
		"time in a zone":     strings.Replace(good, "11.123Z", "11.123+00:00", 1),
		"escaped letters":    strings.Replace(good, "avatar", `\u0061vatar`, 1),
		"capital hash":       strings.Replace(good, string(hash("policy")), strings.ToUpper(string(hash("policy"))), 1),
		"longer than a leaf": `{"app":"` + strings.Repeat("x", 20<<10) + `"}`,
	} {
		if _, err := audit.ParsePayload([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestContentCannotEnterAnEvent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*audit.Event){
		"a sentence":              func(e *audit.Event) { e.Data["prompt"] = "a cat in the rain" },
		"an address":              func(e *audit.Event) { e.Data["mail"] = "ada@vow.example" },
		"a name in Chinese":       func(e *audit.Event) { e.Data["name"] = "小明" },
		"a sentence as a key":     func(e *audit.Event) { e.Data["a cat"] = "1" },
		"an empty key":            func(e *audit.Event) { e.Data[""] = "1" },
		"a long value":            func(e *audit.Event) { e.Data["x"] = strings.Repeat("x", 257) },
		"too many values":         func(e *audit.Event) { e.Data = many(200) },
		"a file name as object":   func(e *audit.Event) { e.Object = "my holiday.jpg" },
		"a line break in the app": func(e *audit.Event) { e.App = "pix\nplus" },
		"a blank in the subject":  func(e *audit.Event) { e.Subject = "sub x" },
		"a blank in the task":     func(e *audit.Event) { e.Task = "tsk x" },
		"no kind":                 func(e *audit.Event) { e.Kind = "" },
		"a kind with a capital":   func(e *audit.Event) { e.Kind = "Erased" },
		"a kind that is too long": func(e *audit.Event) { e.Kind = audit.Kind(strings.Repeat("x", 33)) },
		"a kind with a blank":     func(e *audit.Event) { e.Kind = "task received" },
		"no time":                 func(e *audit.Event) { e.At = time.Time{} },
		"a time beyond the hour":  func(e *audit.Event) { e.At = time.Date(600000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"a year of five digits":   func(e *audit.Event) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"a hash that is no hash":  func(e *audit.Event) { e.PolicyHash = "v1" },
		"a hash with its prefix":  func(e *audit.Event) { e.PolicyHash = "sha256:" + hash("x") },
	} {
		e := event()
		change(&e)
		if _, err := e.Payload(); !errors.Is(err, audit.ErrNotCodes) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func many(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[strings.Repeat("k", i+1)] = strings.Repeat("v", 200)
	}
	return m
}

func TestAnErasureComesBackFromItsPayload(t *testing.T) {
	t.Parallel()
	payload, err := erasure().Event().Payload()
	if err != nil {
		t.Fatal(err)
	}
	ev, err := audit.ParsePayload(payload)
	if err != nil {
		t.Fatal(err)
	}
	got, err := audit.ErasureOf(ev)
	if err != nil {
		t.Fatal(err)
	}
	want := erasure()
	want.At, want.DueAt = want.At.Truncate(time.Millisecond), want.DueAt.Truncate(time.Millisecond)
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestAnErasureWithoutADueTimeWasDueWhenItHappened(t *testing.T) {
	t.Parallel()
	e := erasure()
	e.DueAt = time.Time{}
	got, err := audit.ErasureOf(e.Event())
	if err != nil || !got.DueAt.Equal(e.At.Truncate(time.Millisecond)) {
		t.Errorf("due at %v, %v", got.DueAt, err)
	}
}

func TestAnIncompleteErasureIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*audit.Erasure){
		"no receipt":     func(e *audit.Erasure) { e.Receipt = "" },
		"no app":         func(e *audit.Erasure) { e.App = "" },
		"no object":      func(e *audit.Erasure) { e.Object = "" },
		"no category":    func(e *audit.Erasure) { e.Category = "" },
		"no rule":        func(e *audit.Erasure) { e.Rule = "" },
		"unknown reason": func(e *audit.Erasure) { e.Reason = "because" },
		"unknown method": func(e *audit.Erasure) { e.Method = "moved_to_trash" },
	} {
		e := erasure()
		change(&e)
		if _, err := e.Event().Payload(); !errors.Is(err, audit.ErrNotCodes) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	ev := event()
	ev.Kind = "erased"
	if _, err := ev.Payload(); !errors.Is(err, audit.ErrNotCodes) {
		t.Errorf("an erased event without its codes: got %v", err)
	}
}

func TestARecordSaysHourKindPolicyAndCommitmentOnly(t *testing.T) {
	t.Parallel()
	salt := bytes.Repeat([]byte{7}, 32)
	payload, err := event().Payload()
	if err != nil {
		t.Fatal(err)
	}
	data, err := audit.RecordOf(salt, payload)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write(payload)
	want := "01" + "00079bfe" + "0d" + hex.EncodeToString([]byte("task_received")) + string(hash("policy")) + hex.EncodeToString(mac.Sum(nil))
	if got := hex.EncodeToString(data); got != want {
		t.Errorf("record %s\nwant   %s", got, want)
	}
	rec, err := audit.ParseRecord(data)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Kind != "task_received" || rec.PolicyHash != hash("policy") || !rec.Hour.Equal(noon().Truncate(time.Hour)) {
		t.Errorf("parsed as %+v", rec)
	}
	if bytes.Contains(data, []byte(subjectID)) || bytes.Contains(data, []byte(objectID)) {
		t.Error("the record names a person or an object")
	}
}

func TestARecordWithoutPolicyHasZeros(t *testing.T) {
	t.Parallel()
	e := event()
	e.PolicyHash = ""
	payload, err := e.Payload()
	if err != nil {
		t.Fatal(err)
	}
	data, err := audit.RecordOf(make([]byte, 32), payload)
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := audit.ParseRecord(data); err != nil || rec.PolicyHash != "" {
		t.Errorf("%+v, %v", rec, err)
	}
}

func TestARecordNeedsAFullSaltAndACanonicalPayload(t *testing.T) {
	t.Parallel()
	payload, err := event().Payload()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.RecordOf(make([]byte, 31), payload); err == nil {
		t.Error("a short salt is accepted")
	}
	if _, err := audit.RecordOf(make([]byte, 32), append(payload, ' ')); err == nil {
		t.Error("a payload with a blank is accepted")
	}
}

func TestAMalformedRecordIsRefused(t *testing.T) {
	t.Parallel()
	payload, err := event().Payload()
	if err != nil {
		t.Fatal(err)
	}
	good, err := audit.RecordOf(make([]byte, 32), payload)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"nothing":         nil,
		"a head only":     good[:6],
		"a byte missing":  good[:len(good)-1],
		"a byte too many": append(bytes.Clone(good), 0),
		"version 2":       append([]byte{2}, good[1:]...),
		"a capital":       bytes.Replace(good, []byte("task_"), []byte("Task_"), 1),
		"a longer kind":   append(append(bytes.Clone(good[:5]), 255), good[6:]...),
	} {
		if _, err := audit.ParseRecord(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
