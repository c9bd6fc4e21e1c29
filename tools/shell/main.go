// Command shell is the shell of the stand-in images, with the few tools that charts' scripts call: one program under many
// names, which decides by its name what to be. What it does not know ends a script with status 127 and a message, so that
// no chart passes because a command was left out.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/u-root/u-root/pkg/core"
	"github.com/u-root/u-root/pkg/core/cat"
	"github.com/u-root/u-root/pkg/core/ls"
	"github.com/u-root/u-root/pkg/core/mv"
	"github.com/u-root/u-root/pkg/core/touch"
)

// unsupported is the status of what is not played; a real shell ends with it when it cannot find a command.
const unsupported = 127

// misuse is the status of wrong usage and of syntax errors.
const misuse = 2

// status ends a tool with a status of its own; the tool has said why.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// programs are the names under which an image has this program.
var programs = map[string]func(arguments []string) error{
	"bash": runShell, "sh": runShell,
	"cat": play(cat.New()), "ls": play(ls.New()), "mv": play(mv.New()), "touch": play(touch.New()),
	"base64": encode, "cp": copyFiles, "mkdir": makeFolders, "rm": remove,
	"grep": grep, "hostname": hostname, "seq": sequence, "sleep": sleep, "timeout": timeout,
}

func init() {
	for _, name := range []string{"[", "echo", "false", "printf", "pwd", "test", "true"} {
		programs[name] = func(arguments []string) error { return runBuiltin(name, arguments) }
	}
}

// play makes a program of one of u-root's.
func play(command core.Command) func([]string) error {
	return func(arguments []string) error { return command.Run(arguments...) }
}

func main() {
	name, arguments := filepath.Base(os.Args[0]), os.Args[1:]
	if programs[name] == nil && len(arguments) > 0 {
		name, arguments = arguments[0], arguments[1:]
	}
	if name == "--names" {
		for _, name := range slices.Sorted(maps.Keys(programs)) {
			fmt.Println(name)
		}
		return
	}
	program := programs[name]
	if program == nil {
		fmt.Fprintf(os.Stderr, "stand-in shell: unsupported command `%s`; --names prints those that there are\n", name)
		os.Exit(unsupported)
	}
	err := program(arguments)
	if code, ok := errors.AsType[status](err); ok {
		os.Exit(int(code))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
