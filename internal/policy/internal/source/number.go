package source

import (
	"math"
	"regexp"
	"strconv"
)

// ReadNumber reads a plain decimal number, such as 4, -0.5 or 2.25: no exponent, no sign but minus.
func ReadNumber(s string) (float64, bool) {
	if !regexp.MustCompile(`^-?[0-9]{1,7}(\.[0-9]{1,6})?$`).MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

// OnStep reports whether whole steps lead from one number to the other.
func OnStep(n, from, step float64) bool {
	const near = 1e-6 // of a step: binary fractions do not hit decimal ones
	steps := (n - from) / step
	return step > 0 && math.Abs(steps-math.Round(steps)) < near
}
