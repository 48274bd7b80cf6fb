// Package samples holds three small photos for the demo, the simulators and the tests.
//
// It promises that the photos are free to show and to ship (see README.md beside them). It never
// holds anybody's upload.
package samples

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed astronaut.jpg chelsea.jpg coffee.jpg
var files embed.FS

// The names of the photos.
const (
	Astronaut = "astronaut.jpg" // 512×512, a frontal face
	Chelsea   = "chelsea.jpg"   // 451×300, a cat, no human face
	Coffee    = "coffee.jpg"    // 600×400, no face
)

// FS returns the photos as a file system, for example to serve them.
func FS() fs.FS { return files }

// Names returns the names of the photos.
func Names() []string { return []string{Astronaut, Chelsea, Coffee} }

// Open returns the bytes of one photo, all of them JPEG.
func Open(name string) ([]byte, error) {
	b, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("samples: %w", err)
	}
	return b, nil
}
