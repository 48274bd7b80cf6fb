package audit

import (
	"fmt"
	"time"

	"vow.example/vow/internal/privacy"
)

// erased is the kind of the leaf behind an erasure receipt. It is appended only after the key was
// destroyed (or the memory wiped, or the row erased).
const erased Kind = "erased"

// Erasure is the fact that one object was erased: everything a receipt states about it.
type Erasure struct {
	Receipt    privacy.ReceiptID
	App        privacy.AppID
	Subject    privacy.SubjectID
	Task       privacy.TaskID
	Object     string
	Category   privacy.Category
	Rule       string // rule id: "pixplus/v1#retention.source_photo.task_failed"
	Reason     string // deadline, task_ended, subject_request, declined, account_erased, unused, restart, handed_over, restored
	Method     string // key_destroyed, memory_wiped, row_erased
	DueAt      time.Time
	At         time.Time
	PolicyHash privacy.PolicyHash
}

// Event returns the event to append. Without a due time the erasure itself was the due time.
func (e Erasure) Event() Event {
	due := e.DueAt
	if due.IsZero() {
		due = e.At
	}
	return Event{
		Kind: erased, App: e.App, Subject: e.Subject, Object: e.Object, Task: e.Task,
		At: e.At, PolicyHash: e.PolicyHash,
		Data: map[string]string{
			"category": string(e.Category), "due_at": due.UTC().Format(timeLayout), "method": e.Method,
			"reason": e.Reason, "receipt": string(e.Receipt), "rule": e.Rule,
		},
	}
}

// ErasureOf returns the erasure that an event of kind "erased" records. It refuses an event from
// which no complete receipt could be made.
func ErasureOf(ev Event) (Erasure, error) {
	due, err := time.Parse(timeLayout, ev.Data["due_at"])
	if err != nil || ev.Kind != erased || len(ev.Data) != 6 {
		return Erasure{}, fmt.Errorf("%w: not a complete erasure", ErrNotCodes)
	}
	e := Erasure{
		Receipt: privacy.ReceiptID(ev.Data["receipt"]), App: ev.App, Subject: ev.Subject, Task: ev.Task,
		Object: ev.Object, Category: privacy.Category(ev.Data["category"]), Rule: ev.Data["rule"],
		Reason: ev.Data["reason"], Method: ev.Data["method"], DueAt: due, At: ev.At, PolicyHash: ev.PolicyHash,
	}
	if e.Receipt == "" || e.App == "" || e.Object == "" || e.Category == "" || e.Rule == "" {
		return Erasure{}, fmt.Errorf("%w: the erasure lacks an identifier", ErrNotCodes)
	}
	switch e.Reason {
	case "deadline", "task_ended", "subject_request", "declined", "account_erased", "unused", "restart", "handed_over", "restored":
	default:
		return Erasure{}, fmt.Errorf("%w: unknown reason of erasure", ErrNotCodes)
	}
	switch e.Method {
	case "key_destroyed", "memory_wiped", "row_erased":
		return e, nil
	default:
		return Erasure{}, fmt.Errorf("%w: unknown method of erasure", ErrNotCodes)
	}
}
