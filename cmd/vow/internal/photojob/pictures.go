package photojob

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"vow.example/vow/client"
)

// picture is one file that the person hands over, for one role of the feature.
type picture struct {
	role string // empty until the feature says which role asks first
	path string
	file *os.File
}

// openPictures opens every file that was named before anything else happens. The caller closes
// what it returns, also beside an error.
func openPictures(photo string, inputs []string) (list []*picture, err error) {
	open := func(role, path string) error {
		f, err := openInput(path)
		if err == nil {
			list = append(list, &picture{role, path, f})
		}
		return err
	}
	for _, in := range inputs {
		role, path, ok := strings.Cut(in, "=")
		if !ok || role == "" || path == "" {
			return list, usage("--input %s: must be ROLE=FILE, such as --input photo=me.jpg", in)
		}
		if slices.ContainsFunc(list, func(p *picture) bool { return p.role == role }) {
			return list, usage("--input %s=%s: one picture is enough as %s, and there are two", role, path, role)
		}
		if err := open(role, path); err != nil {
			return list, err
		}
	}
	if photo == "" {
		return list, nil
	}
	return list, open("", photo)
}

func closeAll(pictures []*picture) {
	for _, p := range pictures {
		p.file.Close()
	}
}

// checkPictures gives the picture without a role the first one that asks for it, and compares all
// of them with what the feature takes.
func checkPictures(f client.Feature, pictures []*picture) error {
	roles := slices.DeleteFunc(slices.Clone(f.Inputs), func(in client.Input) bool { return !takesPicture(in) })
	var names []string
	for _, in := range roles {
		names = append(names, in.Role)
	}
	given := func(role string) bool {
		return slices.ContainsFunc(pictures, func(p *picture) bool { return p.role == role })
	}
	for _, p := range pictures {
		switch {
		case len(roles) == 0:
			return usage("%s: feature %s takes no photo", p.path, f.ID)
		case p.role == "":
			if p.role = firstFree(roles, given); p.role == "" {
				return usage("%s: too many pictures: feature %s takes %s, and --input names it already", p.path, f.ID, strings.Join(names, ", "))
			}
		case !slices.Contains(names, p.role):
			return usage("--input %s=…: feature %s has no such picture (it has: %s)", p.role, f.ID, strings.Join(names, ", "))
		}
	}
	for _, in := range roles {
		if in.Required && !given(in.Role) {
			return usage("--input %s=FILE: feature %s needs this picture (%s)", in.Role, f.ID, in.Label)
		}
	}
	return nil
}

// firstFree is the first required role that no --input names, or the first one at all.
func firstFree(roles []client.Input, given func(role string) bool) string {
	for _, required := range []bool{true, false} {
		for _, in := range roles {
			if in.Required == required && !given(in.Role) {
				return in.Role
			}
		}
	}
	return ""
}

// checkSizes refuses what no feature of the app takes. What is too large for this one alone is
// uploaded all the same: the server sends a smaller copy of it.
func checkSizes(pictures []*picture, features []client.Feature) error {
	var most int64
	for _, f := range features {
		for _, in := range f.Inputs {
			if f.State == "live" && takesPicture(in) {
				most = max(most, in.MaxBytes)
			}
		}
	}
	for _, p := range pictures {
		info, err := p.file.Stat()
		if err != nil {
			return fmt.Errorf("read %s: %w", p.path, err)
		}
		if most > 0 && info.Size() > most {
			return &Failure{fmt.Sprintf("%s: %d bytes are more than the server takes (max_bytes %d); nothing was uploaded", p.path, info.Size(), most)}
		}
	}
	return nil
}

func takesPicture(in client.Input) bool { return in.Kind == "photo" || in.Kind == "video" }
