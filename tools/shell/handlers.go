package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
)

// missingBuiltins are commands that bash has built in and the interpreter does not; it would say so and go on.
var missingBuiltins = strings.Fields(
	"bg bind caller compgen complete compopt disown enable fc fg history jobs logout newgrp suspend ulimit umask")

func refuseMissingBuiltins(_ context.Context, arguments []string) ([]string, error) {
	if slices.Contains(missingBuiltins, arguments[0]) {
		end(fmt.Sprintf("command `%s`", arguments[0]))
	}
	if arguments[0] == "kill" {
		return append([]string{killProcesses}, arguments[1:]...), nil
	}
	return arguments, nil
}

// end ends the whole script, subshells or not: an error would be lost at the border of a subshell.
func end(what string) {
	_ = refuse(what)
	os.Exit(unsupported)
}

// endAtUnknown ends the script at a command that the image does not have: going on would hide that it was not run. A path
// that leads nowhere is what it is in a real shell.
func endAtUnknown(next interp.ExecHandlerFunc) interp.ExecHandlerFunc {
	return func(ctx context.Context, arguments []string) error {
		if _, err := find(interp.HandlerCtx(ctx), arguments[0]); err != nil {
			return err
		}
		return next(ctx, arguments)
	}
}

func find(handler interp.HandlerContext, name string) (string, error) {
	path, err := interp.LookPathDir(handler.Dir, handler.Env, name)
	if err == nil {
		return path, nil
	}
	if strings.Contains(name, "/") {
		fmt.Fprintf(handler.Stderr, "sh: %v\n", err)
		return "", interp.ExitStatus(unsupported)
	}
	end(fmt.Sprintf("command `%s`", name))
	return "", err
}

// replaceProcess plays `exec PROGRAM`: the program gets this process, and with it the signals.
func replaceProcess(next interp.ExecHandlerFunc) interp.ExecHandlerFunc {
	return func(ctx context.Context, arguments []string) error {
		if arguments[0] != replaceShell {
			return next(ctx, arguments)
		}
		handler, arguments := interp.HandlerCtx(ctx), arguments[1:]
		if strings.HasPrefix(arguments[0], "-") {
			end(fmt.Sprintf("option %s of exec", arguments[0]))
		}
		path, err := find(handler, arguments[0])
		if err != nil {
			return err
		}
		if err := os.Chdir(handler.Dir); err != nil {
			return err
		}
		for descriptor, stream := range []any{handler.Stdin, handler.Stdout, handler.Stderr} {
			file, isFile := stream.(*os.File)
			if !isFile {
				return fmt.Errorf("exec with descriptor %d closed", descriptor)
			}
			if int(file.Fd()) != descriptor {
				if err := syscall.Dup3(int(file.Fd()), descriptor, 0); err != nil {
					return err
				}
			}
		}
		return fmt.Errorf("exec %s: %w", path, syscall.Exec(path, arguments, exported(handler.Env)))
	}
}

// exported are the variables that commands get.
func exported(environment expand.Environ) []string {
	var list []string
	environment.Each(func(name string, variable expand.Variable) bool {
		if variable.Exported && variable.IsSet() {
			list = append(list, name+"="+variable.String())
		}
		return true
	})
	return list
}

// descriptors are the open files above 2.
type descriptors map[string]io.Closer

func (d descriptors) handle(next interp.ExecHandlerFunc) interp.ExecHandlerFunc {
	return func(ctx context.Context, arguments []string) error {
		switch arguments[0] {
		case openDescriptor:
			file, err := open(ctx, arguments[3], openFlags[arguments[2]], 0o644)
			if err != nil {
				fmt.Fprintln(interp.HandlerCtx(ctx).Stderr, err)
				return interp.ExitStatus(1)
			}
			d.replace(arguments[1], file)
			return nil
		case closeDescriptor:
			d.replace(arguments[1], nil)
			return nil
		}
		return next(ctx, arguments)
	}
}

var openFlags = map[string]int{
	"<": os.O_RDONLY, "<>": os.O_RDWR | os.O_CREATE,
	">": os.O_WRONLY | os.O_CREATE | os.O_TRUNC, ">>": os.O_WRONLY | os.O_CREATE | os.O_APPEND,
}

func (d descriptors) replace(number string, file io.Closer) {
	if before := d[number]; before != nil {
		_ = before.Close()
	}
	d[number] = file
}

// open opens a file, and connects where the path is /dev/tcp/HOST/PORT, as bash does.
func open(ctx context.Context, path string, flags int, mode os.FileMode) (io.ReadWriteCloser, error) {
	if address, isTCP := strings.CutPrefix(path, "/dev/tcp/"); isTCP {
		return connect(path, address)
	}
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(interp.HandlerCtx(ctx).Dir, path)
	}
	return os.OpenFile(path, flags, mode)
}

func connect(path, address string) (io.ReadWriteCloser, error) {
	host, port, _ := strings.Cut(address, "/")
	connection, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, &os.PathError{Op: "connect", Path: path, Err: err}
	}
	// A file, because commands get files only.
	defer connection.Close()
	return connection.(*net.TCPConn).File()
}
