package form

import (
	"net/netip"
	"strings"

	"vow.example/vow/internal/privacy"
)

// The categories that are recognised by the names of their fields.
const (
	hardware    privacy.Category = "hardware_ids"
	advertising privacy.Category = "advertising_id"
)

// sensitive returns the category that a field's name belongs to, where that is one which is refused
// unless a schema takes it by name; otherwise "".
func sensitive(name string) privacy.Category {
	if privacy.NamesAdvertisingID(name) {
		return advertising
	}
	switch strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(name)) {
	case "imei", "imei1", "imei2", "meid", "imsi", "iccid", "mac", "macaddress", "wifimac", "androidid", "serial", "serialnumber", "deviceserialnumber",
		"udid", "openudid", "deviceuniqueid", "uniquedeviceid", "hardwareid", "hardwareids", "sn", "suci", "supi", "idfv", "siminfo", "simserial":
		return hardware
	case "gps", "gpslocation", "location", "latitude", "longitude", "lat", "lng", "lon", "coordinates", "preciselocation", "basestation", "bluetooth",
		"wlanaccesspoints", "wifiinfo", "ssid", "bssid":
		return "precise_location"
	case "contacts", "calllogs", "calllog", "sms", "calendar", "phonenumber", "contactscallssms":
		return "contacts_calls_sms"
	case "clipboard", "pasteboard":
		return "clipboard"
	case "installedapps", "softwareinstallationlist", "processandsoftwarelist", "runningprocesses", "applist":
		return "installed_apps"
	case "gyroscope", "gravity", "accelerometer", "sensordata":
		return "sensor_data"
	case "photos", "audiovideo", "backgroundmedia":
		return "background_media"
	default:
		return ""
	}
}

// plain reports whether a name may be repeated in a refusal: it looks like a field and not like a value.
func plain(name string) bool {
	const longest = 40
	if name == "" || len(name) > longest || !letter(rune(name[0])) || identifies(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return !letter(r) && !digit(r) && r != '_' })
}

// IsDeviceName reports whether a word is a name that this server gives a device.
func IsDeviceName(s string) bool { return privacy.HasPrefix(s, "dev") }

// isWord takes a short name of a thing: a model, a page, a state. Whatever could be a person's words, an
// address or an identifier is none.
func isWord(s string) bool {
	for i, r := range s {
		switch {
		case letter(r), digit(r), strings.ContainsRune("._-/:+", r):
		case r == ',' && model(s, i):
		default:
			return false
		}
	}
	_, err := netip.ParseAddr(s)
	return s != "" && err != nil && !strings.Contains(s, "//") && !strings.HasPrefix(strings.ToLower(s), "www.") && !sentence(s) && !identifies(s)
}

// model reports whether the comma at i is the one in "iPhone15,3": a pair of coordinates has dots.
func model(s string, i int) bool {
	return letter(rune(s[0])) && strings.Count(s, ",") == 1 && !strings.Contains(s, ".") && i > 0 && i < len(s)-1 && digit(rune(s[i-1])) && digit(rune(s[i+1]))
}

// sentence reports whether a word is many words: within one segment of a path, or in all.
func sentence(s string) bool {
	const perSegment, inAll = 7, 16
	all := 0
	for _, segment := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/:.,", r) }) {
		n := 0
		for _, part := range strings.FieldsFunc(segment, func(r rune) bool { return strings.ContainsRune("-_+", r) }) {
			if !strings.ContainsFunc(part, func(r rune) bool { return !letter(r) }) {
				n++
			}
		}
		if all += n; n > perSegment {
			return true
		}
	}
	return all > inAll
}

// identifies reports whether a word has the shape of an identifier: of hardware, of a person, of a
// random draw, or of a file that was turned into letters.
func identifies(s string) bool {
	digits, hexes, letters := 0, 0, 0
	for _, r := range s {
		switch {
		case digit(r):
			digits++
			hexes++
		case r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F':
			hexes++
			letters++
		case letter(r):
			letters++
		}
	}
	const (
		phone    = 8  // digits behind a +
		imei     = 14 // digits of the shortest identifier of hardware or of a SIM
		mac      = 12
		android  = 16
		uuid     = 32
		separate = 5
	)
	others := len(s) - digits - letters
	switch {
	case strings.HasPrefix(s, "+") && digits >= phone:
		return true
	case digits >= imei && letters == 0:
		return true
	case hexes == digits+letters && others <= separate && digits > 0 && letters > 0 && (hexes == mac || hexes == android || hexes == uuid || hexes > uuid):
		return true
	default:
		return longestRun(s, digit) >= imei || blob(s)
	}
}

// blob reports whether a long run of characters has the mix of a random draw: it changes between capitals,
// small letters and digits more often than names do.
func blob(s string) bool {
	const shortest, jumps = 22, 6 // 128 bits in base64
	run, turns, numbers, last := 0, 0, 0, 0
	for i := range len(s) {
		kind := kindOf(s[i])
		if kind == 0 {
			run, turns, numbers, last = 0, 0, 0, 0
			continue
		}
		if run++; kind != last && last != 0 {
			turns++
			if kind == isDigit || last == isDigit {
				numbers++
			}
		}
		last = kind
		if run >= shortest && (turns*5 >= run*2 || numbers >= jumps) {
			return true
		}
	}
	return false
}

const isDigit = 3

// kindOf tells capitals, small letters and digits apart; 0 is anything else.
func kindOf(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return 1
	case c >= 'a' && c <= 'z':
		return 2
	case c >= '0' && c <= '9':
		return isDigit
	default:
		return 0
	}
}

func longestRun(s string, is func(rune) bool) (longest int) {
	run := 0
	for _, r := range s {
		if run++; !is(r) {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

func base64(c byte) bool { return kindOf(c) != 0 || c == '+' || c == '/' || c == '=' }
