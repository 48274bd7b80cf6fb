package export

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/editions"
	"vow.example/vow/internal/task"
)

// written returns what the staff wrote to a person, alone or with others: with its words, by language.
func written(ctx context.Context, app store.App, who task.Who) ([]store.Fact, error) {
	list, err := editions.Written(ctx, app, who.Subject)
	var facts []store.Fact
	for _, n := range list {
		facts = append(facts, store.Fact{"app": string(n.App), "subject": string(who.Subject), "id": n.ID, "kind": n.Kind, "text": n.Text, "created_at": n.CreatedAt})
	}
	return facts, err
}

// table writes the ledger rows for a spreadsheet.
func table(who task.Who, transfers []store.Fact) (string, error) {
	columns := []string{"id", "at", "recipient", "recipient_name", "feature", "purpose", "fields", "bytes", "outcome", "consent", "keeps_until"}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(columns) // a builder takes everything; Error tells of the rest
	for _, t := range transfers {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = cell(t[c])
		}
		row[3] = called(who, privacy.RecipientID(cell(t["recipient"])), "en")
		_ = w.Write(row)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return "", fmt.Errorf("export: table: %w", err)
	}
	return b.String(), nil
}

// cell is a value as a spreadsheet shows it. A value that it would take for a formula is quoted.
func cell(v any) string {
	s := ""
	switch x := v.(type) {
	case nil:
	case time.Time:
		s = x.UTC().Format(time.RFC3339)
	default:
		s = fmt.Sprint(x)
	}
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		s = "'" + s
	}
	return s
}

func called(who task.Who, id privacy.RecipientID, lang privacy.Lang) string {
	if r, ok := who.Policy.Recipient(id); ok {
		return r.Name.In(lang)
	}
	return string(id)
}
