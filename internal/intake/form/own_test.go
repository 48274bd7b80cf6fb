package form_test

import (
	"fmt"
	"testing"

	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

func TestTheNameThatThisServerGaveADeviceIsTheOneIdentifierInAReport(t *testing.T) {
	t.Parallel()
	all := policytest.PixPlus(t).Terms()
	in, _ := all.Intake("device")
	s := form.Sheet{Terms: all, Kind: in.Kind, Category: in.Category, Clause: in.Clause, Fields: in.Fields, Platform: "ios", At: "/data", Now: now()}
	own := privacy.NewID("dev")
	a, err := s.Judge(fmt.Appendf(nil, `{"device_identifier":%q,"device_model":"iPhone15,3","os_version":"18.1","app_version":"2.4.0","language":"en","log_info":"E42","crash_report":"render.go:42","analytics_data":"avatar"}`, own))
	if err != nil || a.Values()["device_identifier"] != own || len(a.Values()) != len(in.Fields) {
		t.Errorf("%v, %v", a, err)
	}
	for _, body := range []string{
		fmt.Sprintf(`{"log_info":%q}`, own), fmt.Sprintf(`{"device_identifier":%q}`, privacy.NewID("sub")), `{"device_identifier":"490154203237518"}`,
	} {
		if _, err := s.Judge([]byte(body)); err == nil {
			t.Errorf("passes: %s", body)
		}
	}
}
