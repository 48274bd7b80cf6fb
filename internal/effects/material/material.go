// Package material holds the drawn things that effects put faces into or onto: templates, hair and
// frames, each a folder of pictures and a record in JSON.
//
// It promises that every picture in it was drawn for this project, by hand or by the code in its source
// folder, and that the list of things is the same in every run. It never holds a picture of a person.
package material

import (
	"embed"
	"encoding/json"
	"image"
	_ "image/jpeg" // templates are JPEG
	_ "image/png"  // hair and frames are PNG
	"io/fs"
	"maps"
	"path"
)

//go:embed templates hair frames
var drawn embed.FS

// Kind says what a thing is for.
type Kind string

// The kinds of things.
const (
	Template Kind = "template" // a picture whose face is replaced
	Hair     Kind = "hair"     // hair that is laid onto a head and recoloured
	Frame    Kind = "frame"    // a border with a transparent middle, stretched in nine slices
)

// The formats of the records.
const (
	formatTemplate = "vow/template/1"
	formatHair     = "vow/hair/1"
	formatFrame    = "vow/frame/1"
)

// Item describes one drawn thing.
type Item struct {
	ID            string
	Kind          Kind
	Title         map[string]string // by language: en, zh-Hans
	Credits       string
	Width, Height int // of its picture, in pixels
}

// layout is where the things of a kind are.
type layout struct{ folder, picture, record, format string }

// layout gives the folder and the names of the files of a kind.
func (k Kind) layout() (layout, bool) {
	switch k {
	case Template:
		return layout{folder: "templates", picture: "picture.jpg", record: "template.json", format: formatTemplate}, true
	case Hair:
		return layout{folder: "hair", picture: "hair.png", record: "hair.json", format: formatHair}, true
	case Frame:
		return layout{folder: "frames", picture: "frame.png", record: "frame.json", format: formatFrame}, true
	default:
		return layout{}, false
	}
}

// record is what the records of all kinds have in common. The members that only one kind has are read by
// the effect that uses them.
type record struct {
	Format  string            `json:"format"`
	Title   map[string]string `json:"title"`
	Credits string            `json:"credits"`
}

// FS gives all drawn things: templates/<id>/{picture.jpg,mask.png,template.json},
// hair/<id>/{hair.png,hair.json} and frames/<id>/{frame.png,frame.json}. An app's own things have the
// same layout.
func FS() fs.FS { return drawn }

// List gives the built-in things of a kind, in the order of their identifiers. An unknown kind has none.
func List(kind Kind) []Item { return list(drawn, kind) }

// Names gives the identifiers of the built-in things of a kind, in their order, and reads none of them: that
// each of them is complete is what the tests of this package see to.
func Names(kind Kind) []string {
	where, known := kind.layout()
	if !known {
		return nil
	}
	folders, err := fs.ReadDir(drawn, where.folder)
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(folders))
	for _, folder := range folders {
		names = append(names, folder.Name())
	}
	return names
}

func list(from fs.FS, kind Kind) []Item {
	where, known := kind.layout()
	if !known {
		return nil
	}
	folders, err := fs.ReadDir(from, where.folder)
	if err != nil {
		return nil
	}
	items := make([]Item, 0, len(folders))
	for _, folder := range folders {
		if item, ok := describe(from, kind, where, folder.Name()); ok {
			items = append(items, item)
		}
	}
	return items
}

// describe reads the record and the size of one thing. A folder that is not complete is no thing; the
// tests find it.
func describe(from fs.FS, kind Kind, where layout, id string) (Item, bool) {
	folder := path.Join(where.folder, id)
	text, err := fs.ReadFile(from, path.Join(folder, where.record))
	if err != nil {
		return Item{}, false
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil || r.Format != where.format {
		return Item{}, false
	}
	picture, err := from.Open(path.Join(folder, where.picture))
	if err != nil {
		return Item{}, false
	}
	defer picture.Close()
	size, _, err := image.DecodeConfig(picture)
	if err != nil {
		return Item{}, false
	}
	return Item{ID: id, Kind: kind, Title: maps.Clone(r.Title), Credits: r.Credits, Width: size.Width, Height: size.Height}, true
}
