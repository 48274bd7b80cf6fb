package motion

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// crossFade shows pictures one after the other, each under a slow camera.
func crossFade(ctx context.Context, j *raster.Job, o order) (*effect.Film, error) {
	size := filmSize(shape(o.pictures), o.side)
	r := reel{ease: o.easing(), seconds: o.seconds, fade: min(1, 0.35*o.seconds)}
	for i, m := range o.pictures {
		s, err := shotOf(ctx, j, m, float64(size.X)/float64(size.Y))
		if err != nil {
			return nil, err
		}
		sc, err := sceneOf(ctx, m, s.slow(i), size)
		if err != nil {
			return nil, err
		}
		r.scenes = append(r.scenes, sc)
		o.pictures[i] = nil // the copy is all that the film needs
	}
	return newFilm(size, r.length(), r.draw), nil
}

// shape is the usual shape next to what the pictures have in the middle.
func shape(pictures []*image.NRGBA) float64 {
	sum := 0.0
	for _, m := range pictures {
		sum += math.Log(float64(m.Rect.Dx()) / float64(m.Rect.Dy()))
	}
	mean, best := sum/float64(len(pictures)), 1.0
	for _, a := range []float64{9.0 / 16, 2.0 / 3, 3.0 / 4, 4.0 / 3, 3.0 / 2, 16.0 / 9} {
		if math.Abs(math.Log(a)-mean) < math.Abs(math.Log(best)-mean) {
			best = a
		}
	}
	return best
}

// slow is the gentle move of the picture with that number: in, out, in …, and where the film shows
// only a part of a picture, along it.
func (s shot) slow(number int) move {
	const close = 0.9
	f := s.full()
	m := move{s.look(1, s.x, s.y), s.look(close, s.x, s.y), steady}
	if s.keep.w == 0 { // drift along what the crop leaves out, at most a fifth of the view
		dx, dy := min(0.1*f.w, (s.w-f.w)/2), min(0.1*f.h, (s.h-f.h)/2)
		m = move{s.look(0.96, s.x-dx, s.y-dy), s.look(close, s.x+dx, s.y+dy), steady}
	}
	if number%2 == 1 {
		m.from, m.to = m.to, m.from
	}
	return m
}

// reel is the order of scenes in time.
type reel struct {
	scenes        []scene
	ease          func(float64) float64
	seconds, fade float64 // of each picture; of the change between two
}

func (r reel) length() float64 { return r.seconds * float64(len(r.scenes)) }

// draw shows the scene of a moment, and over it the next one while it comes.
func (r reel) draw(ctx context.Context, t float64, dst *image.NRGBA) error {
	now := t * r.length()
	i := min(len(r.scenes)-1, int(now/r.seconds))
	if i > 0 && now < float64(i)*r.seconds+r.fade/2 {
		i-- // still fading
	}
	if err := r.scenes[i].draw(ctx, r.own(i, now), dst, whole); err != nil {
		return err
	}
	next := i + 1
	mix := (now - (float64(next)*r.seconds - r.fade/2)) / r.fade
	if next == len(r.scenes) || mix <= 0 {
		return nil
	}
	mix = min(1, mix)
	return r.scenes[next].draw(ctx, r.own(next, now), dst, int32(math.Round(mix*mix*(3-2*mix)*whole)))
}

// own is the moment of the film in the time of one scene, which begins and ends in the middle of
// nothing: the camera moves while pictures change. Only the start and the end of the film are eased.
func (r reel) own(i int, now float64) float64 {
	first, last := float64(i)*r.seconds-r.fade/2, float64(i+1)*r.seconds+r.fade/2
	if i == 0 {
		first = 0
	}
	if i == len(r.scenes)-1 {
		last = r.length()
	}
	t := min(1, max(0, (now-first)/(last-first)))
	switch {
	case i == 0:
		return 2 * r.ease(t/2)
	case i == len(r.scenes)-1:
		return 2*r.ease(0.5+t/2) - 1
	}
	return t
}
