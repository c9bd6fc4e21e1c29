package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/u-root/u-root/pkg/uroot/unixflag"
)

// trouble is the status of `grep` when it could not look; 1 says that nothing was found.
const trouble = 2

// grep plays `grep [-EFciqsv] PATTERN [FILE]…`.
func grep(arguments []string) error {
	flags := flag.NewFlagSet("grep", flag.ContinueOnError)
	extended := flags.Bool("E", false, "the pattern is an extended regular expression")
	fixed := flags.Bool("F", false, "the pattern is a text")
	count := flags.Bool("c", false, "print how many lines were found")
	ignoreCase := flags.Bool("i", false, "capitals do not count")
	quiet := flags.Bool("q", false, "print nothing")
	silent := flags.Bool("s", false, "do not tell of files that cannot be read")
	invert := flags.Bool("v", false, "find the other lines")
	if err := flags.Parse(unixflag.ArgsToGoArgs(arguments)); err != nil {
		return status(trouble)
	}
	pattern := flags.Arg(0)
	switch {
	case flags.NArg() == 0:
		fmt.Fprintln(os.Stderr, "grep: give a pattern")
		return status(trouble)
	case *fixed:
		pattern = regexp.QuoteMeta(pattern)
	case !*extended:
		pattern = extend(pattern)
	}
	if *ignoreCase {
		pattern = "(?i)" + pattern
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		fmt.Fprintln(os.Stderr, "grep:", err)
		return status(trouble)
	}
	found, failed := 0, false
	files := flags.Args()[1:]
	for _, file := range files {
		if err := func() error {
			opened, err := os.Open(file)
			if err != nil {
				return err
			}
			defer opened.Close()
			prefix := ""
			if len(files) > 1 {
				prefix = file + ":"
			}
			lines, err := matches(opened, expression, *invert, prefix, !*quiet && !*count)
			found += lines
			return err
		}(); err != nil {
			failed = true
			if !*silent {
				fmt.Fprintln(os.Stderr, "grep:", err)
			}
		}
	}
	if len(files) == 0 {
		if found, err = matches(os.Stdin, expression, *invert, "", !*quiet && !*count); err != nil {
			return err
		}
	}
	if *count && !*quiet {
		fmt.Println(found)
	}
	switch {
	case found > 0 && (*quiet || !failed):
		return nil
	case failed:
		return status(trouble)
	}
	return status(1)
}

// matches counts the lines that match, and prints them if wanted.
func matches(in io.Reader, expression *regexp.Regexp, invert bool, prefix string, show bool) (int, error) {
	count := 0
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if expression.Match(lines.Bytes()) != invert {
			count++
			if show {
				fmt.Printf("%s%s\n", prefix, lines.Bytes())
			}
		}
	}
	return count, lines.Err()
}

// extend turns a basic regular expression into an extended one: there, what a backslash makes special is special without it.
func extend(basic string) string {
	var extended strings.Builder
	const special = "+?|(){}"
	inBrackets := false
	for at := 0; at < len(basic); at++ {
		character := basic[at]
		switch {
		case inBrackets:
			inBrackets = character != ']' || basic[at-1] == '['
		case character == '[':
			inBrackets = true
		case character == '\\' && at+1 < len(basic):
			at++
			if !strings.ContainsRune(special, rune(basic[at])) {
				extended.WriteByte('\\')
			}
			character = basic[at]
		case strings.ContainsRune(special, rune(character)):
			extended.WriteByte('\\')
		case character == '*' && (at == 0 || strings.HasSuffix(basic[:at], `\(`) || strings.HasSuffix(basic[:at], `\|`)):
			extended.WriteByte('\\')
		}
		extended.WriteByte(character)
	}
	return extended.String()
}
