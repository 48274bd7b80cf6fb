package apps_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy/trial"
)

// rowsOfConflicts returns the rows in which promises collide or leave a gap, five lists of one app each
// and one across all of them.
func rowsOfConflicts() map[string]bool {
	out := map[string]bool{}
	for list, n := range map[string]int{"MIX": 24, "PIX": 21, "FIT": 22, "WIZ": 14, "KME": 16, "ALL": 13} {
		for i := range n {
			out[fmt.Sprintf("C-%s-%02d", list, i+1)] = true
		}
	}
	return out
}

// clauses returns every promise and row that a policy names as one.
func clauses(raw []byte) []string {
	var out []string
	for _, m := range regexp.MustCompile(`clause: ([A-Z][A-Za-z0-9.-]+)`).FindAllSubmatch(raw, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// shown says where a row is shown that a policy alone cannot decide, or cannot decide to its end: a
// guarantee script by its file's name, or a test of a package by its name.
func shown() map[string][]string {
	const (
		people, desk, editions, task = "internal/people", "internal/desk", "internal/editions", "internal/task"
		unlinked                     = "internal/store:TestErasingASubjectLeavesNoRowOfItAndTheLogStillProves"
		forgotten                    = "internal/server:TestForgetProof"
		marked                       = people + ":TestAnAccountMarkedAsUnderageIsErasedAtOnceUnlessAGuardianAgreed"
		perTask                      = "internal/guard/consent:TestAConsentPerTaskServesOneTask"
		perFeature                   = "internal/guard/consent:TestAConsentPerFeatureStandsForEveryTaskUntilItIsWithdrawn"
		byCalendar                   = "internal/policy/terms:TestADeadlineFallsDueByTheCalendarOfTheApp"
	)
	return map[string][]string{
		"C-MIX-01": {task + ":TestATaskThatIsTooOldEndsWithoutWaitingForARecipient", "G31-everything-of-a-mixoo-task-is-gone-after-24-hours"},
		"C-MIX-03": {desk + ":TestAHeldThingOutlivesItsClockSealedAndDiesWhenTheHoldEnds", "G21-expiry-only-shortens"},
		"C-MIX-04": {desk + ":TestAPersonKeepsOneItemUnderTheRightRestrictionOnly"},
		"C-MIX-05": {"G24-each-feature-reaches-one-company-with-what-the-screen-lists"},
		"C-MIX-06": {"internal/guard/review:TestWhateverGoesWrongHoldsTheTask"},
		"C-MIX-07": {"G39-a-store-of-others-holds-ciphertext-under-names-that-say-nothing"},
		"C-MIX-10": {"G27-what-a-company-tells-beyond-the-answer-is-nowhere"},
		"C-MIX-11": {"internal/intake:TestWhatIsRefusedIsNeverWritten"},
		"C-MIX-13": {"apps:TestAFixedSettingIsTheOneThatTheScreenNames"},
		"C-MIX-15": {editions + ":TestALaxerVersionNeverFreesWhatIsStoredAndAStricterOneReachesIt", editions + ":TestANewRecipientVoidsTheConsentsOfItsFeaturesAndNoOthers"},
		"C-MIX-16": {marked, desk + ":TestOnlyALegalOrderOutlivesTheMark"},
		"C-MIX-18": {forgotten, "internal/guard/keyring:TestKeysSurviveARestartAndDestroyedOnesDoNot"},
		"C-MIX-19": {"internal/erasure:TestAReceiptNamesEveryoneWhoHadTheObject", unlinked},
		"C-MIX-20": {perFeature, perTask},
		"C-MIX-21": {"internal/guard/review:TestOneBlockIsEnoughWhateverTheOthersSay"},

		"C-PIX-01": {"G08-source-gone-at-once-after-success", "G07-source-gone-24-hours-after-failure"},
		"C-PIX-03": {"G33-what-a-company-still-holds-is-listed-until-its-date"},
		"C-PIX-07": {perTask, "internal/store:TestAConsentForOneTaskServesOneTask"},
		"C-PIX-08": {"G02-decline-leaves-nothing", "internal/rights:TestDecliningErasesWhatNoTaskHasTaken"},
		"C-PIX-09": {"G10-delete-now"},
		"C-PIX-11": {marked},
		"C-PIX-12": {desk + ":TestAnAppThatSwapsNoFacesTakesNoTemplate"},
		"C-PIX-13": {unlinked},
		"C-PIX-14": {"internal/guard/review:TestAVerdictHoldsCodesOnlyAndEqualTextsOfTwoTasksDiffer"},
		"C-PIX-15": {"G16-rewrite-needs-a-yes"},
		"C-PIX-17": {"G19-stale-disclosure-is-refused", "internal/guard/consent:TestAConsentFromBeforeAPolicyChangeIsStale"},

		"C-FIT-02": {"G36-a-swap-and-a-film-use-photos-in-memory-and-say-what-they-are"},
		"C-FIT-03": {"G06-faces-never-reach-disk-or-network"},
		"C-FIT-04": {people + ":TestAMarkEndsWithItsWorkAndNeverLengthensAClock"},
		"C-FIT-09": {desk + ":TestStaffAbroadReadOnlyOfWhoConsentedInWriting"},
		"C-FIT-10": {byCalendar},
		"C-FIT-12": {editions + ":TestFewerRightsBindOnlyWhoAgreed"},
		"C-FIT-15": {task + ":TestADeniedPermissionStopsTheFeatureThatUsesIt"},
		"C-FIT-16": {people + ":TestAMinorIsLockedUntilTheGuardianAgreedAndTheCodeIsTyped"},
		"C-FIT-17": {forgotten},
		"C-FIT-19": {editions + ":TestAPublishedVersionNeverChanges"},
		"C-FIT-22": {"internal/guard/vault:TestNoPlaintextReachesTheDiskAndMemoryOnlyContentNotEvenSealed"},

		"C-WIZ-01": {"G39-a-store-of-others-holds-ciphertext-under-names-that-say-nothing"},
		"C-WIZ-04": {desk + ":TestDataCrossesTheBorderWithLawAndWrittenConsentTogether"},
		"C-WIZ-05": {unlinked, "G11-account-erased"},
		"C-WIZ-06": {"G34-face-points-are-handed-over-once"},
		"C-WIZ-08": {people + ":TestAMinorHandsOverNothingBeforeTheGuardianAgreedAndAChildNever", people + ":TestABandThatAnAppDoesNotHaveIsRefusedByName"},
		"C-WIZ-09": {"G38-picwiz-sets-no-cookie-and-reads-none"},
		"C-WIZ-10": {editions + ":TestAMaterialChangeWaitsThirtyDaysForEachPerson", editions + ":TestWhatOnlyProtectsMayTakeEffectAtOnce"},
		"C-WIZ-13": {people + ":TestALoginBringsBackTheAccountAndIsKeptAsDigestAndSealedHash"},
		"C-WIZ-14": {desk + ":TestAnAuditIsLateWhenItsIntervalIsOverAndNotBefore", "internal/intake:TestANetworkAddressIsNeverWrittenWholeOutsideItsOwnCategory"},

		"C-KME-07": {task + ":TestARecordingBecomesWordsAndNeverTouchesTheDisk"},
		"C-KME-09": {people + ":TestAnAcceptanceIsARecordOfTheExactTextAndCanBeTakenBack", people + ":TestWhoDeclinesThePolicyLeavesNothing"},
		"C-KME-10": {desk + ":TestAnAppThatEndsTakesNothingAndIsPurgedInTime"},
		"C-KME-12": {people + ":TestAWorkIsSharedByItsOwnerAloneAndUntilTheOwnerSaysOtherwise", people + ":TestALinkEndsWithTheWorkTheClockAndTheOwnersStanding"},
		"C-KME-13": {"internal/task/answer:TestTheNoticesComeNoLaterThanTheLastPiece"},

		"C-ALL-01": {unlinked, "internal/evidence:TestAReceiptHoldsAfterItsPayloadWasErasedFromTheLog"},
		"C-ALL-02": {desk + ":TestAnOrderBringsNothingBackThatWentBeforeItWasInForce"},
		"C-ALL-03": {"G12-late-sweeper-refuses-reads", "G09-result-gone-in-time-and-not-before", "internal/erasure:TestAnUnusedUploadIsGoneAtItsMomentAndNotLater"},
		"C-ALL-04": {forgotten, "internal/guard/keyring:TestCoreDumpsCanBeTurnedOff"},
		"C-ALL-05": {"G33-what-a-company-still-holds-is-listed-until-its-date", "internal/evidence:TestAReceiptTextKeepsWhatWeEnforceApartFromWhatTheyPromised"},
		"C-ALL-06": {"internal/media/scrub:TestMetadataGoesAndThePictureStaysBitForBit"},
		"C-ALL-07": {"internal/intake:TestANetworkAddressIsNeverWrittenWholeOutsideItsOwnCategory"},
		"C-ALL-08": {byCalendar, "internal/policy/terms:TestExactlySoManyWorkingDaysLieBeforeTheEnd", "internal/policy/terms:TestAShorterListOfHolidaysNeverMeansALaterEnd"},
		"C-ALL-09": {people + ":TestWhoeverIsTooYoungLeavesNothingAndGetsNoSecondTry", people + ":TestTheBandLivesAsLongAsTheAccountIsUsed"},
		"C-ALL-10": {"internal/store:TestAnAppSeesOnlyItsOwnRows", desk + ":TestSomebodyOfOneAppLearnsNothingOfAnother"},
		"C-ALL-11": {desk + ":TestStaffReadWithinACaseAndThePersonSeesIt", desk + ":TestNothingIsReadWithoutItsCaseRolePurposeAndReason"},
		"C-ALL-12": {"G28-a-company-that-fails-is-not-replaced"},
		"C-ALL-13": {desk + ":TestAHoldNeedsItsGroundItsDocumentAndAnEnd", desk + ":TestAnOrderNeedsTwoOtherPeopleAndEachOfThemOnce"},
	}
}

func TestEveryRowOfTheConflictsIsShownSomewhere(t *testing.T) {
	t.Parallel()
	decided := decidedByPolicy(t)
	elsewhere := shown()
	rows := rowsOfConflicts()
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		if decided[row] == 0 && len(elsewhere[row]) == 0 {
			t.Errorf("%s is shown by no case of a policy, no guarantee and no test", row)
		}
	}
	for row, places := range elsewhere {
		if !rows[row] {
			t.Errorf("%s is no row of the conflicts", row)
		}
		for _, place := range places {
			if err := stands(place); err != nil {
				t.Errorf("%s: %v", row, err)
			}
		}
	}
	for row := range decided {
		if !rows[row] {
			t.Errorf("a case is named after %s, which is no row of the conflicts", row)
		}
	}
}

// decidedByPolicy runs the cases of every app and counts those that are named after a row.
func decidedByPolicy(t *testing.T) map[string]int {
	t.Helper()
	reports, err := trial.FS(apps.FS, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 5 {
		t.Errorf("%d apps have cases", len(reports))
	}
	row := regexp.MustCompile(`^C-[A-Z]{3}-[0-9]{2} `)
	count := map[string]int{}
	for _, r := range reports {
		if len(r.Results) < 12 {
			t.Errorf("%s has %d cases only", r.File, len(r.Results))
		}
		for _, c := range r.Results {
			if !c.OK {
				t.Errorf("%s:%d: %s\n  want %s\n  got  %s", r.File, c.Line, c.Case, c.Want, c.Got)
			}
			if name := row.FindString(c.Case); name != "" && c.OK {
				count[strings.TrimSpace(name)]++
			}
		}
	}
	return count
}

// stands reports a guarantee script or a test of a package that does not exist.
func stands(place string) error {
	folder, name, isTest := strings.Cut(place, ":")
	if !isTest {
		if _, err := os.Stat(filepath.Join("..", "guarantees", place+".txtar")); err != nil {
			return fmt.Errorf("there is no guarantee %s", place)
		}
		return nil
	}
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.Contains(string(source), "\nfunc "+name+"(t *testing.T) {") {
			return nil
		}
	}
	return fmt.Errorf("%s has no test %s", folder, name)
}
