package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

// What conversations and recordings must be.
func TestAPolicyOfWordsThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	const machine = "    class: own_host\n    region: DE\n    provider_retention: {inputs: immediate, outputs: immediate}\n"
	const vendor = "    class: third_party_ai\n    region: DE\n    policy_url: https://x.example/p\n    policy_name: {en: Policy}\n    provider_retention: {inputs: unknown, outputs: unknown}\n" +
		"    contract: {use_limit: true, no_training: true, equal_protection: true, reference: C-1, reviewed: \"2026-06-01\"}\n"
	for _, tc := range []change{
		{name: "a recording without an end is refused", old: "    max_seconds: 60\n", want: "the recording is not bounded"},
		{name: "a recording of any size is refused", old: "    max_bytes: 10000000\n", want: "the recording is not bounded"},
		{name: "a recording that nobody can clean is refused", old: "audio/flac]", new: "audio/aac]", want: "whose metadata nobody can remove"},
		{name: "seconds of a text are refused", old: "    max_length: 4000\n", new: "    max_length: 4000\n    max_seconds: 5\n", want: "max_seconds bounds a recording"},
		{name: "a message that the review cannot read is refused", old: "max_length: 4000", new: "max_length: 4001", want: "longer than the review reads"},
		{name: "a long text that is no conversation is refused", old: "  - field: message\n    kind: text\n    category: chat_message", new: "  - field: message\n    kind: text\n    category: prompt", want: "longer than the review reads"},
		{name: "earlier turns that are something else are refused", old: "  - field: history\n    kind: text\n    category: chat_message", new: "  - field: history\n    kind: text\n    category: prompt", want: "words of it"},
		{name: "a conversation that begins with its past is refused", old: "    required: [message]\n    optional: [history]\n", new: "    required: [message, history]\n", want: "a first turn"},
		{name: "a past without a present is refused", old: "    required: [message]\n    optional: [history]\n    recipient: own_ai\n    send: [{field: message, transport: text}, ", new: "    required: []\n    optional: [history]\n    recipient: own_ai\n    send: [", want: "no new one"},
		{name: "a recording for another company is refused", old: machine, new: vendor, want: "a machine of your own only"},
		{name: "a recording as a text is refused", old: "{field: voice, transport: bytes}", new: "{field: voice, transport: text}", want: "cannot travel"},
		{name: "a recording that no task uses needs a clock", old: "  - {category: voice_audio, starts: unused,", new: "  - {category: voice_audio, starts: item_written,", want: "no task uses"},
		{name: "words that wait for days to be handed over are refused", old: "{category: transcript, starts: result_stored, limit: PT1H", new: "{category: transcript, starts: result_stored, limit: P2D", want: "longer than a day"},
		{name: "words that wait without a word are refused", old: ", text: {en: \"until you have read it, at most {limit}\"}", want: "how long transcript"},
		{name: "a recording that is a message is refused", old: "    kind: voice\n    category: voice_audio", new: "    kind: voice\n    category: chat_message", want: "a voice is no chat_message"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Load("p.yaml", policytest.Mutate(t, policytest.Talk(), tc.old, tc.new))
			var problems *policy.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("the policy was accepted: %v", err)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestAFeatureOfWordsIsWhatThePolicySays(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Talk())
	chat, speech := feature(t, p, "ai_chat"), feature(t, p, "speech_to_text")
	voice, ok := speech.Input("voice")
	if !ok || voice.Kind != policy.Voice || !voice.IsMedium() || voice.MaxSeconds != 60 || !slices.Contains(voice.Accept, "audio/webm") || p.StorageOf(voice.Category) != policy.Memory {
		t.Errorf("%+v", voice)
	}
	message, _ := chat.Input("message")
	if chat.ResultKind() != "text" || speech.ResultKind() != "text" || !speech.Once || chat.Once || message.IsMedium() {
		t.Errorf("%+v %+v", chat, speech)
	}
	screen, err := p.Screen("speech_to_text", "en")
	if err != nil || len(screen.What) != 1 || screen.What[0].Text != "your recording, as the recording itself" {
		t.Errorf("%+v, %v", screen.What, err)
	}
}
