package public

import (
	"strconv"
	"testing"

	"vow.example/vow/client"
)

func made(n int, recipients ...client.RecipientRef) []client.Feature {
	list := make([]client.Feature, n)
	for i := range list {
		list[i] = client.Feature{ID: strconv.Itoa(i), Recipient: recipients[i%len(recipients)]}
	}
	return list
}

func TestOurOwnServerComesFirstAndEachCompanyOnce(t *testing.T) {
	t.Parallel()
	a, b, own := client.RecipientRef{ID: "a", Kind: "processor"}, client.RecipientRef{ID: "b", Kind: "processor"}, client.RecipientRef{ID: "own", Kind: "local"}
	groups := grouped(made(9, b, a, own))
	if len(groups) != 3 || groups[0].Recipient != own || groups[1].Recipient != b || groups[2].Recipient != a {
		t.Fatalf("the groups are %v", groups)
	}
	for _, g := range groups {
		if len(g.Features) != 3 {
			t.Errorf("%s has %d effects", g.Recipient.ID, len(g.Features))
		}
	}
}

func TestTheStartPageNamesAFewEffectsOrOneOfEachRecipient(t *testing.T) {
	t.Parallel()
	a, own := client.RecipientRef{ID: "a", Kind: "processor"}, client.RecipientRef{ID: "own", Kind: "local"}
	for n, want := range map[int]int{0: 0, few: few, few + 1: 2} {
		if got := (startApp{Features: made(n, a, own)}).First(); len(got) != want {
			t.Errorf("of %d effects %d are named, want %d", n, len(got), want)
		}
	}
}

func TestSeveralCompaniesGetNoBadgeEach(t *testing.T) {
	t.Parallel()
	a, b, own := client.RecipientRef{ID: "a", Kind: "processor"}, client.RecipientRef{ID: "b", Kind: "processor"}, client.RecipientRef{ID: "own", Kind: "local"}
	if got := (startApp{Recipients: []client.RecipientRef{a, own}}).Badges(); len(got) != 2 {
		t.Errorf("one company: %v", got)
	}
	if got := (startApp{Recipients: []client.RecipientRef{a, own, b}}).Badges(); len(got) != 1 || got[0] != own {
		t.Errorf("two companies: %v", got)
	}
}

func TestOurOwnServerIsNoCompany(t *testing.T) {
	t.Parallel()
	a, b, own := client.RecipientRef{ID: "a", Kind: "processor"}, client.RecipientRef{ID: "b", Kind: "processor"}, client.RecipientRef{ID: "own", Kind: "local"}
	for want, d := range []homeData{{Groups: grouped(made(2, own))}, {Groups: grouped(made(4, a, own))}, {Groups: grouped(made(6, own, a, b))}} {
		if got := d.Companies(); got != want {
			t.Errorf("%d companies, want %d", got, want)
		}
	}
}

func TestTheRegionIsThatOfOurOwnServer(t *testing.T) {
	t.Parallel()
	a, own := client.RecipientRef{ID: "a", Kind: "processor", Region: "CN"}, client.RecipientRef{ID: "own", Kind: "local", Region: "US"}
	for want, d := range map[string]homeData{"US": {Groups: grouped(made(4, a, own))}, "": {Groups: grouped(made(2, a))}} {
		if got := d.Region(); got != want {
			t.Errorf("the region is %q, want %q", got, want)
		}
	}
}

func TestTheHomePageSaysHowLongThingsAreKept(t *testing.T) {
	t.Parallel()
	rows := []client.RetentionRow{
		{Category: "generated_image", Starts: "result_stored", Text: "the result"}, {Category: "source_photo", Starts: "task_failed", Text: "after a failure"},
		{Category: "source_photo", Starts: "task_succeeded", Text: "the photo"}, {Category: "account", Starts: "last_active", Text: "the account"},
	}
	if got := keeps(rows); len(got) != 2 || got[0] != "the photo" || got[1] != "the result" {
		t.Errorf("the page says %v", got)
	}
}
