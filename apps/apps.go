// Package apps carries the policy, wiring and goldens of every app inside the binary.
//
// It promises that the binary runs without files beside it. It never reads the disk and never
// interprets what it carries.
package apps

import "embed"

// FS holds one folder per app: pixplus/, aifitting/, mixoo/ and picwiz/, each with policy.yaml and wiring.yaml.
//
//go:embed pixplus aifitting mixoo picwiz
var FS embed.FS
