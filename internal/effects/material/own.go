package material

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// All gives the things of a kind that an app has: its own, then the built-in ones that it did not
// replace. own has the layout of FS; nil counts as empty.
func All(own fs.FS, kind Kind) []Item {
	if own == nil {
		return List(kind)
	}
	items := list(own, kind)
	mine := len(items)
	for _, built := range List(kind) {
		if !slices.ContainsFunc(items[:mine], func(i Item) bool { return i.ID == built.ID }) {
			items = append(items, built)
		}
	}
	return items
}

// Has is nil where an app has the thing, and says what is missing where not.
func Has(own fs.FS, kind Kind, id string) error {
	_, err := home(own, kind, id)
	return err
}

// home says whose a thing is: the app's own first.
func home(own fs.FS, kind Kind, id string) (fs.FS, error) {
	where, known := kind.layout()
	if known && fs.ValidPath(id) && path.Base(id) == id {
		for _, from := range []fs.FS{own, drawn} {
			if from == nil {
				continue
			}
			if _, ok := describe(from, kind, where, id); ok {
				return from, nil
			}
		}
	}
	return nil, fmt.Errorf("material: there is no %s of that name", kind)
}

// Built reports whether the thing that an app has by that name came with this program, and was looked at by
// whoever drew it.
func Built(own fs.FS, kind Kind, id string) bool {
	from, err := home(own, kind, id)
	return err == nil && from == fs.FS(drawn)
}

// Files names the files of a thing of a kind: "picture" and "record", and "mask" for a template.
func (k Kind) Files() []string {
	if k == Template {
		return []string{"picture", "mask", "record"}
	}
	return []string{"picture", "record"}
}

// Read reads one file of a thing, by its name in Files, and says its media type.
func Read(own fs.FS, kind Kind, id, file string) (data []byte, mediaType string, err error) {
	where, _ := kind.layout()
	name, ok := map[string]string{"picture": where.picture, "mask": "mask.png", "record": where.record}[file]
	if !ok || !slices.Contains(kind.Files(), file) {
		return nil, "", fmt.Errorf("material: a %s has no file of that name", kind)
	}
	mediaType = map[string]string{".jpg": "image/jpeg", ".png": "image/png", ".json": "application/json"}[path.Ext(name)]
	folder, err := Folder(own, kind, id)
	if err == nil {
		data, err = fs.ReadFile(folder, name)
	}
	return data, mediaType, err
}

// Folder gives the folder of one thing, the app's own first.
func Folder(own fs.FS, kind Kind, id string) (fs.FS, error) {
	where, _ := kind.layout()
	from, err := home(own, kind, id)
	if err != nil {
		return nil, err
	}
	return fs.Sub(from, path.Join(where.folder, id))
}
