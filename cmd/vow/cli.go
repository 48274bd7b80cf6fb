package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"vow.example/vow/client"
	"vow.example/vow/cmd/vow/internal/photojob"
)

// The exit codes.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitDeclined = 3
)

// cli is the command line.
type cli struct {
	JSON bool `help:"Print JSON for scripts." name:"json"`

	Demo     demoCmd     `cmd:"" help:"Run everything on this machine, with simulated recipients and a fast clock."`
	Serve    serveCmd    `cmd:"" help:"Run the server."`
	Run      runCmd      `cmd:"" help:"Run one feature from the terminal: pictures and words in, a picture, a video or facts out."`
	Policy   policyCmd   `cmd:"" help:"Check, render, test, compare and publish policy files."`
	Effects  effectsCmd  `cmd:"" help:"List and show the effects of the own engine."`
	Template templateCmd `cmd:"" help:"List and check templates for face swaps."`
	Doctor   doctorCmd   `cmd:"" help:"Check that this machine can keep the promises."`
	Receipt  receiptCmd  `cmd:"" help:"Fetch and verify erasure receipts."`
	Audit    auditCmd    `cmd:"" help:"Export and verify the audit log."`
	Provider providerCmd `cmd:"" help:"Look at, try, pause and resume recipients."`
	Backup   backupCmd   `cmd:"" help:"Copy a server's data without its keys, and put it back."`
	Staff    staffCmd    `cmd:"" help:"Say who works at the desk of a server, and suspend accounts."`
	Sim      simCmd      `cmd:"" help:"Run the simulator of a recipient."`
	Prove    proveCmd    `cmd:"" help:"Check every promise of the apps from outside and say what was seen."`
	Keys     keysCmd     `cmd:"" help:"Make keys."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// output prints the answer of a command: text for people or, with --json, one JSON document.
type output struct {
	streams
	json bool
}

// serverURL is the address of a running server.
type serverURL string

// UnmarshalText refuses what cannot be the address of one, from a flag and from VOW_URL alike.
func (u *serverURL) UnmarshalText(text []byte) error {
	if at, err := url.Parse(string(text)); len(text) > 0 && (err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https") {
		return fmt.Errorf("%q is no address of a server, such as http://127.0.0.1:8420", text)
	}
	*u = serverURL(text)
	return nil
}

// client calls the server with a credential, which may be empty.
func (u serverURL) client(key string) *client.Client { return client.New(string(u), key, nil) }

// counted says how many there are of something.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// print writes the JSON form or the text form, whichever was asked for.
func (o output) print(doc any, text string) error {
	if !o.json {
		_, err := fmt.Fprintln(o.out, strings.TrimRight(text, "\n"))
		return err
	}
	enc := json.NewEncoder(o.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

// usageError says which argument breaks which rule.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// codedError ends the program with a code. Its text is printed unless it is empty, which means
// that the command has said everything already.
type codedError struct {
	code int
	text string
}

func (e *codedError) Error() string { return e.text }

// errCheck ends a command whose printed findings say it all.
func errCheck() error { return &codedError{code: exitFailed} }

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, s streams) int {
	var c cli
	helped := false
	parser, err := kong.New(&c,
		kong.Name("vow"),
		kong.Description("Vow runs AI photo apps so that their privacy policy cannot be broken."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(int) { helped = true }), // --help: kong has printed, nothing is left to do
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(s.err, "vow:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		return s.complain(&usageError{err.Error() + hint(err)})
	}
	return s.complain(parsed.Run(output{streams: s, json: c.JSON}))
}

// hint names the help page of the command that was misused.
func hint(err error) string {
	var p *kong.ParseError
	if errors.As(err, &p) && p.Context != nil {
		if cmd := p.Context.Selected(); cmd != nil {
			return " (see: vow " + cmd.Path() + " --help)"
		}
	}
	return " (see: vow --help)"
}

// complain prints the one line of an error and returns the exit code.
func (s streams) complain(err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitFailed // nobody reads any more
	}
	code := exitFailed
	var coded *codedError
	var usage *usageError
	var job *photojob.UsageError
	switch {
	case errors.As(err, &coded):
		code = coded.code
	case errors.As(err, &usage), errors.As(err, &job):
		code = exitUsage
	}
	if text := strings.TrimSpace(err.Error()); text != "" {
		fmt.Fprintln(s.err, "vow: "+text)
	}
	return code
}
