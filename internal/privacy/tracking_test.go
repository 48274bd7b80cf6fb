package privacy

import "testing"

func TestAnAdvertisingIDIsRecognisedByItsName(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"idfa", "IDFA", "X-IDFA", "x_idfa", "advertising_id", "advertisingId", "Advertising-ID", "aaid", "oaid", "gaid", "google_advertising_id"} {
		if !NamesAdvertisingID(word) {
			t.Errorf("%s passes", word)
		}
	}
	for _, word := range []string{"", "x", "id", "app_id", "device_model", "paid", "idfa_status_page", "Authorization", "advertising"} {
		if NamesAdvertisingID(word) {
			t.Errorf("%s is taken for one", word)
		}
	}
}
