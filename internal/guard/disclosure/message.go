package disclosure

import (
	"context"
	"encoding/json"
	"slices"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Sentence is what a message says. It is all that can be said: no message is composed of anything else.
type Sentence string

// The sentences. The zero Sentence is refused.
const (
	TaskDone      Sentence = "task_done"
	TaskFailed    Sentence = "task_failed"
	PolicyChanged Sentence = "policy_change"
	SecurityAlert Sentence = "security_alert"
	ServiceNotice Sentence = "service_notice"
	SupportAnswer Sentence = "support_answer"
	AppUpdate     Sentence = "update"
)

// SentenceOf returns the sentence for a kind of notice; false: such a notice is read in the app only.
func SentenceOf(kind string) (Sentence, bool) {
	s := Sentence(kind)
	_, ok := sentences()[s]
	return s, ok
}

// sentences say that there is something, and never what: a locked screen shows them to whoever looks
// (MIX-4-05).
func sentences() map[Sentence]terms.Localized {
	return map[Sentence]terms.Localized{
		TaskDone:      {"en": "Your result is ready.", "zh-Hans": "您的结果已完成。"},
		TaskFailed:    {"en": "Your task could not be completed.", "zh-Hans": "您的任务未能完成。"},
		PolicyChanged: {"en": "There is news about the privacy policy.", "zh-Hans": "隐私政策有更新。"},
		SecurityAlert: {"en": "There is a message about the security of your account.", "zh-Hans": "有一条关于您账户安全的消息。"},
		ServiceNotice: {"en": "There is a message about the service.", "zh-Hans": "有一条服务通知。"},
		SupportAnswer: {"en": "Support has answered you.", "zh-Hans": "客服已回复您。"},
		AppUpdate:     {"en": "There is news about the app.", "zh-Hans": "应用有新消息。"},
	}
}

// Kind is the matter by which a policy lists the sentence (MIX-2.2-02).
func (s Sentence) Kind() string {
	if s == TaskDone || s == TaskFailed {
		return "task_status"
	}
	return string(s)
}

// Message is what PrepareMessage judges: one sentence for one device, over the gateway that the Allowance
// names.
type Message struct {
	Policy    *policy.Policy
	Allowance consent.Allowance
	Batch     privacy.TaskID
	Device    string // its name, drawn by this server for this app
	Says      Sentence
	Language  privacy.Lang
}

// PrepareMessage makes a Disclosure of a message: the app's name above one of the sentences. The ledger
// row is committed before it returns.
func PrepareMessage(ctx context.Context, l Ledger, clk clock.Clock, m Message) (Disclosure, error) {
	return prepare(ctx, l, clk, m)
}

// ResumeMessage makes a Disclosure for the row of a message that was not taken yet.
func ResumeMessage(ctx context.Context, l Ledger, clk clock.Clock, id privacy.TransferID, m Message) (Disclosure, error) {
	return resume(ctx, l, clk, id, m, nil)
}

func (m Message) under() *policy.Policy { return m.Policy }

func (m Message) judge() (Entry, Content, error) {
	if m.Policy == nil || !m.Allowance.Valid() {
		return Entry{}, nil, refuse("no-allowance", "")
	}
	g, ok := m.Allowance.Gateway()
	if !ok || m.Batch == "" || !m.Allowance.Covers(m.Policy, m.Batch) {
		return Entry{}, nil, refuse("allowance-does-not-cover", "")
	}
	words, ok := sentences()[m.Says]
	if !ok || !slices.Contains(append([]string{string(PolicyChanged)}, m.Policy.Terms().Notices.Kinds...), m.Says.Kind()) {
		return Entry{}, nil, refuse("no-sentence", fieldMessage)
	}
	if !privacy.HasPrefix(m.Device, "dev") {
		return Entry{}, nil, refuse("not-a-device", fieldAddress)
	}
	written, err := json.Marshal(map[string]string{"title": m.Policy.Name(m.Language), "body": words.In(m.Language)})
	if err != nil {
		return Entry{}, nil, refuse("no-sentence", fieldMessage)
	}
	e := Entry{
		App: m.Policy.App(), Subject: m.Allowance.Wish().Subject, Task: m.Batch, Recipient: g.Recipient,
		Fields: []privacy.Field{fieldAddress, fieldMessage}, Purpose: g.Purpose, PolicyHash: m.Policy.Hash(),
	}
	return e, Content{fieldAddress: asText(m.Device), fieldMessage: asText(string(written))}, nil
}
