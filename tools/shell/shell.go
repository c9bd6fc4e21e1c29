package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// runShell plays `bash` and `sh`: `[OPTION]… -c SCRIPT [NAME [ARGUMENT]…]` or `[OPTION]… FILE [ARGUMENT]…`.
func runShell(arguments []string) error {
	options, isCommand, rest := splitOptions(arguments)
	if len(rest) == 0 {
		return refuse("interactive use; give -c SCRIPT or a file")
	}
	script, name, parameters := []byte(rest[0]), "sh", rest[1:]
	if !isCommand {
		name = rest[0]
		content, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "sh: %v\n", err)
			return status(unsupported)
		}
		// The image's scripts are links to the stand-in.
		if bytes.HasPrefix(content, []byte("\x7fELF")) {
			return syscall.Exec(name, rest, os.Environ())
		}
		script = content
	} else if len(parameters) > 0 {
		name, parameters = parameters[0], parameters[1:]
	}
	file, err := syntax.NewParser().Parse(bytes.NewReader(script), name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return status(misuse)
	}
	if err := prepare(file); err != nil {
		return refuse(err.Error())
	}
	return interpret(file, append(append(options, "--"), parameters...))
}

// runBuiltin plays the program that an image has under the name of a command of the shell.
func runBuiltin(name string, arguments []string) error {
	file, err := syntax.NewParser().Parse(strings.NewReader(name+` "$@"`), name)
	if err != nil {
		return err
	}
	return interpret(file, append([]string{"--"}, arguments...))
}

// splitOptions separates the options that `set` knows from -c and -l; a login shell would read profiles that the images do
// not have.
func splitOptions(arguments []string) (options []string, isCommand bool, rest []string) {
	for len(arguments) > 0 {
		flags, isOption := strings.CutPrefix(arguments[0], "-")
		if !isOption || flags == "" {
			break
		}
		arguments = arguments[1:]
		for _, flag := range flags {
			switch flag {
			case 'c':
				isCommand = true
			case 'l':
			case 'o':
				options = append(options, "-o")
				if len(arguments) > 0 {
					options, arguments = append(options, arguments[0]), arguments[1:]
				}
			default:
				options = append(options, "-"+string(flag))
			}
		}
	}
	return options, isCommand, arguments
}

func interpret(file *syntax.File, parameters []string) error {
	if os.Getpid() == 1 {
		ignoreSignals()
	}
	descriptors := descriptors{}
	runner, err := interp.New(
		interp.StdIO(os.Stdin, os.Stdout, os.Stderr),
		interp.Env(clock{expand.ListEnviron(os.Environ()...), time.Now()}),
		interp.CallHandler(refuseMissingBuiltins),
		interp.ExecHandlers(descriptors.handle, replaceProcess, sendSignals, endAtUnknown),
		interp.OpenHandler(open),
		interp.Params(parameters...),
	)
	if err != nil {
		return refuse(err.Error())
	}
	err = runner.Run(context.Background(), file)
	if code, ok := errors.AsType[interp.ExitStatus](err); ok {
		return status(code)
	}
	if err != nil {
		return refuse(err.Error())
	}
	return nil
}

// refuse says what is not played.
func refuse(what string) error {
	fmt.Fprintf(os.Stderr, "stand-in shell: unsupported %s\n", what)
	return status(unsupported)
}

// ignoreSignals lets the first process of a container do as a real shell: the kernel drops what it does not handle. To
// handle and forget, unlike to ignore, is not passed on to commands.
func ignoreSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
}

// clock adds the variable SECONDS to an environment.
type clock struct {
	expand.Environ
	start time.Time
}

func (c clock) Get(name string) expand.Variable {
	if name == "SECONDS" {
		seconds := strconv.Itoa(int(time.Since(c.start).Seconds()))
		return expand.Variable{Set: true, Kind: expand.String, Str: seconds}
	}
	return c.Environ.Get(name)
}
