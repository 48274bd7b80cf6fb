package bench

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReport measures everything and prints it as Markdown. It runs where VOW_BENCH is set: "all",
// or some of the parts' names separated by spaces.
func TestReport(t *testing.T) {
	wanted := os.Getenv("VOW_BENCH")
	if wanted == "" {
		t.Skip("make bench runs it")
	}
	f, err := os.Create(filepath.Join("out", "latest.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := io.MultiWriter(os.Stdout, f)
	dir := folder(t)
	say(t, out, "# What keeping the promises costs\n\n"+machine(dir))
	for _, part := range parts() {
		if wanted != "all" && !strings.Contains(" "+wanted+" ", " "+part.name+" ") {
			continue
		}
		t.Run(part.name, func(t *testing.T) { say(t, out, part.run(t).String()) })
	}
	say(t, out, "\nLoad after: "+load()+"\n")
}

func say(t testing.TB, w io.Writer, text string) {
	t.Helper()
	if _, err := fmt.Fprint(w, text); err != nil {
		t.Fatal(err)
	}
}

// part is one table of the report.
type part struct {
	name string
	run  func(testing.TB) *table
}

func parts() []part {
	return []part{
		{"commit", func(t testing.TB) *table { return commits(t, 101) }},
		{"ingest", func(t testing.TB) *table { return ingest(t, 21, 300_000, 3_000_000, 19_900_000) }},
		{"task", func(t testing.TB) *table { return pipeline(t, 15, errands(t)...) }},
		{"rate", func(t testing.TB) *table { return throughput(t, 7, 20, errands(t)[0], 1, 4) }},
		{"send", func(t testing.TB) *table { return sending(t, 21, 300_000, 3_000_000, 19_900_000) }},
		{"native", func(t testing.TB) *table { return native(t, 5, size{"1024 px", 1024, 1024}, size{"12 MP", 3464, 3464}) }},
		{"effects", func(t testing.TB) *table { return pictures(t, 5, sizes()...) }},
		{"memory", func(t testing.TB) *table {
			return memory(t, 5, photoCargo(t, 19_900_000), filmCargo(200_000_000), filmCargo(400_000_000))
		}},
		{"appetite", func(t testing.TB) *table { return appetite(t, 3, portrait(t, 3464, 3464), assignments()...) }},
		{"micro", func(testing.TB) *table { return micro(5) }},
	}
}
