package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// expired is the status of `timeout` when the time is up.
const expired = 124

// duration reads a number of seconds, or of what the unit behind it says.
func duration(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	number, unit := text, time.Second
	if text != "" && units[text[len(text)-1]] != 0 {
		number, unit = text[:len(text)-1], units[text[len(text)-1]]
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || value < 0 {
		return 0, fmt.Errorf("invalid duration `%s`", text)
	}
	return time.Duration(value * float64(unit)), nil
}

// sleep plays `sleep DURATION…`.
func sleep(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("give a duration")
	}
	var sum time.Duration
	for _, argument := range arguments {
		one, err := duration(argument)
		if err != nil {
			return err
		}
		sum += one
	}
	time.Sleep(sum)
	return nil
}

// timeout plays `timeout DURATION COMMAND [ARGUMENT]…`: what is not done in time is told to stop, with all that it started.
func timeout(arguments []string) error {
	if len(arguments) < 2 || strings.HasPrefix(arguments[0], "-") {
		return refuse("use of timeout; give DURATION COMMAND")
	}
	limit, err := duration(arguments[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, "timeout:", err)
		return status(125)
	}
	command := exec.Command(arguments[1], arguments[2:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	if err := command.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "timeout:", err)
		return status(unsupported)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	var late bool
	var timer <-chan time.Time
	if limit > 0 {
		timer = time.After(limit)
	}
	for {
		select {
		case <-ended:
			if late {
				return status(expired)
			}
			return ending(command.ProcessState)
		case received := <-signals:
			_ = syscall.Kill(-command.Process.Pid, received.(syscall.Signal))
		case <-timer:
			late = true
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
		}
	}
}

// ending gives the status of a command that has ended as a shell tells it.
func ending(state *os.ProcessState) error {
	if wait := state.Sys().(syscall.WaitStatus); wait.Signaled() {
		return status(128 + int(wait.Signal()))
	}
	return status(state.ExitCode())
}

// sequence plays `seq [FIRST [STEP]] LAST` with whole numbers.
func sequence(arguments []string) error {
	var numbers []int
	for _, argument := range arguments {
		number, err := strconv.Atoi(argument)
		if err != nil {
			return fmt.Errorf("`%s` is no whole number", argument)
		}
		numbers = append(numbers, number)
	}
	first, step := 1, 1
	switch len(numbers) {
	case 1:
	case 2:
		first = numbers[0]
	case 3:
		first, step = numbers[0], numbers[1]
	default:
		return errors.New("give one to three numbers")
	}
	if step == 0 {
		return errors.New("the step is 0")
	}
	last := numbers[len(numbers)-1]
	for number := first; (step > 0 && number <= last) || (step < 0 && number >= last); number += step {
		fmt.Println(number)
	}
	return nil
}

// hostname plays `hostname`.
func hostname(arguments []string) error {
	if len(arguments) > 0 {
		return refuse("argument of hostname")
	}
	name, err := os.Hostname()
	fmt.Println(name)
	return err
}
