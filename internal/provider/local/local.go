// Package local is the route to our own engine: it turns the options a person chose into an effect
// and its parameters.
//
// It promises that every option of the policies has a meaning here, the same for the own engine
// and for the simulators that draw with it. It never sees a picture and never sends anything.
package local

import (
	"strings"

	"vow.example/vow/internal/effects"
)

// plan is an effect with parameters.
type plan struct {
	effect string
	params map[string]string
}

// options gives each choice of the policies its meaning. An empty effect keeps the feature's own.
func options() map[string]plan {
	return map[string]plan{
		"style.cartoon":       {effects.NameCartoon, nil},
		"style.pencil":        {effects.NamePencil, nil},
		"style.bold":          {"", map[string]string{"levels": "5", "edges": "0.9"}},
		"style.soft":          {"", map[string]string{"levels": "10", "edges": "0.4"}},
		"effect.cartoon":      {effects.NameCartoon, nil},
		"effect.pencil":       {effects.NamePencil, nil},
		"effect.color_pencil": {effects.NamePencil, map[string]string{"tone": "color"}},
		"strength.light":      {"", map[string]string{"strength": "0.3"}},
		"strength.medium":     {"", map[string]string{"strength": "0.6"}},
		"strength.strong":     {"", map[string]string{"strength": "0.9"}},
	}
}

// Plan returns the effect and parameters for a feature's effect and the chosen options. Words
// without a meaning here (the vendor's own) change nothing.
func Plan(effect string, chosen map[string]string) (name string, params map[string]string) {
	table := options()
	name, params = strings.TrimSpace(effect), map[string]string{}
	for option, word := range chosen {
		p, ok := table[option+"."+word]
		if !ok {
			continue
		}
		if p.effect != "" {
			name = p.effect
		}
		for k, v := range p.params {
			params[k] = v
		}
	}
	return name, params
}
