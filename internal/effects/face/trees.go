package face

import (
	_ "embed" // the trees are part of the binary

	"vow.example/vow/internal/effects/face/tree"
)

// The trained trees; see cascade/README.md for origin and licence.
var (
	//go:embed cascade/facefinder
	faceTrees []byte
	//go:embed cascade/puploc
	pupilTrees []byte
	//go:embed cascade/lps/lp312
	eyeOuterTrees []byte
	//go:embed cascade/lps/lp38
	eyeInnerTrees []byte
	//go:embed cascade/lps/lp46
	browOuterTrees []byte
	//go:embed cascade/lps/lp42
	browInnerTrees []byte
	//go:embed cascade/lps/lp93
	noseTrees []byte
	//go:embed cascade/lps/lp84
	mouthCornerTrees []byte
	//go:embed cascade/lps/lp81
	mouthTopTrees []byte
	//go:embed cascade/lps/lp82
	mouthBottomTrees []byte
)

// forests are the trees that know one point each, for the left side of the picture. Trees for a point
// of the left side know the one of the right side when they look into a mirror.
type forests struct {
	pupil tree.Forest
	parts []part
}

type part struct {
	forest      tree.Forest
	left, right int // the same for a point in the middle of the face
}

// readTrees reads the heads; the trees are used where they lie.
func readTrees() (tree.Cascade, forests, error) {
	cascade, err := tree.NewCascade(faceTrees)
	if err != nil {
		return tree.Cascade{}, forests{}, err
	}
	var f forests
	if f.pupil, err = tree.NewForest(pupilTrees); err != nil {
		return tree.Cascade{}, forests{}, err
	}
	for _, p := range []struct {
		file        []byte
		left, right int
	}{
		{eyeOuterTrees, LeftEyeOuter, RightEyeOuter},
		{eyeInnerTrees, LeftEyeInner, RightEyeInner},
		{browOuterTrees, LeftBrowOuter, RightBrowOuter},
		{browInnerTrees, LeftBrowInner, RightBrowInner},
		{noseTrees, NoseTip, NoseTip},
		{mouthCornerTrees, MouthLeft, MouthRight},
		{mouthTopTrees, MouthTop, MouthTop},
		{mouthBottomTrees, MouthBottom, MouthBottom},
	} {
		forest, err := tree.NewForest(p.file)
		if err != nil {
			return tree.Cascade{}, forests{}, err
		}
		f.parts = append(f.parts, part{forest, p.left, p.right})
	}
	return cascade, f, nil
}
