package review

import (
	"context"
	"errors"
	"maps"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// maxPasses is how many texts are judged before a text that resists being made safe stops the
// generation (PIX-8-03). gateTime bounds one gate; a gate that is slower holds the task.
const (
	maxPasses = 3
	gateTime  = 20 * time.Second
	maxRule   = 64
)

// Run judges the request with every step the policy names for its feature. The verdict is always
// safe to act on; the second value is the rewritten text of a Rewritten verdict and nil otherwise.
// An error means that the caller went away: there is nothing to record, and the task may be
// reviewed again.
func Run(ctx context.Context, gates map[string]Gate, mac func(string) string, p *policy.Policy, req Request) (Verdict, *privacy.Text, error) {
	v := Verdict{Task: req.Task, At: req.At, PolicyHash: p.Hash()}
	feature, ok := p.Feature(req.Feature.ID)
	if _, twice := req.Others[Main]; !ok || req.Task == "" || twice {
		v.Rule = "review.unknown"
		return v, nil, nil
	}
	v.Feature, req.Feature = feature.ID, feature
	for v.Pass = 1; v.Pass <= maxPasses; v.Pass++ {
		v.PromptMAC = textsMAC(mac, req.Task, req.texts())
		op := judgeAll(ctx, gates, req.fresh())
		if errors.Is(context.Cause(ctx), context.Canceled) {
			return Verdict{}, nil, context.Canceled
		}
		if op.Decision != Rewrite {
			return conclude(v, op, req)
		}
		v.Rule, v.Field, req.Prompt = op.Rule, Main, op.Text
	}
	v.Pass, v.Outcome = maxPasses, Blocked
	return v, nil, nil
}

// fresh is the request without what was judged before.
func (r Request) fresh() Request {
	r.Others = maps.Clone(r.Others)
	delete(r.Others, Earlier)
	return r
}

// conclude turns the joint opinion about the last text into the verdict.
func conclude(v Verdict, op Opinion, req Request) (Verdict, *privacy.Text, error) {
	switch op.Decision {
	case Allow:
		if v.Pass == 1 {
			v.Outcome = Cleared
			return v, nil, nil
		}
		v.Outcome = Rewritten
		return v, &req.Prompt, nil
	case Block:
		v.Outcome, v.Rule, v.Field = Blocked, op.Rule, op.Field
	default:
		v.Outcome, v.Rule, v.Field = Held, op.Rule, op.Field
	}
	return v, nil, nil
}

// judgeAll asks every step and returns the strictest opinion: Block, then Hold, then the first
// Rewrite, then Allow. Every step is asked, so that a rewrite never hides a block.
func judgeAll(ctx context.Context, gates map[string]Gate, req Request) Opinion {
	if len(req.Feature.Review) == 0 && !req.Feature.IsLocal() {
		return Opinion{Decision: Hold, Rule: "review.none"} // nothing leaves unreviewed
	}
	joint := Opinion{Decision: Allow}
	for _, step := range req.Feature.Review {
		op := ask(ctx, step, gates[step], req)
		if severity(op.Decision) > severity(joint.Decision) {
			joint = op
		}
	}
	return joint
}

func severity(d Decision) int {
	switch d {
	case Allow:
		return 0
	case Rewrite:
		return 1
	case Block:
		return 3
	default:
		return 2
	}
}

// ask gets one gate's opinion within bounds and turns every failure into Hold with the reason.
func ask(ctx context.Context, step string, g Gate, req Request) Opinion {
	if g == nil {
		return hold(step, "missing")
	}
	ctx, cancel := context.WithTimeout(ctx, gateTime)
	defer cancel()
	answer := make(chan Opinion, 1) // buffered: a gate that ignores ctx ends without a listener
	go func() {
		defer func() {
			if recover() != nil {
				answer <- hold(step, "panic")
			}
		}()
		op, err := g.Judge(ctx, req)
		if err != nil {
			op = hold(step, "error")
		}
		answer <- op
	}()
	select {
	case <-ctx.Done():
		return hold(step, "timeout")
	case op := <-answer:
		if ctx.Err() != nil { // an answer that came with the deadline is too late
			return hold(step, "timeout")
		}
		return checked(step, op, req.Feature)
	}
}

// checked refuses answers that no rule of this package covers, and keeps of a field only one that the
// feature declares: whatever else a gate might put there would be content.
func checked(step string, op Opinion, f policy.Feature) Opinion {
	if _, declared := f.Input(op.Field); !declared {
		op.Field = ""
	}
	switch op.Decision {
	case Allow:
		return Opinion{Decision: Allow}
	case Rewrite:
		if op.Text.Empty() {
			return hold(step, "unknown")
		}
	case Hold, Block:
	default:
		return hold(step, "unknown")
	}
	if !isCode(op.Rule) {
		op.Rule = step + ".rule"
	}
	return op
}

func hold(step, failure string) Opinion {
	return Opinion{Decision: Hold, Rule: step + "." + failure}
}

// isCode reports whether s can only be a rule id: a verdict must not carry content.
func isCode(s string) bool {
	if s == "" || len(s) > maxRule {
		return false
	}
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && r != '-' && r != '_' && r != '.' {
			return false
		}
	}
	return true
}
