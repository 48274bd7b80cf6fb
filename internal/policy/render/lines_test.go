package render_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/render"
)

func TestAPolicyThatLacksAnyLineIsWrittenOrRefused(t *testing.T) {
	t.Parallel()
	lines := bytes.SplitAfter(policytest.Full(), []byte("\n"))
	refused := 0
	for i := range lines {
		var src []byte
		for j, line := range lines {
			if j != i {
				src = append(src, line...)
			}
		}
		p, err := policy.Load("policy.yaml", src)
		var problems *policy.Problems
		switch {
		case errors.As(err, &problems) && len(problems.Findings) > 0:
			refused++
			continue
		case err != nil:
			t.Fatalf("without line %d: %v", i+1, err)
		}
		for _, what := range render.Views() {
			if err := render.Markdown(io.Discard, p, "en", what); err != nil {
				t.Errorf("without line %d the view %s is not written: %v", i+1, what, err)
			}
		}
	}
	if refused < len(lines)/2 || refused == len(lines) {
		t.Errorf("%d of %d policies that lack a line are refused", refused, len(lines))
	}
}
