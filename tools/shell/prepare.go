package main

import (
	"fmt"
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// Commands that stand for what the interpreter lacks; the blank keeps scripts from calling them by accident.
const (
	openDescriptor  = "exec open"
	closeDescriptor = "exec close"
	replaceShell    = "exec replace"
	killProcesses   = "kill processes"
)

// prepare rewrites what the interpreter lacks into commands of our own, and refuses the rest before anything runs:
// redirections of descriptors above 2 (the interpreter has none), and `exec PROGRAM`, which it plays as a child, so that
// signals would not arrive.
func prepare(file *syntax.File) error {
	var path []syntax.Node
	var refused error
	syntax.Walk(file, func(node syntax.Node) bool {
		if node == nil {
			path = path[:len(path)-1]
			return true
		}
		var err error
		switch node := node.(type) {
		case *syntax.Stmt:
			err = prepareStatement(node, path)
		case *syntax.Assign:
			// A variable of this name would stand still.
			if node.Name != nil && node.Name.Value == "SECONDS" {
				err = fmt.Errorf("assignment to SECONDS; subtract its first value instead")
			}
		}
		if err != nil && refused == nil {
			refused = fmt.Errorf("%w (line %d)", err, node.Pos().Line())
		}
		path = append(path, node)
		return true
	})
	return refused
}

func prepareStatement(statement *syntax.Stmt, path []syntax.Node) error {
	call, _ := statement.Cmd.(*syntax.CallExpr)
	isExec := call != nil && len(call.Args) > 0 && call.Args[0].Lit() == "exec"
	if isExec && len(call.Args) == 1 && len(statement.Redirs) == 1 && isFurther(statement.Redirs[0]) {
		return prepareDescriptor(statement, call)
	}
	for _, redirection := range statement.Redirs {
		if isFurther(redirection) || redirection.Op == syntax.RdrInOut {
			return fmt.Errorf("redirection of this kind; `exec N<>FILE` alone can open further descriptors")
		}
	}
	if !isExec || len(call.Args) == 1 || statement.Background || slices.ContainsFunc(path, isOwnProcess) {
		return nil
	}
	if slices.ContainsFunc(path, isFunction) {
		return fmt.Errorf("`exec` in a function")
	}
	call.Args[0] = word(replaceShell)
	return nil
}

// prepareDescriptor makes a command of `exec N<>FILE`, `exec N>FILE`, `exec N<FILE`, `exec N>>FILE` and `exec N>&-`.
func prepareDescriptor(statement *syntax.Stmt, call *syntax.CallExpr) error {
	redirection := statement.Redirs[0]
	switch redirection.Op {
	case syntax.RdrInOut, syntax.RdrIn, syntax.RdrOut, syntax.AppOut:
		call.Args = []*syntax.Word{word(openDescriptor), word(redirection.N.Value), word(redirection.Op.String()), redirection.Word}
	case syntax.DplIn, syntax.DplOut:
		if redirection.Word.Lit() != "-" {
			return fmt.Errorf("copy of a descriptor above 2")
		}
		call.Args = []*syntax.Word{word(closeDescriptor), word(redirection.N.Value)}
	default:
		return fmt.Errorf("redirection `%s` of a descriptor above 2", redirection.Op)
	}
	statement.Redirs = nil
	return nil
}

// isFurther tells whether a redirection is of another descriptor than the standard three.
func isFurther(redirection *syntax.Redirect) bool {
	return redirection.N != nil && !slices.Contains([]string{"0", "1", "2"}, redirection.N.Value)
}

// isOwnProcess tells whether what is below a node runs beside the shell's own process.
func isOwnProcess(node syntax.Node) bool {
	switch node := node.(type) {
	case *syntax.Subshell, *syntax.CmdSubst, *syntax.ProcSubst, *syntax.CoprocClause:
		return true
	case *syntax.BinaryCmd:
		return node.Op == syntax.Pipe || node.Op == syntax.PipeAll
	case *syntax.Stmt:
		return node.Background
	}
	return false
}

func isFunction(node syntax.Node) bool {
	_, is := node.(*syntax.FuncDecl)
	return is
}

func word(text string) *syntax.Word {
	return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: text}}}
}
