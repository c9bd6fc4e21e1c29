package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/u-root/u-root/pkg/core/cp"
	"github.com/u-root/u-root/pkg/uroot/unixflag"
)

// copyFiles plays `cp`, one source at a time: u-root's own loop forgets the failure of all sources but the last. It follows links unless
// it is told not to, and does not know the option that says so.
func copyFiles(arguments []string) error {
	operands := 0
	for operands < len(arguments) && len(arguments[operands]) > 1 && arguments[operands][0] == '-' {
		operands++
	}
	var options []string
	for _, option := range arguments[:operands] {
		if option = strings.ReplaceAll(option, "L", ""); option != "-" {
			options = append(options, option)
		}
	}
	sources := arguments[operands:]
	if len(sources) < 3 {
		return cp.New().Run(append(options, sources...)...)
	}
	target := sources[len(sources)-1]
	if information, err := os.Stat(target); err != nil || !information.IsDir() {
		return fmt.Errorf("%s is no folder", target)
	}
	var failures error
	for _, source := range sources[:len(sources)-1] {
		one := append(append([]string{}, options...), source, target)
		failures = errors.Join(failures, cp.New().Run(one...))
	}
	return failures
}

// makeFolders plays `mkdir`: u-root's ends with 0 when a folder cannot be made.
func makeFolders(arguments []string) error {
	flags := flag.NewFlagSet("mkdir", flag.ContinueOnError)
	parents := flags.Bool("p", false, "make parents as needed; a folder that is there is no error")
	if err := flags.Parse(unixflag.ArgsToGoArgs(arguments)); err != nil {
		return status(misuse)
	}
	return forEach(flags.Args(), func(folder string) error {
		if *parents {
			return os.MkdirAll(folder, 0o777)
		}
		return os.Mkdir(folder, 0o777)
	})
}

// remove plays `rm`: with -f, u-root's ends with 0 also when a file may not be removed.
func remove(arguments []string) error {
	flags := flag.NewFlagSet("rm", flag.ContinueOnError)
	force := flags.Bool("f", false, "what is not there is no error")
	recursive := flags.Bool("r", false, "remove folders with all that they hold")
	flags.BoolVar(recursive, "R", false, "the same as -r")
	if err := flags.Parse(unixflag.ArgsToGoArgs(arguments)); err != nil {
		return status(misuse)
	}
	if *force && flags.NArg() == 0 {
		return nil
	}
	return forEach(flags.Args(), func(path string) error {
		information, err := os.Lstat(path)
		switch {
		case *force && errors.Is(err, os.ErrNotExist):
			return nil
		case err != nil:
			return err
		case *recursive:
			return os.RemoveAll(path)
		case information.IsDir():
			return fmt.Errorf("%s is a folder", path)
		}
		return os.Remove(path)
	})
}

// forEach does all that it can and gives the failures.
func forEach(operands []string, do func(string) error) error {
	if len(operands) == 0 {
		return errors.New("missing operand")
	}
	var failures error
	for _, operand := range operands {
		failures = errors.Join(failures, do(operand))
	}
	return failures
}
