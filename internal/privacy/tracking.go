package privacy

import "strings"

// NamesAdvertisingID reports whether a word is a name of an advertising identifier, however it is
// spelled: "IDFA", "X-IDFA", "advertising_id", "aaid". It says nothing about other words.
func NamesAdvertisingID(word string) bool {
	const longest = 40
	if len(word) > longest {
		return false
	}
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return -1
		}
	}, word)
	switch strings.TrimPrefix(plain, "x") {
	case "idfa", "aaid", "oaid", "gaid", "adid", "advertisingid", "advertisingidentifier", "advertiserid", "idforadvertisers", "googleadvertisingid":
		return true
	default:
		return false
	}
}
