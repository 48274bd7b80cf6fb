package runninghub

import (
	"net/http"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// Fault is a way in which the service misbehaves.
type Fault = kit.Fault

// Injection makes a fault strike the next calls to a path.
type Injection = kit.Injection

// The faults: the common ones by their names, and RunningHub's own.
const (
	SlowReply        = kit.SlowReply
	Hang             = kit.Hang
	CutReply         = kit.CutReply
	DuplicateReply   = kit.DuplicateReply
	LostReply        = kit.LostReply
	Unavailable      = kit.Unavailable
	GatewayError     = kit.BadGateway
	WrongType        = kit.WrongType
	Oversize         = kit.Oversize
	RedirectPrivate  = kit.RedirectPrivate
	EarlyWebhook     = kit.EarlyWebhook
	ForgedWebhook    = kit.ForgedWebhook
	DuplicateWebhook = kit.DuplicateWebhook

	QueueFull    Fault = "queue_full"    // create: 421
	OutputsNull  Fault = "outputs_null"  // outputs: still running, whatever the status said
	OutputsEmpty Fault = "outputs_empty" // outputs: ended, made nothing
)

// fits reports whether a fault makes sense for a call.
func fits(f Fault, method, path string) bool {
	switch f {
	case QueueFull, EarlyWebhook, ForgedWebhook, DuplicateWebhook:
		return method == http.MethodPost && (path == "/task/openapi/create" || strings.HasPrefix(path, "/task/openapi/ai-app/"))
	case OutputsNull, OutputsEmpty:
		return path == "/task/openapi/outputs"
	default:
		return true
	}
}
