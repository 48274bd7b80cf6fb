package checks

import (
	"slices"

	"vow.example/vow/internal/prove"
)

func mixooProofs() []prove.Proof {
	return slices.Concat(mixooCollect(), mixooForward(), mixooAI(), mixooFaces(), mixooUse(), mixooSharing(), mixooRights())
}
