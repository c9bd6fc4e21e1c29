package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/interp"
)

// signals are those that scripts send; 0 asks whether a process is there.
var signals = map[string]syscall.Signal{
	"0": 0, "1": syscall.SIGHUP, "HUP": syscall.SIGHUP, "2": syscall.SIGINT, "INT": syscall.SIGINT,
	"9": syscall.SIGKILL, "KILL": syscall.SIGKILL, "15": syscall.SIGTERM, "TERM": syscall.SIGTERM,
}

// sendSignals plays bash's own `kill [-SIGNAL] PROCESS…`, which the interpreter lacks.
func sendSignals(next interp.ExecHandlerFunc) interp.ExecHandlerFunc {
	return func(ctx context.Context, arguments []string) error {
		if arguments[0] != killProcesses {
			return next(ctx, arguments)
		}
		signal, processes := syscall.SIGTERM, arguments[1:]
		if len(processes) > 0 && strings.HasPrefix(processes[0], "-") {
			known, isKnown := signals[strings.TrimPrefix(strings.ToUpper(processes[0][1:]), "SIG")]
			if !isKnown {
				end(fmt.Sprintf("option %s of kill", processes[0]))
			}
			signal, processes = known, processes[1:]
		}
		failed := slices.DeleteFunc(slices.Clone(processes), func(process string) bool {
			number, err := strconv.Atoi(process)
			return err == nil && number > 0 && syscall.Kill(number, signal) == nil
		})
		for _, process := range failed {
			fmt.Fprintf(interp.HandlerCtx(ctx).Stderr, "sh: kill: (%s): no process that can be sent a signal\n", process)
		}
		if len(processes) == 0 || len(failed) > 0 {
			return interp.ExitStatus(1)
		}
		return nil
	}
}
