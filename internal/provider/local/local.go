// Package local is the route to our own engine: it turns the options a person chose into an effect
// and its parameters.
//
// It promises that every option of the policies has a meaning here, the same for the own engine
// and for the simulators that draw with it. It never sees a picture and never sends anything.
package local

import (
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
)

// words gives each choice that is no effect and no parameter's own value its meaning. An empty
// effect keeps the feature's own.
func words() map[string]plan {
	return map[string]plan{
		"style.bold":          {"cartoon", map[string]string{"levels": "5", "edges": "0.9"}},
		"style.soft":          {"cartoon", map[string]string{"levels": "10", "edges": "0.4"}},
		"effect.color_pencil": {"pencil", map[string]string{"tone": "color"}},
		"strength.light":      {"", map[string]string{"strength": "0.3"}},
		"strength.medium":     {"", map[string]string{"strength": "0.6"}},
		"strength.strong":     {"", map[string]string{"strength": "0.9"}},
	}
}

// plan is an effect with parameters.
type plan struct {
	effect string
	params map[string]string
}

// Plan returns the effect and parameters for a feature's effect and the chosen options. An option
// called style or effect may name another effect; an option called like a parameter of the effect is
// that parameter. Words without a meaning here (the vendor's own) change nothing.
func Plan(name string, chosen map[string]string) (string, map[string]string) {
	name = strings.TrimSpace(name)
	for _, option := range []string{"style", "effect"} {
		if other := names(option, chosen[option]); other != "" {
			name = other
		}
	}
	params := map[string]string{}
	e, err := effects.Find(name)
	if err != nil {
		return name, params
	}
	for _, option := range slices.Sorted(maps.Keys(chosen)) {
		for k, v := range words()[option+"."+chosen[option]].params {
			if has(e, k) {
				params[k] = v
			}
		}
	}
	for option, value := range chosen { // a parameter by its name counts more than a word for several
		if _, ok := words()[option+"."+value]; !ok && has(e, option) {
			params[option] = value
		}
	}
	return name, params
}

// names returns the effect that a word of an option chooses, or "".
func names(option, word string) string {
	if option != "style" && option != "effect" {
		return ""
	}
	if p, ok := words()[option+"."+word]; ok {
		return p.effect
	}
	if _, err := effects.Find(word); err == nil {
		return word
	}
	return ""
}

// Means reports whether a word of an option has a meaning for an effect.
func Means(name, option, word string) bool {
	_, params := Plan(name, map[string]string{option: word})
	return len(params) > 0 || names(option, word) != ""
}

func has(e effect.Effect, param string) bool {
	_, ok := e.Param(param)
	return ok
}
