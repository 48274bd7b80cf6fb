package answer_test

import (
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task/answer"
)

func reader(t *testing.T) *advice.Reader {
	t.Helper()
	r, err := advice.New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheNoticesComeNoLaterThanTheLastPiece(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for name, c := range map[string]struct {
		question string
		pieces   []string
		want     string
	}{
		"a question of medicine": {"I have a fever", []string{"Rest", " well."}, "ai_generated medical"},
		"only the last word":     {"What now?", []string{"I would ", "ask a ", "lawyer"}, "ai_generated legal"},
		"one piece":              {"What now?", []string{"See a dentist."}, "ai_generated medical"},
		"neither":                {"A recipe?", []string{"Rinse the kidney", " beans", " and cook them."}, "ai_generated"},
		"no piece":               {"What now?", nil, "ai_generated"},
	} {
		var shown []string
		var last []string
		s := answer.New(r, []privacy.Text{privacy.NewText(c.question)}, func(p privacy.Text, notices []string) {
			shown, last = append(shown, p.Reveal()), notices
		})
		for i, p := range c.pieces {
			s.Add(privacy.NewText(p))
			if len(shown) != i {
				t.Errorf("%s: %d pieces shown after %d", name, len(shown), i+1)
			}
		}
		got := s.End()
		whole := strings.Join(c.pieces, "")
		if strings.Join(got, " ") != c.want || strings.Join(shown, "") != whole || len(c.pieces) > 0 && !slices.Equal(last, got) {
			t.Errorf("%s: %q with %v, the last piece with %v, want %s", name, shown, got, last, c.want)
		}
		if again := s.End(); !slices.Equal(again, got) || len(shown) != len(c.pieces) {
			t.Errorf("%s: a second end shows something: %v", name, again)
		}
		w := answer.Words{Of: "chat_message", Asked: func() []privacy.Text { return []privacy.Text{privacy.NewText(c.question)} }, Text: privacy.NewText(whole)}
		if one, err := answer.Notices(r, nil, w); err != nil || !slices.Equal(one, got) {
			t.Errorf("%s: %v in one piece, %v", name, one, err)
		}
	}
	said := answer.Words{Of: "transcript", Text: privacy.NewText("call my lawyer")}
	if got, err := answer.Notices(r, nil, said); err != nil || !slices.Equal(got, answer.Machine()) {
		t.Errorf("what somebody dictates has %v, %v", got, err)
	}
	if got, err := answer.Notices(nil, nil, said); err == nil || got != nil {
		t.Errorf("without a reader: %v", got)
	}
	if got := answer.Machine(); !slices.Equal(got, []string{"ai_generated"}) {
		t.Errorf("%v", got)
	}
}
