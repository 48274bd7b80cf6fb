//go:build !vow_mutant_keepkeys

package keyring

// Destroys says that this build destroys keys. The mutant build does not, and must fail the
// forget-proof test.
const Destroys = true

// destroySlot ends the key in a slot: overwritten in place, synced, read back.
func (r *Ring) destroySlot(slot int64, form []byte) error { return r.write(slot, form) }

// dropKey wipes a key in memory. Its slot is free, unless a tombstone took the key's place.
func (r *Ring) dropKey(l label, e *entry, free bool) {
	r.mem.drop(e.key)
	delete(r.keys, l)
	if free {
		r.free = append(r.free, e.slot)
	}
}

// dropTask wipes a task key.
func (r *Ring) dropTask(id taskID, key []byte) {
	r.mem.drop(key)
	delete(r.tasks, id)
}
