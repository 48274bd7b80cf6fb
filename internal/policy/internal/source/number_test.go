package source

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestOnlyPlainNumbersAreRead(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]float64{"0": 0, "4": 4, "-0.5": -0.5, "2.25": 2.25, "007": 7, "1000000": 1e6} {
		if got, ok := ReadNumber(s); !ok || got != want {
			t.Errorf("%s: %v %v", s, got, ok)
		}
	}
	for _, bad := range []string{"", "-", ".5", "5.", "+1", "1e3", "0x1", "1_0", "NaN", "Inf", " 1", "1 ", "1,5", "--1", "12345678", "0.1234567", "٤"} {
		if got, ok := ReadNumber(bad); ok {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func TestStepsOfDecimalFractionsAreMet(t *testing.T) {
	t.Parallel()
	for i := range 1001 {
		n := float64(i) / 1000
		if on := OnStep(n, 0, 0.05); on != (i%50 == 0) {
			t.Errorf("%v: %v", n, on)
		}
	}
	if OnStep(1, 0, 0) || OnStep(1, 0, -1) || !OnStep(-1, 2, 0.5) {
		t.Error("a step of nothing leads somewhere, or a step back does not")
	}
}

func TestAValueIsAWordOrANumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Value{`"16:9"`: "16:9", `4`: "4", `0.50`: "0.5", `-2`: "-2", `1e2`: "100", `"0.50"`: "0.50"} {
		var v Value
		if err := json.Unmarshal([]byte(in), &v); err != nil || v != want {
			t.Errorf("%s: %q %v", in, v, err)
		}
	}
	var v Value
	for _, bad := range []string{`true`, `[1]`, `{}`} {
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("%s is read as %q", bad, v)
		}
	}
}

func TestADayIsTheMostThatADayIs(t *testing.T) {
	t.Parallel()
	for p, want := range map[Period]bool{
		{Immediate: true}: true, {Time: 24 * time.Hour}: true, {Days: 1}: true, {Days: 1, Time: time.Second}: false, {Days: 2}: false,
		{Time: 25 * time.Hour}: false, {Months: 1}: false, {Years: 1}: false,
	} {
		if got := AtMostADay(p); got != want {
			t.Errorf("%+v: %v", p, got)
		}
	}
}

func TestAProblemNamesItsPlaceAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[string]string{"": "", "/features/2/recipient": "features[2].recipient", "/a~1b/0": "a/b[0]"} {
		if got := (Problem{Pointer: pointer}).Path(); got != want {
			t.Errorf("%s: %s", pointer, got)
		}
	}
}

func TestANumberInTheFileMayBeWrittenWithoutQuotes(t *testing.T) {
	t.Parallel()
	number := "inputs:\n  - {field: seconds, kind: number, category: generation_params, label: {en: Length}, min: -1.5, max: 8, step: 0.5, default: 0.50, line: {en: the length}}\n"
	file, problems := Read([]byte(strings.Replace(minimal(t), "inputs:\n", number, 1)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	in := file.Doc.Inputs[0]
	if *in.Min != -1.5 || *in.Max != 8 || *in.Step != 0.5 || in.Default != "0.5" {
		t.Errorf("%+v", in)
	}
}
