package store

// talkSchema classifies conversations: an order of tasks, and no word of them.
func talkSchema() map[string]table {
	return map[string]table{
		"chats": {personal: true, fate: sweeps, category: "task_metadata", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "at": moment, "touched_at": moment, "expires_at": moment}},
		"turns": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "subject": ref, "chat": ref, "seq": count, "task": ref, "at": moment, "expires_at": moment}},
	}
}
