// Package showcase finds the small sample pictures that an app shows beside its effects.
//
// It promises that a sample is a whole, small picture of known size from the folder of the app itself,
// and that one which does not show what the named recipient makes says so in its name. It never makes a
// picture, and never answers for a feature that has none: whoever shows effects draws a sign instead.
package showcase

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/jpeg" // samples are JPEG
	"io/fs"
	"path"
)

const (
	// Folder is where an app keeps its samples: samples/<feature>.jpg shows what the feature makes,
	// samples/<feature>.illustration.jpg the kind of thing that it makes.
	Folder = "samples"
	// Side is how many pixels a sample of ours has in each direction: twice what a page shows.
	Side = 176
	// Most is how many bytes one sample may have. A page shows many.
	Most = 13 << 10
)

// MediaType is the kind of file of every sample.
const MediaType = "image/jpeg"

// Sample is the picture of one feature.
type Sample struct {
	Width, Height int
	Illustration  bool   // it shows the kind of effect, and is not made by whoever makes the results
	Version       string // another one for every content, so that an address may be kept for ever
	Data          []byte
}

// Name is the file of a sample.
func Name(feature string, illustration bool) string {
	if illustration {
		return feature + ".illustration.jpg"
	}
	return feature + ".jpg"
}

// Of returns the sample of a feature. own is the folder of the app; nil counts as empty. A file that is
// no small JPEG is no sample, and says why.
func Of(own fs.FS, feature string) (s Sample, found bool, err error) {
	if own == nil || !fs.ValidPath(feature) || path.Base(feature) != feature {
		return Sample{}, false, nil
	}
	for _, s.Illustration = range []bool{false, true} {
		name := path.Join(Folder, Name(feature, s.Illustration))
		if s.Data, err = fs.ReadFile(own, name); err != nil {
			continue
		}
		size, kind, err := image.DecodeConfig(bytes.NewReader(s.Data))
		if err != nil || kind != "jpeg" || len(s.Data) > Most {
			return Sample{}, false, fmt.Errorf("showcase: %s is no JPEG of at most %d bytes", name, Most)
		}
		digest := sha256.Sum256(s.Data)
		s.Width, s.Height, s.Version = size.Width, size.Height, hex.EncodeToString(digest[:6])
		return s, true, nil
	}
	return Sample{}, false, nil
}
