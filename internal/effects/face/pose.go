package face

import "math"

// The head that poses are measured with, in distances of the pupils: how far below the pupils and in
// front of them the tip of the nose and the middle of the mouth are. People differ from it, so that
// pitch is good to some ten degrees, yaw to some five.
const (
	noseDown, noseOut   = 0.6, 0.43
	mouthDown, mouthOut = 1.0, 0.28
)

// poseOf measures where the head looks. When it turns by yaw, what is in front of the pupils goes to
// the side by its depth times the tangent. When it looks up, the nose goes up more than the mouth.
func poseOf(p [PointCount]Point) Pose {
	dx, dy := p[RightPupil].X-p[LeftPupil].X, p[RightPupil].Y-p[LeftPupil].Y
	square := dx*dx + dy*dy
	if square == 0 {
		return Pose{}
	}
	eyes := between(p[LeftPupil], p[RightPupil], 0.5)
	upright := func(q Point) Point { // in distances of the pupils, from their middle
		x, y := q.X-eyes.X, q.Y-eyes.Y
		return Point{(x*dx + y*dy) / square, (y*dx - x*dy) / square}
	}
	nose := upright(p[NoseTip])
	mouth := between(upright(between(p[MouthTop], p[MouthBottom], 0.5)), upright(between(p[MouthLeft], p[MouthRight], 0.5)), 0.5)
	low := upright(between(p[MouthTop], p[MouthBottom], 0.5)).Y
	ratio := max(0.3, min(0.9, nose.Y/max(0.3, low)))
	const deg = 180 / math.Pi
	return Pose{
		Roll:  math.Atan2(dy, dx) * deg,
		Yaw:   math.Atan((noseOut*nose.X+mouthOut*mouth.X)/(noseOut*noseOut+mouthOut*mouthOut)) * deg,
		Pitch: math.Atan((noseDown-mouthDown*ratio)/(noseOut-mouthOut*ratio)) * deg,
	}
}
