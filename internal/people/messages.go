package people

import (
	"context"
	"errors"
	"strconv"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// MessageChoice is what a person wants of one kind of messages on one channel.
type MessageChoice struct {
	Kind    string
	Channel string
	Off     bool
}

// name is under which a choice stands among the switches. No switch of a policy has a dot.
func (c MessageChoice) name() string { return "message." + c.Kind + "." + c.Channel }

// SetMessages switches kinds of messages off, and on again. A kind or channel that the person's policy does not
// have is refused, and so is to switch off what everybody is told; nothing is changed then.
func (s *Service) SetMessages(ctx context.Context, who task.Who, list []MessageChoice) error {
	data := map[string]string{}
	for i, c := range list {
		if err := c.judge(who, "/"+strconv.Itoa(i)); err != nil {
			return err
		}
		if data[c.Kind+"."+c.Channel] = "on"; c.Off {
			data[c.Kind+"."+c.Channel] = "off"
		}
	}
	return s.change(ctx, who, audit.Event{Kind: "messages_set", Data: data}, func(_ *store.Tx, p *facts.Profile) error {
		for _, c := range list {
			delete(p.Switches, c.name())
			if c.Off {
				p.Switches[c.name()] = false
			}
		}
		return nil
	})
}

// judge finds what a choice is about in the policy.
func (c MessageChoice) judge(who task.Who, at string) error {
	for _, m := range matter.Of(who.Policy.Terms().Notices) {
		if m.Kind != c.Kind {
			continue
		}
		for _, w := range m.Ways {
			switch {
			case w.Channel != c.Channel || !w.Sent:
			case c.Off && !matter.MayBeOff(c.Kind, c.Channel):
				return invalid(at+"/off", "always_sent", "Everybody is told of this here, whatever is switched off.")
			default:
				return nil
			}
		}
		return invalid(at+"/channel", "not_a_channel", "No such message goes over this channel.")
	}
	return invalid(at+"/kind", "not_a_kind", "The policy of this app has no such kind of message.")
}

// MessageOff reports whether a kind of messages is switched off on a channel. What nobody may switch off is on,
// whatever is written.
func MessageOff(p facts.Profile, kind, channel string) bool {
	on, said := p.Switches[MessageChoice{Kind: kind, Channel: channel}.name()]
	return said && !on && matter.MayBeOff(kind, channel)
}

// Silenced reads whether a person has switched a kind of messages off on a channel. Somebody who is gone is told
// nothing; where it cannot be read, nobody knows.
func (s *Service) Silenced(ctx context.Context, app privacy.AppID, subject privacy.SubjectID, kind, channel string) (bool, error) {
	if !matter.MayBeOff(kind, channel) {
		return false, nil
	}
	p, err := facts.ProfileOf(ctx, s.DB.App(app), subject, s.Clock.Now())
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return MessageOff(p, kind, channel), err
}
