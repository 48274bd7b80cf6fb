// Package matter knows what people are written to about, where, and which of it a person may switch off.
//
// It promises that the table of what may be off stands in one place, and that no policy changes it: a kind
// that the table does not name is always sent. It never knows what anybody has chosen.
package matter

import (
	"slices"

	"vow.example/vow/internal/policy/terms"
)

// The kinds of messages. A policy lists those of staff and of the server; a change of the policy is on every
// list, and the last two are notices of the app itself.
const (
	PolicyChange  = "policy_change"
	SecurityAlert = "security_alert"
	Incident      = "incident"
	ServiceNotice = "service_notice"
	SupportAnswer = "support_answer"
	Update        = "update"
	TaskStatus    = "task_status"
	Expiring      = "result_expiring"
	StaffAccess   = "staff_access"
)

// The channels that are nobody's own.
const (
	InApp = "in_app"
	Board = "announcement" // in public
)

// reach says how far a person may switch a kind off. The zero reach is: nowhere.
type reach int

const (
	nowhere  reach = iota
	outside        // on a device or address of the person; in the app it waits to be read
	anywhere       // in the app too
)

// table is which kinds may be off. What people are owed is on it with the zero reach, to be read here.
func table() map[string]reach {
	return map[string]reach{
		PolicyChange: nowhere, SecurityAlert: nowhere, Incident: nowhere,
		ServiceNotice: outside, SupportAnswer: outside, Update: outside,
		TaskStatus: anywhere, Expiring: anywhere, StaffAccess: anywhere,
	}
}

// MayBeOff reports whether a person may switch a kind off on a channel.
func MayBeOff(kind, channel string) bool {
	switch channel {
	case InApp:
		return table()[kind] == anywhere
	case Board: // it is addressed to nobody
		return false
	default:
		return table()[kind] >= outside
	}
}

// Matter is one kind of messages with its ways to people.
type Matter struct {
	Kind   string
	Own    bool // a notice of the app itself: on no policy's list
	Ways   []Way
	Clause string
}

// Way is one kind of messages on one channel of the policy.
type Way struct {
	Channel string
	Sent    bool   // the kind goes there, and somebody carries it
	Switch  string // of the policy, that the whole channel hangs on; "": none
}

// Of lists the kinds that people are written to about under a policy, a change of the policy first.
func Of(n terms.Notices) []Matter {
	list := []Matter{{Kind: PolicyChange, Ways: ways(n, Outside(n, PolicyChange, true)), Clause: n.Clause}}
	for _, kind := range n.Kinds {
		if kind == PolicyChange {
			continue
		}
		m := Matter{Kind: kind, Ways: ways(n, Outside(n, kind, false))}
		for _, g := range n.Gateways {
			m.Clause = g.Clause
		}
		list = append(list, m)
	}
	for _, kind := range []string{Expiring, StaffAccess} {
		if !slices.Contains(n.Kinds, kind) {
			list = append(list, Matter{Kind: kind, Own: true, Ways: ways(n, nil)})
		}
	}
	return list
}

// Outside lists the channels over which a kind goes beside the app. A change of the policy goes where the
// policy says so, and its versions are read by everybody; whatever else people are written to about goes over
// the gateways too, and is published nowhere.
func Outside(n terms.Notices, kind string, major bool) []string {
	all := slices.Clone(n.Channels)
	if major {
		all = append(all, n.Major...)
	}
	if kind == PolicyChange {
		return others(all)
	}
	for _, g := range n.Gateways {
		all = append(all, g.Channel)
	}
	return slices.DeleteFunc(others(all), func(c string) bool { return c == Board })
}

// others are the channels beside the app, each once.
func others(all []string) (list []string) {
	for _, c := range all {
		if c != InApp && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// ways lists every channel of a policy, with whether a kind goes there.
func ways(n terms.Notices, goes []string) []Way {
	every := append(slices.Clone(n.Channels), n.Major...)
	for _, g := range n.Gateways {
		every = append(every, g.Channel)
	}
	list := []Way{{Channel: InApp, Sent: true}}
	for _, c := range others(every) {
		w := Way{Channel: c}
		at := slices.IndexFunc(n.Gateways, func(g terms.Gateway) bool { return g.Channel == c })
		if at >= 0 {
			w.Switch = n.Gateways[at].Switch
		}
		w.Sent = slices.Contains(goes, c) && (at >= 0 || c == Board)
		list = append(list, w)
	}
	return list
}
