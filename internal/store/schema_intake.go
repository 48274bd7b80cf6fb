package store

// intakeSchema classifies what an app hands over beside the inputs of features, as far as it is a row.
func intakeSchema() map[string]table {
	return map[string]table{
		"devices": {personal: true, fate: sweeps, category: "device_identifiers", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "platform": code,
			"at": moment, "seen_at": moment, "expires_at": moment}},
		"risks": {personal: true, fate: sweeps, category: "hardware_ids", since: "at", columns: map[string]class{"app": id, "subject": ref, "field": code, "digest": digest,
			"category": code, "known": code, "at": moment, "expires_at": moment}},
		"threads": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "id": id, "subject": ref, "intake": code, "platform": code,
			"at": moment, "changed_at": moment, "closes_at": moment, "closed_at": moment, "expires_at": moment}},
		"posts": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "subject": ref, "thread": ref, "object": ref, "author": code,
			"at": moment, "expires_at": moment}},
	}
}
