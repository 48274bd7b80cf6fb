// Package log writes the operational log: constant messages and a closed set of attributes.
//
// It promises that a line holds only codes, counts, durations and identifiers of jobs or requests,
// because a message is a constant of this module and there is no attribute for anything else.
// It never takes an error's text, a personal string, an address, a header or a path.
package log

import (
	"context"
	"io"
	stdlog "log"
	"log/slog"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
)

// Message is a constant sentence. An untyped string constant converts to it; a computed string
// needs an explicit conversion, which archtest refuses.
type Message string

// Attr is one permitted attribute. Only the functions of this package make one.
type Attr struct{ a slog.Attr }

// Task names the task a line is about.
func Task(id privacy.TaskID) Attr { return Attr{slog.String("task", string(id))} }

// Recipient names a recipient.
func Recipient(id privacy.RecipientID) Attr { return Attr{slog.String("recipient", string(id))} }

// Request names the request by its random id.
func Request(id string) Attr { return Attr{slog.String("request", id)} }

// Code gives an error by its stable code; the text of the error is left out.
func Code(err error) Attr { return Attr{slog.String("code", fault.CodeOf(err))} }

// Step names a step of the pipeline by its constant.
func Step(s Message) Attr { return Attr{slog.String("step", string(s))} }

// Count gives a number.
func Count(n int) Attr { return Attr{slog.Int("count", n)} }

// Logger writes lines. The zero value discards them.
type Logger struct{ to *slog.Logger }

// New returns a Logger that writes one text line per event to w.
func New(w io.Writer) Logger { return Logger{slog.New(slog.NewTextHandler(w, nil))} }

// Info writes an event of normal operation.
func (l Logger) Info(m Message, attrs ...Attr) { l.write(slog.LevelInfo, m, attrs) }

// Error writes a failure that an operator should look at.
func (l Logger) Error(m Message, attrs ...Attr) { l.write(slog.LevelError, m, attrs) }

// ForServers returns the error log of an http.Server. What net/http would write there quotes
// addresses, values and stacks: each such line becomes one constant.
func (l Logger) ForServers() *stdlog.Logger { return stdlog.New(constant{l}, "", 0) }

type constant struct{ l Logger }

// Write notes that there was a line.
func (c constant) Write(p []byte) (int, error) {
	c.l.Error("the HTTP server reports an error of a connection or a handler")
	return len(p), nil
}

func (l Logger) write(level slog.Level, m Message, attrs []Attr) {
	if l.to == nil {
		return
	}
	list := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		list[i] = a.a
	}
	l.to.LogAttrs(context.Background(), level, string(m), list...)
}
