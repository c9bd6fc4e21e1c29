// Command renderer renders charts with Helm's own packages in one long-lived process: it reads one JSON request per
// line from standard input and writes one JSON response per line to standard output. A line that is no request gets a
// response with an error; end of input ends the program.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
)

// garbagePercent lets the heap grow to four times what is live before it is collected: a render makes much garbage and keeps
// little, and collecting it took a fifth of a run's time.
const garbagePercent = 300

// memoryGoal is where it is collected earlier instead. It must leave room above what all charts of the suite take (70 MiB), else
// half of a run goes into collecting: 146 s at 64 MiB, 89 s at 128 MiB, 82 s at 256 MiB.
const memoryGoal = 128 << 20

// Request is one line of input; exactly one of its members is set.
type Request struct {
	Render      *RenderRequest      `json:"render,omitempty"`
	Lint        *LintRequest        `json:"lint,omitempty"`
	PodSecurity *PodSecurityRequest `json:"podSecurity,omitempty"`
	Parse       *ParseRequest       `json:"parse,omitempty"`
	Kinds       *KindsRequest       `json:"kinds,omitempty"`
}

// Response is one line of output.
type Response struct {
	Render      *RenderResponse `json:"render,omitempty"`
	Lint        *LintResponse   `json:"lint,omitempty"`
	PodSecurity []PodVerdict    `json:"podSecurity,omitempty"`
	Parse       []TemplateTree  `json:"parse,omitempty"`
	Kinds       []string        `json:"kinds,omitempty"`
	// Error is Helm's own message when it refuses the chart or its values.
	Error string `json:"error,omitempty"`
}

func main() {
	// Helm logs to the default logger; a server has nobody to read it, and errors are in the responses.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
		debug.SetMemoryLimit(memoryGoal)
	}
	// The suite runs a server for each core.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "renderer:", err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<16)
	buffered := bufio.NewWriterSize(out, 1<<16)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	server := &server{renderer: NewRenderer(), podSecurity: NewPodSecurity()}
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := encoder.Encode(server.answer(line)); err != nil {
				return err
			}
			if err := buffered.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// server is what outlives a request.
type server struct {
	renderer    *Renderer
	podSecurity *PodSecurity
}

// answer never panics: a chart that brings Helm down must not end the server.
func (server *server) answer(line []byte) (response Response) {
	defer func() {
		if cause := recover(); cause != nil {
			response = Response{Error: fmt.Sprintf("helm panicked: %v", cause)}
		}
	}()
	var request Request
	if err := json.Unmarshal(line, &request); err != nil {
		return Response{Error: fmt.Sprintf("not a request: %v", err)}
	}
	switch {
	case request.Render != nil:
		rendered, err := server.renderer.Render(request.Render)
		if err != nil {
			return Response{Error: err.Error()}
		}
		return Response{Render: rendered}
	case request.Lint != nil:
		linted, err := server.renderer.Lint(request.Lint)
		if err != nil {
			return Response{Error: err.Error()}
		}
		return Response{Lint: linted}
	case request.PodSecurity != nil:
		return Response{PodSecurity: server.podSecurity.Judge(request.PodSecurity)}
	case request.Parse != nil:
		return Response{Parse: parseTemplates(request.Parse)}
	case request.Kinds != nil:
		return Response{Kinds: kinds()}
	default:
		return Response{Error: "not a request: none of render, lint, podSecurity, parse and kinds is set"}
	}
}
