package film

import (
	"image"

	"golang.org/x/image/draw"
)

// Pan returns the pictures of a film that slowly moves into a still: seconds times perSecond of
// them, width by height pixels, which are multiples of 16. It moves in so few steps that the film
// stays below four megabytes.
func Pan(img image.Image, seconds, perSecond, width, height int) []image.Image {
	count := seconds * perSecond
	if count < 1 || width < 16 || height < 16 {
		return nil
	}
	const most = 4_000_000
	steps := min(count, max(1, most/(width*height*3/2)-1))
	var frames []image.Image
	var last *image.RGBA
	for i := range count {
		step := i * steps / count
		if last == nil || step != (i-1)*steps/count {
			last = image.NewRGBA(image.Rect(0, 0, width, height))
			draw.ApproxBiLinear.Scale(last, last.Rect, img, window(img.Bounds(), width, height, float64(step)/float64(steps)), draw.Src, nil)
		}
		frames = append(frames, last)
	}
	return frames
}

// window returns the part of a picture that is seen: the largest of the film's proportions, and
// towards the end of the way (1) a fifth less.
func window(whole image.Rectangle, width, height int, way float64) image.Rectangle {
	wide, high := float64(whole.Dx()), float64(whole.Dy())
	if wide*float64(height) > high*float64(width) {
		wide = high * float64(width) / float64(height)
	} else {
		high = wide * float64(height) / float64(width)
	}
	wide, high = max(1, wide*(1-way/5)), max(1, high*(1-way/5))
	x, y := float64(whole.Min.X)+(float64(whole.Dx())-wide)/2, float64(whole.Min.Y)+(float64(whole.Dy())-high)/2
	return image.Rect(int(x), int(y), int(x+wide), int(y+high)).Intersect(whole)
}
