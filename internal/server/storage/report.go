package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"vow.example/vow/internal/blob/bucket"
	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Line is one line of the doctor's report.
type Line struct{ Name, Level, Detail string }

// Report says for every app where its objects rest.
func Report(places []Place, policies map[privacy.AppID]*policy.Policy, order []privacy.AppID) []Line {
	var lines []Line
	for _, app := range order {
		line := Line{"storage of " + string(app), "ok", "files in the data directory"}
		if named := storesOf(policies[app]); len(named) > 0 {
			line.Detail += fmt.Sprintf(": its policy names %v, and no bucket is configured, which is stricter", named)
		}
		var former []Line
		for _, p := range places {
			switch {
			case p.App == app && p.Former:
				former = append(former, Line{"former " + line.Name, "ok", p.describe()})
			case p.App == app:
				line.Detail = p.describe()
			}
		}
		lines = append(append(lines, line), former...)
	}
	return lines
}

func (p Place) describe() string {
	where, known := CountryOf(p.Bucket.Region)
	if !known {
		where = "no known country"
	}
	if companyOf(p.labels()) == "" {
		where += ", by the configuration's word"
	}
	return fmt.Sprintf("bucket %s at %s, region %s (%s)", p.Bucket.Bucket, strings.Join(p.labels(), "."), p.Bucket.Region, where)
}

// Try asks every bucket whether it is where it should be and takes, gives back and erases things, and
// compares what it holds with the headers here. Nothing stays there.
func Try(ctx context.Context, dataDir string, places []Place) []Line {
	var lines []Line
	for _, p := range places {
		line := Line{"bucket of " + string(p.App), "ok", "it takes, gives back and erases, and holds what it should"}
		if err := s3.Try(ctx, p.Bucket, p.Keys); err != nil {
			line.Level, line.Detail = "fail", err.Error()
			lines = append(lines, line)
			continue
		}
		d, err := bucket.Inspect(ctx, filepath.Join(dataDir, bucketsDir, p.folder()), p.Bucket, p.Keys)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			line.Detail = "it takes, gives back and erases; nothing was stored yet"
		case err != nil:
			line.Level, line.Detail = "warn", err.Error()
		case len(d.Objects)+len(d.Blobs) > 0:
			line.Level, line.Detail = "warn", fmt.Sprintf("%d objects there belong to no header here, %d headers here have lost their content", len(d.Objects), len(d.Blobs))
		}
		lines = append(lines, line)
	}
	return lines
}
