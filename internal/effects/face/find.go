package effects

import (
	"cmp"
	_ "embed" // the cascades are part of the binary
	"image"
	"slices"

	pigo "github.com/esimov/pigo/core"
)

// The trained trees; see cascade/README.md for origin and licence.
var (
	//go:embed cascade/facefinder
	faceTrees []byte
	//go:embed cascade/puploc
	pupilTrees []byte
)

// Face is one face in a picture: where it is, nothing about whose it is.
type Face struct {
	Box      image.Rectangle
	LeftEye  image.Point // the pupil on the left side of the picture
	RightEye image.Point
	Score    float64 // how certain the detector is; Faces returns nothing below its threshold
}

const (
	searchSide = 512 // faces are searched in a copy of at most this many pixels a side
	minFace    = 28  // pixels of that copy
	minScore   = 10.0
	sameFace   = 0.2 // overlap from which two findings are one face
)

// Faces finds upright frontal faces, the surest first. Its time and memory do not depend on the
// size of the picture beyond one walk over it.
func Faces(img *image.NRGBA) []Face {
	if img == nil || img.Rect.Empty() {
		return nil
	}
	gray, shrink := searchCopy(img)
	if min(gray.Cols, gray.Rows) < minFace+2 {
		return nil
	}
	finder, err := pigo.NewPigo().Unpack(faceTrees)
	if err != nil {
		return nil // the trees are part of the binary and tested
	}
	found := finder.RunCascade(pigo.CascadeParams{
		MinSize: minFace, MaxSize: min(gray.Cols, gray.Rows), ShiftFactor: 0.08, ScaleFactor: 1.1, ImageParams: gray,
	}, 0)
	pupils := readPupilTrees(pupilTrees)
	var faces []Face
	for _, d := range finder.ClusterDetections(found, sameFace) {
		if float64(d.Q) < minScore {
			continue
		}
		faces = append(faces, faceAt(d, pupils, gray, shrink).in(img.Rect))
	}
	slices.SortStableFunc(faces, func(a, b Face) int { return cmp.Compare(b.Score, a.Score) })
	return faces
}

func (f Face) in(r image.Rectangle) Face {
	f.Box = f.Box.Intersect(image.Rect(0, 0, r.Dx(), r.Dy()))
	return f
}

// faceAt turns a finding into a face in the coordinates of the picture and looks for its pupils.
func faceAt(d pigo.Detection, pupils pupilFinder, gray pigo.ImageParams, shrink float64) Face {
	size := float32(d.Scale)
	left := pupils.find(gray, float32(d.Row)-0.075*size, float32(d.Col)-0.175*size, 0.25*size)
	right := pupils.find(gray, float32(d.Row)-0.075*size, float32(d.Col)+0.185*size, 0.25*size)
	at := func(x, y float64) image.Point { return image.Pt(int(x*shrink), int(y*shrink)) }
	half := float64(d.Scale) / 2
	return Face{
		Box: image.Rectangle{
			Min: at(float64(d.Col)-half, float64(d.Row)-half),
			Max: at(float64(d.Col)+half, float64(d.Row)+half),
		},
		LeftEye:  at(float64(left[0])+0.5, float64(left[1])+0.5),
		RightEye: at(float64(right[0])+0.5, float64(right[1])+0.5),
		Score:    float64(d.Q),
	}
}

// searchCopy returns a gray copy in which one pixel stands for shrink × shrink of the picture.
func searchCopy(img *image.NRGBA) (pigo.ImageParams, float64) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	shrink := max(1, float64(max(w, h))/searchSide)
	cols, rows := max(1, int(float64(w)/shrink)), max(1, int(float64(h)/shrink))
	pixels := make([]uint8, cols*rows)
	for y := range rows {
		y0 := int(float64(y) * shrink)
		y1 := min(h, max(y0+1, int(float64(y+1)*shrink)))
		for x := range cols {
			x0 := int(float64(x) * shrink)
			x1 := min(w, max(x0+1, int(float64(x+1)*shrink)))
			sum := 0
			for sy := y0; sy < y1; sy++ {
				for p := img.Pix[sy*img.Stride+4*x0 : sy*img.Stride+4*x1]; len(p) >= 4; p = p[4:] {
					sum += 299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])
				}
			}
			pixels[y*cols+x] = uint8(sum / (1000 * (y1 - y0) * (x1 - x0)))
		}
	}
	return pigo.ImageParams{Pixels: pixels, Rows: rows, Cols: cols, Dim: cols}, shrink
}
