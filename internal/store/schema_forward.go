package store

// forwardSchema classifies what waits to leave for recipients that no feature names.
func forwardSchema() map[string]table {
	return map[string]table{
		"outbox": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "id": id, "subject": ref, "kind": code, "intake": code, "recipient": code,
			"platform": code, "object": ref, "topic": ref, "done": count, "state": code, "transfer": ref, "was_sent": code, "bytes": count, "tries": count,
			"next_at": moment, "at": moment, "expires_at": moment}},
		"analytics_ids": {personal: true, fate: sweeps, category: "analytics_ids", since: "at", columns: map[string]class{"app": id, "subject": ref, "recipient": code,
			"name": id, "at": moment, "expires_at": moment}},
	}
}
