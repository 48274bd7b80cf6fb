package main

import (
	"runtime"
	"runtime/debug"

	"vow.example/vow/internal/server"
)

type versionCmd struct{}

// Help shows an example.
func (versionCmd) Help() string { return "Example:\n  vow version --json" }

type versionDoc struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run prints the version as the build recorded it.
func (versionCmd) Run(o output) error {
	doc := versionDoc{Version: server.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				doc.Revision = s.Value
			case "vcs.modified":
				doc.Modified = s.Value == "true"
			}
		}
	}
	text := "vow " + doc.Version
	if doc.Revision != "" {
		text += " (" + doc.Revision + ")"
	}
	return o.print(doc, text+", "+doc.Go+", "+doc.Platform)
}
