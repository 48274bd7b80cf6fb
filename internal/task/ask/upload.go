package ask

import (
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/store"
)

// offers returns the inputs of the live features.
func offers(p *policy.Policy) (list []policy.Input) {
	for _, f := range p.Features() {
		if f.Live {
			list = append(list, f.Inputs...)
		}
	}
	return list
}

// Accepts returns every media type that a live feature takes.
func Accepts(p *policy.Policy) (types []string) {
	for _, in := range offers(p) {
		for _, t := range in.Accept {
			if !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	return types
}

// Wanted finds the input of a live feature that takes the media type, with the widest limits that
// any of them has: what is too large for one of them is sent as a smaller copy. Of a recording the
// length is not kept, so it must be one that all of them take.
func Wanted(p *policy.Policy, kind string) (in *policy.Input) {
	for _, candidate := range offers(p) {
		if slices.Contains(candidate.Accept, kind) {
			in = wider(in, candidate)
		}
	}
	return in
}

// wider returns the input that takes more bytes, with the larger limits of both.
func wider(in *policy.Input, other policy.Input) *policy.Input {
	if in == nil {
		return &other
	}
	pixels, seconds := max(in.MaxPixels, other.MaxPixels), min(in.MaxSeconds, other.MaxSeconds)
	if other.MaxBytes > in.MaxBytes {
		in = &other
	}
	in.MaxPixels, in.MaxSeconds = pixels, seconds
	return in
}

// Limits returns what a recipient takes of an input.
func Limits(in policy.Input) media.Limits {
	return media.Limits{MaxBytes: in.MaxBytes, MaxPixels: in.MaxPixels, MaxSide: in.MaxSide, Accept: in.Accept}
}

// TooLarge names the limit of an input that an upload exceeds, or returns "".
func TooLarge(in policy.Input, o store.Object) (limit string, most int64) {
	return media.Exceeds(media.Info{Bytes: o.Bytes, Width: o.Width, Height: o.Height}, Limits(in))
}

// Fits refuses an upload that is larger than this feature's recipient takes and that cannot be made
// smaller: another feature may have accepted it.
func Fits(in policy.Input, o store.Object) error {
	limit, most := TooLarge(in, o)
	if limit == "" || in.Kind == policy.Photo {
		return nil
	}
	return fault.New(fault.Invalid, media.CodeTooLarge, "The upload for "+string(in.Field)+" is larger than this feature accepts.").
		With("field", string(in.Field)).With(limit, most)
}
