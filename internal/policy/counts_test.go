package policy_test

import (
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

func TestWhatAnIntakeAFeatureOrAVendorBringsMayLeaveCounts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		app      []byte
		old, new string
	}{
		"an upload that no task used":     {policytest.Full(), "starts: unused, limit: PT24H, end: destroy", "starts: unused, limit: PT24H, end: aggregate"},
		"a result":                        {policytest.Full(), "{category: generated_image, starts: result_stored, limit: P7D, end: destroy", "{category: generated_image, starts: result_stored, limit: P7D, end: aggregate"},
		"facts about the device":          {policytest.Full(), "{category: device_info, starts: item_written, limit: P30D, end: destroy", "{category: device_info, starts: item_written, limit: P30D, end: aggregate"},
		"what a vendor sends":             {policytest.Full(), "{category: crash_report, starts: item_written, limit: P30D, end: destroy", "{category: crash_report, starts: item_written, limit: P30D, end: aggregate"},
		"a closed conversation":           {policytest.Full(), "{category: support_message, starts: case_closed, limit: P60D, end: destroy", "{category: support_message, starts: case_closed, limit: P60D, end: aggregate"},
		"a log that an intake brings":     {policytest.Source(t, "kmeng"), "{category: operational_log, starts: item_written, limit: P30D, end: aggregate", "{category: operational_log, starts: item_written, limit: P29D, end: aggregate"},
		"the beginning of a kept address": {policytest.Source(t, "mixoo"), "    category: device_info\n", "    category: network_info\n"},
	} {
		src := policytest.Mutate(t, tc.app, tc.old, tc.new)
		if name == "the beginning of a kept address" {
			src = policytest.Mutate(t, src, "{category: device_info, starts: item_written, limit: P30D, end: destroy", "{category: device_info, starts: item_written, limit: P30D, end: aggregate")
		}
		if _, err := policy.Load("p.yaml", src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
