// Package apps carries the policy, wiring and goldens of every app inside the binary.
//
// It promises that the binary runs without files beside it. It never reads the disk and never
// interprets what it carries.
package apps

import "embed"

// FS holds one folder per app: pixplus/, aifitting/, mixoo/, picwiz/ and kmeng/, each with policy.yaml,
// wiring.yaml and promises.yaml.
//
//go:embed pixplus aifitting mixoo picwiz kmeng
var FS embed.FS
