package openai

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoted is how much of a message an answer repeats.
const quoted = 60

// topic is something that people ask about, and what the model knows about it.
type topic struct {
	words  []string
	en, zh string
}

func topics() []topic {
	return []topic{
		{[]string{"recipe", "cook", "pasta", "cake", "菜", "做饭", "烤"}, "Heat the pan first, add a little oil, and season at the end.", "先热锅，放少许油，最后调味。"},
		{[]string{"doctor", "dose", "dosage", "fever", "headache", "pain", "ibuprofen", "symptom", "发烧", "头疼", "药", "症状"}, "A mild fever often passes with rest and water; a doctor can say which dosage of a medicine fits.", "轻微发烧通常休息、多喝水即可；用药剂量请问医生。"},
		{[]string{"lawyer", "contract", "sue", "landlord", "legal", "court", "律师", "合同", "起诉", "法院"}, "A contract can usually be ended in writing within its notice period; a lawyer can read the clause with you.", "合同一般可以在通知期内书面解除；条款可请律师一起看。"},
		{[]string{"travel", "train", "hotel", "trip", "旅行", "酒店", "火车"}, "Take the morning train, and leave one afternoon without a plan.", "坐早班火车，留一个下午不做安排。"},
		{[]string{"code", "python", "function", "bug", "代码", "函数"}, "Write the smallest function that shows the problem, then give it a test.", "先写出能重现问题的最小函数，再为它写测试。"},
		{[]string{"hello", "hi", "你好"}, "Hello! What would you like to talk about?", "你好！想聊点什么？"},
	}
}

// reply is what the model says, in pieces: something about the topic, what it was asked, what it was
// told first, and a count with a check sum.
func reply(turns []turn) []string {
	asked := turns[len(turns)-1].text
	inChinese := strings.ContainsFunc(asked, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	pieces := strings.SplitAfter(about(asked, inChinese), " ")
	pieces = append(pieces, "\n\n", tell(inChinese, "You asked: “%s”.", "你问的是：“%s”。", short(asked)))
	if at := slices.IndexFunc(turns, func(t turn) bool { return t.role == "user" }); at < len(turns)-1 {
		pieces = append(pieces, tell(inChinese, " First you said: “%s”", "你最先说的是：“%s”", short(turns[at].text)),
			tell(inChinese, ", %d messages ago.", "，那是 %d 条消息之前。", len(turns)-1-at))
	}
	return append(pieces,
		"\n\nI read ", fmt.Sprint(len(strings.Fields(asked))), " words", " and ", fmt.Sprint(utf8.RuneCountInString(asked)),
		" characters", " — ", "谢谢", ", noted as ", sum(asked), ".")
}

// about finds what there is to say about a question.
func about(asked string, inChinese bool) string {
	low := strings.ToLower(asked)
	words := strings.FieldsFunc(low, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, t := range topics() {
		for _, w := range t.words {
			if slices.Contains(words, w) || w[0] >= utf8.RuneSelf && strings.Contains(low, w) {
				return tell(inChinese, t.en, t.zh)
			}
		}
	}
	return tell(inChinese, "That is a good question, and there are several ways to look at it.", "这是个好问题，可以从几个方面来看。")
}

func tell(inChinese bool, en, zh string, args ...any) string {
	form := en
	if inChinese {
		form = zh
	}
	return fmt.Sprintf(form, args...)
}

// short is the beginning of a message.
func short(s string) string {
	if runes := []rune(s); len(runes) > quoted {
		return string(runes[:quoted]) + "…"
	}
	return s
}
