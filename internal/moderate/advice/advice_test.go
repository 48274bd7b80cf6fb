package advice_test

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/privacy"
)

func reader(t testing.TB) *advice.Reader {
	t.Helper()
	r, err := advice.New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func of(r *advice.Reader, question, answer string) []advice.Notice {
	return r.Of(privacy.NewText(answer), privacy.NewText(question))
}

func lines(t *testing.T, name string) (list []string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if text := strings.TrimSpace(s.Text()); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// score is how well one notice was given over some questions.
type score struct{ right, missed, wrong int }

func (s score) precision() float64 { return float64(s.right) / float64(max(1, s.right+s.wrong)) }
func (s score) recall() float64    { return float64(s.right) / float64(max(1, s.right+s.missed)) }

// judge asks the questions of a set: the tuned ones by themselves, the others with the answer that a
// person would get, behind a bar.
func judge(t *testing.T, prefix string, least map[string]int) map[advice.Notice]*score {
	t.Helper()
	r := reader(t)
	scores := map[advice.Notice]*score{advice.Medical: {}, advice.Legal: {}}
	for subject, n := range least {
		list := lines(t, prefix+subject)
		if len(list) < n {
			t.Fatalf("%s%s has %d questions, want %d", prefix, subject, len(list), n)
		}
		for _, line := range list {
			q, answer, _ := strings.Cut(line, " | ")
			got := of(r, q, answer)
			if len(got) == 0 || got[0] != advice.AIGenerated {
				t.Fatalf("%q is not said to come from a machine: %v", q, got)
			}
			for notice, s := range scores {
				given, due := slices.Contains(got, notice), string(notice) == subject
				switch {
				case given && due:
					s.right++
				case due:
					s.missed++
					t.Logf("missed, %s: %s", notice, q)
				case given:
					s.wrong++
					t.Logf("too many, %s: %s", notice, q)
				}
			}
		}
	}
	for notice, s := range scores {
		t.Logf("%s%s: precision %.3f, recall %.3f (%+v)", prefix, notice, s.precision(), s.recall(), *s)
	}
	return scores
}

func TestQuestionsOfMedicineAndLawGetTheirNoticeAndOthersGetNone(t *testing.T) {
	t.Parallel()
	for notice, s := range judge(t, "", map[string]int{"medical": 60, "legal": 60, "neutral": 80}) {
		if s.precision() < 0.97 || s.recall() < 0.97 {
			t.Errorf("%s: precision %.3f, recall %.3f", notice, s.precision(), s.recall())
		}
	}
}

// TestQuestionsThatNobodyTunedFor are the honest measure: the terms were never changed because of them.
func TestQuestionsThatNobodyTunedFor(t *testing.T) {
	t.Parallel()
	for notice, s := range judge(t, "fresh_", map[string]int{"medical": 20, "legal": 20, "neutral": 30}) {
		if s.precision() < 0.9 || s.recall() < 0.6 {
			t.Errorf("%s: precision %.3f, recall %.3f", notice, s.precision(), s.recall())
		}
	}
}

func TestAnAnswerAddsNoticesAndTakesNoneAway(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for name, c := range map[string]struct {
		question, answer string
		want             []advice.Notice
	}{
		"nothing":                          {"", "", []advice.Notice{advice.AIGenerated}},
		"the question alone":               {"I have a fever", "Rest and drink.", []advice.Notice{advice.AIGenerated, advice.Medical}},
		"the answer alone":                 {"And for adults?", "The usual dosage is lower.", []advice.Notice{advice.AIGenerated, advice.Medical}},
		"both subjects":                    {"My surgeon made a mistake", "You could ask a lawyer.", []advice.Notice{advice.AIGenerated, advice.Medical, advice.Legal}},
		"one hint in each":                 {"Is the doctor here?", "The judge is here.", []advice.Notice{advice.AIGenerated}},
		"two hints of one subject":         {"Is the doctor here?", "He sits with his patients.", []advice.Notice{advice.AIGenerated, advice.Medical}},
		"a sign within a harmless phrase":  {"Do you know cabin fever?", "A film.", []advice.Notice{advice.AIGenerated}},
		"and a second one beside it":       {"Do you know cabin fever?", "Fever is something else.", []advice.Notice{advice.AIGenerated, advice.Medical}},
		"full-width letters":               {"Ｉｂｕｐｒｏｆｅｎ", "", []advice.Notice{advice.AIGenerated, advice.Medical}},
		"traditional characters":           {"律師怎麼收費", "", []advice.Notice{advice.AIGenerated, advice.Legal}},
		"a word that only contains a sign": {"The sueded jacket", "It is a bargain.", []advice.Notice{advice.AIGenerated}},
	} {
		got := of(r, c.question, c.answer)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if longer := of(r, c.question, c.answer+" And one more thing."); len(longer) < len(got) {
			t.Errorf("%s: the notice is gone after more was said: %v", name, longer)
		}
	}
}

func TestAnAnswerIsReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	r := reader(t)
	const filler = " and then some more words about nothing at all, to be sure that it is settled."
	for name, c := range map[string]struct {
		pieces       []string
		before, want []advice.Notice
	}{
		"a sign in the middle":                 {[]string{"Take ", "ibu", "profen", filler}, []advice.Notice{advice.AIGenerated, advice.Medical}, []advice.Notice{advice.AIGenerated, advice.Medical}},
		"a sign at the very end":               {[]string{"That is a long answer, ", "and you should ask a law", "yer"}, []advice.Notice{advice.AIGenerated}, []advice.Notice{advice.AIGenerated, advice.Legal}},
		"a harmless phrase in two pieces":      {[]string{"Rinse the kidney", " beans", filler}, []advice.Notice{advice.AIGenerated}, []advice.Notice{advice.AIGenerated}},
		"one letter at a time":                 {strings.Split("Soak the kidney beans over night"+filler, ""), []advice.Notice{advice.AIGenerated}, []advice.Notice{advice.AIGenerated}},
		"two hints far apart":                  {[]string{"The doctor came. ", strings.Repeat("We waited. ", 60), "The patients left.", filler}, []advice.Notice{advice.AIGenerated, advice.Medical}, []advice.Notice{advice.AIGenerated, advice.Medical}},
		"one hint twice":                       {[]string{"The doctor came. ", strings.Repeat("We waited. ", 60), "The doctor left.", filler}, []advice.Notice{advice.AIGenerated}, []advice.Notice{advice.AIGenerated}},
		"Chinese, a character at a time":       {strings.Split("建议先休息，多喝水，如果持续发烧，请及时就医并遵循医嘱，不要自行用药，也不要熬夜，保持良好作息。", ""), []advice.Notice{advice.AIGenerated, advice.Medical}, []advice.Notice{advice.AIGenerated, advice.Medical}},
		"nothing":                              {nil, []advice.Notice{advice.AIGenerated}, []advice.Notice{advice.AIGenerated}},
		"a character that is broken in pieces": {[]string{"caf\xc3", "\xa9 \xe5", "\xbe\x8b\xe5\xb8", "\x88"}, []advice.Notice{advice.AIGenerated}, []advice.Notice{advice.AIGenerated, advice.Legal}},
	} {
		g, got := r.Read(privacy.NewText("Tell me.")), []advice.Notice{advice.AIGenerated}
		for _, p := range c.pieces {
			next := g.Add(privacy.NewText(p))
			if len(next) < len(got) {
				t.Errorf("%s: a notice is gone", name)
			}
			got = next
		}
		if end := g.End(); !slices.Equal(got, c.before) || !slices.Equal(end, c.want) {
			t.Errorf("%s: %v before the end and %v at it, want %v and %v", name, got, end, c.before, c.want)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	r := reader(b)
	answer := privacy.NewText(strings.Repeat("You could ask somebody who knows more about gardens than I do. ", 60))
	for b.Loop() {
		r.Of(answer, privacy.NewText("How do I plant roses?"))
	}
}
