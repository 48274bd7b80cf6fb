package portrait

import (
	"math"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/raster"
)

// oval is 1 on the face and fades out around it and down the neck.
func oval(h head.Head, u, v float64) float32 {
	middle := (h.Chin() - h.Crown()) / 2
	half := (h.Chin() + h.Crown()) / 2
	v -= middle
	if v > 0 {
		v *= 0.72 // the neck is skin too
	}
	return 1 - raster.Smoothstep(0.92, 1.25, distance(u, v, 1.25, half))
}

// features is 1 on lips, brows and nostrils, which are no skin to smooth.
func features(h head.Head, u, v float64) float32 {
	most := lips(h, u, v)
	for _, brow := range [2][2]int{{face.LeftBrowOuter, face.LeftBrowInner}, {face.RightBrowInner, face.RightBrowOuter}} {
		a, b := h.Points[brow[0]], h.Points[brow[1]]
		au, av := h.In(a.X, a.Y)
		bu, bv := h.In(b.X, b.Y)
		most = max(most, 0.85*(1-raster.Smoothstep(0.10, 0.22, toLine(u, v, [4]float64{au, av, bu, bv}))))
	}
	return most
}

func lips(h head.Head, u, v float64) float32 {
	lu, lv := h.Point(face.MouthLeft)
	ru, rv := h.Point(face.MouthRight)
	_, top := h.Point(face.MouthTop)
	_, low := h.Point(face.MouthBottom)
	half, tall := max(0.25, (ru-lu)/2), max(0.13, (low-top)/2)
	cv := (2*(top+low) + lv + rv) / 6
	return 1 - raster.Smoothstep(0.95, 1.35, distance(u-(lu+ru)/2, v-cv, half, tall))
}

// toLine is how far a place is from the line between two others.
func toLine(u, v float64, line [4]float64) float32 {
	du, dv := line[2]-line[0], line[3]-line[1]
	t := ((u-line[0])*du + (v-line[1])*dv) / max(du*du+dv*dv, 1e-9)
	t = min(max(t, 0), 1)
	return float32(math.Hypot(u-line[0]-t*du, v-line[1]-t*dv))
}

// eyesAt is 1 on the eyes and fades out over lids and lashes.
func eyesAt(h head.Head, u, v float64) float32 {
	best := float32(0)
	for _, eye := range [2][3]int{
		{face.LeftPupil, face.LeftEyeOuter, face.LeftEyeInner},
		{face.RightPupil, face.RightEyeInner, face.RightEyeOuter},
	} {
		pu, pv := h.Point(eye[0])
		au, _ := h.Point(eye[1])
		bu, _ := h.Point(eye[2])
		half := min(max((bu-au)/2, 0.2), 0.3)
		cu := min(max((au+bu)/2, pu-0.08), pu+0.08)
		best = max(best, 1-raster.Smoothstep(0.65, 1.35, distance(u-cu, v-pv, half, 0.6*half)))
	}
	return best
}

// underEye is 1 where rings under the eyes are.
func underEye(u, v float64) float32 {
	return 1 - raster.Smoothstep(0.4, 1.1, distance(math.Abs(u)-0.48, v-0.33, 0.36, 0.2))
}
