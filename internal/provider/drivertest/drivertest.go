// Package drivertest is the conformance suite of drivers: what every driver must do against the
// simulator of its recipient, faults included.
//
// It promises that a driver that passes sends only what it was given, never mixes two people,
// never sends anything twice, continues after an interruption, and tells every failure apart. It
// never talks to a real recipient.
//
// A test of a driver describes its recipient once, in a Harness: the feature's content (Fields),
// the calls that carry it (Calls), how the recipient answers (Shape), whether it can cancel, and
// how a result shows what it was made from (Matches). From that the suite derives which tests
// apply; none is skipped silently. Where a field travels by "url", the suite serves the links
// itself, and the field counts as arrived with the call that carries the link. A simulator on
// internal/sim/kit becomes a Service by the function On. The result must tell people apart: a
// renderer that returns the photo's bytes followed by the prompt is enough, and Same compares that.
// Where a result cannot hold that much, Matches checks what it can. Where there is no result at all,
// the Service shows what it took, and Matches compares that.
package drivertest

import (
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// Call is a call to the recipient: Call(0), Call(1), … are those of Harness.Calls.
type Call int

// The calls without content.
const (
	Ask    Call = -1 - iota // the first call of a poll
	Result                  // the download of a result
)

// Fault is a way in which a recipient misbehaves.
type Fault string

// The faults that a simulator must be able to produce on any call; Throttled on the last call with
// content only.
const (
	Slow            Fault = "a slow answer"
	Twice           Fault = "the same answer twice"
	Hang            Fault = "no answer until the time is up"
	Cut             Fault = "an answer that breaks off"
	Lost            Fault = "no answer although the call was taken"
	Down            Fault = "503, the call was not taken"
	Gateway         Fault = "502, the call was taken"
	Failed          Fault = "an internal error, the call was taken"
	WebPage         Fault = "a web page as answer"
	Endless         Fault = "an endless answer"
	RedirectPrivate Fault = "a redirect to a private address"
	Throttled       Fault = "a full queue"
)

// Service is one running simulator.
type Service struct {
	Config  egress.Config
	Strike  func(f Fault, c Call)    // the next such call fails in this way
	Arrived func() [][]privacy.Field // fields of the content-bearing calls, in order of arrival
	Odd     func() []string          // what the recipient should not have seen
	Took    func() [][]byte          // of a Delivery: what was taken, whole; nil otherwise
}

// Kind is what a field holds.
type Kind int

// The kinds of content.
const (
	Photo  Kind = iota // a picture or a video, by its bytes
	Words              // people's own words
	Choice             // a value of the policy's list
)

// Field is one field of the feature's content.
type Field struct {
	Kind      Kind
	Value     string // a small picture; a few words; a value
	Transport string // "text", "bytes", "base64" or "url"; empty: "bytes" for a photo, else "text"
	Optional  bool   // an order without it is complete
	// Of returns the value of one of many people, where it has a form of its own; nil: by Kind.
	Of func(person int) string
}

// Content is what one person sends, by field.
type Content map[privacy.Field]string

// Shape is how a recipient answers.
type Shape int

// The shapes of recipients.
const (
	Asked       Shape = iota // a job to ask about; its result is a file
	AskedInline              // a job to ask about; the answer holds the result
	AtOnce                   // the answer to the last call holds the result
	AtOnceLink               // the answer to the last call names a file; the ticket holds its address
	Delivery                 // the answer to the last call says that it was taken; there is no result
)

func (s Shape) asked() bool   { return s == Asked || s == AskedInline }
func (s Shape) fetched() bool { return s == Asked || s == AtOnceLink }
func (s Shape) atOnce() bool  { return s == AtOnce || s == Delivery }

// Harness is a driver with what the suite needs around it.
type Harness struct {
	Driver    driver.Driver
	App       privacy.AppID
	Feature   privacy.FeatureID
	Recipient privacy.RecipientID
	Wiring    provider.Wiring // with a route for the recipient, whose workflow takes every field
	Fields    map[privacy.Field]Field
	Calls     [][]privacy.Field // the fields that each call carries, sorted; calls in their order
	Shape     Shape
	Cancels   bool // a job that has just been created can be stopped
	Erases    bool // the recipient has a call to erase something
	// Start runs a fresh simulator. With slow its jobs take long enough to be cancelled.
	Start func(t *testing.T, slow bool) Service
	// Matches reports whether a result was made from this content and no other. The data is that
	// of a file or of an inline picture, or what a Delivery brought, else nil.
	Matches func(sent Content, got driver.Result, data []byte) bool
}

// Same is a Matches for simulators whose result is the bytes of the photo followed by the prompt.
func Same(photo, prompt privacy.Field) func(Content, driver.Result, []byte) bool {
	return func(sent Content, _ driver.Result, data []byte) bool { return string(data) == sent[photo]+sent[prompt] }
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	h.check(t)
	for name, test := range h.tests() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// tests returns what applies to the recipient.
func (h Harness) tests() map[string]func(*testing.T, Harness) {
	tests := map[string]func(*testing.T, Harness){
		"an order comes to its result":                                    testOrder,
		"people are never mixed":                                          testInterleaved,
		"a field without a place is refused before any call":              testExtraField,
		"an interruption at any moment sends nothing twice":               testResume,
		"an interruption after the last call is not forgotten":            testAnswerLost,
		"storing fails before sending, so nothing is sent":                testSaveFails,
		"a ticket or state that is garbage is an error":                   testGarbage,
		"faults of calls with content":                                    testContentFaults,
		"an internal error after the order was taken is never sent again": testFailedAfter,
	}
	if h.optional() {
		tests["only what was given arrives"] = testOnlyGiven
	}
	if len(h.Calls) > 1 {
		tests["an interruption in a call is an unknown outcome"] = testInterrupted
	}
	if !h.Shape.atOnce() {
		tests["what stays at the recipient is said"] = testForget
	}
	if h.Shape.fetched() {
		tests["faults of results"] = testResultFaults
	}
	if h.Shape.asked() {
		tests["faults of questions"] = testAskFaults
		tests["a finished job cannot be cancelled"] = testCancelTooLate
		tests["a job that runs is cancelled, or it is said that it cannot be"] = testCancel
	}
	return tests
}

// check refuses a Harness that describes nothing.
func (h Harness) check(t *testing.T) {
	t.Helper()
	route, ok := h.Wiring[h.Recipient]
	if !ok || len(h.Calls) == 0 || h.Matches == nil || h.Start == nil {
		t.Fatal("drivertest: a Harness needs a route for its recipient, Calls, Matches and Start")
	}
	if flow := route.Workflows[h.Feature]; len(flow.Nodes) != len(h.Fields) {
		t.Fatalf("drivertest: the workflow takes %d fields, the Harness has %d", len(flow.Nodes), len(h.Fields))
	}
	carried := 0
	for _, call := range h.Calls {
		carried += len(call)
		for _, f := range call {
			if _, ok := h.Fields[f]; !ok {
				t.Fatalf("drivertest: a call carries %s, which the Harness does not have", f)
			}
		}
	}
	if carried != len(h.Fields) {
		t.Fatalf("drivertest: the calls carry %d fields of %d", carried, len(h.Fields))
	}
}

func (h Harness) optional() bool {
	for _, f := range h.Fields {
		if f.Optional {
			return true
		}
	}
	return false
}
