//go:build !vow_mutant_keepkeys

package keyring

// Destroys says that this build destroys keys. The mutant build does not, and must fail the
// forget-proof test.
const Destroys = true

// destroySlot ends the key in a slot: overwritten in place, synced, read back.
func (r *Ring) destroySlot(slot int64) error { return r.overwrite(slot) }

// dropKey wipes a key in memory.
func (r *Ring) dropKey(l label, e *entry) {
	r.mem.drop(e.key)
	delete(r.keys, l)
	r.free = append(r.free, e.slot)
}

// dropTask wipes a task key.
func (r *Ring) dropTask(id taskID, key []byte) {
	r.mem.drop(key)
	delete(r.tasks, id)
}
