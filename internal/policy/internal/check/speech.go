package check

import (
	"slices"

	"vow.example/vow/internal/policy/internal/source"
)

const (
	voice   = "voice"
	earlier = "history" // the field of the earlier turns of a conversation
	talk    = "chat_message"
)

// The bounds of what people type: the review reads no more, and only a conversation is longer.
const (
	longestPrompt  = 2000
	longestMessage = 4000
)

// spoken checks the bounds of recordings and of the words of a conversation.
func (c *checker) spoken(in source.Input, steps ...any) {
	isTalk := in.Kind == "text" && in.Category == talk
	switch {
	case in.Kind == voice && (len(in.Accept) == 0 || in.MaxBytes == 0 || in.MaxSeconds == 0):
		c.refuse("the recording is not bounded", "write accept, max_bytes and max_seconds", steps...)
	case in.Kind == voice && slices.ContainsFunc(in.Accept, func(t string) bool { return !isWord(soundTypes, t) }):
		c.refuse("a kind of recording is accepted whose metadata nobody can remove", "use some of: "+soundTypes, append(slices.Clone(steps), "accept")...)
	case in.Kind != voice && in.MaxSeconds != 0:
		c.refuse("max_seconds bounds a recording, but "+in.Key()+" is a "+in.Kind, "write kind: voice, or remove it", append(slices.Clone(steps), "max_seconds")...)
	case in.Field == earlier && !isTalk:
		c.refuse("the earlier turns of a conversation are words of it", "write kind: text and category: "+talk, steps...)
	case isTalk && in.Field != earlier && in.MaxLength > longestMessage, in.Kind == "text" && !isTalk && in.MaxLength > longestPrompt:
		c.refuse("the text is longer than the review reads", "write a max_length of at most 2000, or 4000 for a message of a conversation", append(slices.Clone(steps), "max_length")...)
	}
}

// soundTypes are the recordings that can be cleaned while they stream.
const soundTypes = "audio/wav audio/mpeg audio/mp4 audio/ogg audio/webm audio/flac"

// speech checks a feature that takes a recording or goes on with a conversation.
func (c *checker) speech(i int, f source.Feature) {
	r, known := c.recipient(f.Recipient)
	texts := 0
	for _, key := range (featureView{f}).all() {
		in, _ := c.input(key)
		if in.Kind == "text" && in.Field != earlier {
			texts++
		}
		switch {
		case in.Kind == voice && known && r.Class != ownHost:
			c.refuse("no gate can judge a recording before it is written down, so it may go to a machine of your own only", "route the feature to a recipient of the class "+ownHost, "features", i, "recipient")
		case in.Field == earlier && slices.Contains(f.Required, key):
			c.refuse("a conversation has a first turn, before which there is none", "list "+key+" in optional", "features", i, "required")
		}
	}
	if _, at := c.inputOf(f, earlier); at >= 0 && texts == 0 {
		c.refuse("the feature takes the earlier turns of a conversation and no new one", "add the text that the person writes", "features", i, "optional")
	}
}
