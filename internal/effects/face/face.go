package face

import (
	"image"
	"math"
)

// Point is a place in a picture, in pixels from its top left corner.
type Point struct{ X, Y float64 }

// The points of a face. "Left" is the left side of the picture. Pupils, eye corners, brows, nose and
// the corners of the mouth are found by trained trees; the others are estimates from those and the
// colour of the skin.
const (
	LeftPupil = iota
	RightPupil
	LeftEyeOuter
	LeftEyeInner
	RightEyeInner
	RightEyeOuter
	LeftBrowOuter
	LeftBrowInner
	RightBrowInner
	RightBrowOuter
	NoseTip
	NoseLeft
	NoseRight
	MouthLeft
	MouthRight
	MouthTop
	MouthBottom
	Chin
	JawLeft
	JawRight
	ForeheadTop
	PointCount
)

// PointNames returns the names of the points, in the order of the constants.
func PointNames() []string {
	return []string{
		"left_pupil", "right_pupil", "left_eye_outer", "left_eye_inner", "right_eye_inner", "right_eye_outer",
		"left_brow_outer", "left_brow_inner", "right_brow_inner", "right_brow_outer",
		"nose_tip", "nose_left", "nose_right", "mouth_left", "mouth_right", "mouth_top", "mouth_bottom",
		"chin", "jaw_left", "jaw_right", "forehead_top",
	}
}

// Face is one face in a picture: where it is, nothing about whose it is.
type Face struct {
	Box      image.Rectangle
	LeftEye  image.Point // the pupil on the left side of the picture
	RightEye image.Point
	Score    float64 // how certain the detector is; Find returns nothing below its threshold
	Points   [PointCount]Point
	Pose     Pose
	Quality  Quality
}

// Pose is where a face looks, in degrees; 0, 0, 0 looks into the camera. Roll is positive when the
// right side of the picture is lower, Yaw when the face looks to the right side of the picture, Pitch
// when it looks up.
type Pose struct{ Roll, Yaw, Pitch float64 }

// Quality says how well a face can be worked with, each part from 0 to 1.
type Quality struct{ Sharpness, Exposure, Size, Frontal, Overall float64 }

// EyeDistance is the distance of the pupils in pixels of the picture.
func (f Face) EyeDistance() float64 {
	return math.Hypot(f.Points[RightPupil].X-f.Points[LeftPupil].X, f.Points[RightPupil].Y-f.Points[LeftPupil].Y)
}
