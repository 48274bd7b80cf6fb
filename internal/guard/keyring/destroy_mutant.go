//go:build vow_mutant_keepkeys

package keyring

// Destroys says that this build destroys keys. This one is the mutant: it claims destruction and
// keeps every key, on disk and in memory, so that the forget-proof test can show that it would notice.
const Destroys = false

func (r *Ring) destroySlot(int64, []byte) error { return nil }

func (r *Ring) dropKey(_ label, e *entry, _ bool) { e.dying = false }

func (r *Ring) dropTask(taskID, []byte) {}
