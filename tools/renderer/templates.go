package main

import (
	"fmt"
	"text/template/parse"
)

// ParseRequest asks for the trees of templates.
type ParseRequest struct {
	Templates []TemplateText `json:"templates"`
}

// TemplateText is a template file.
type TemplateText struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// TemplateTree is what a template file holds: its own body and the named templates that it defines.
type TemplateTree struct {
	Body        []treeNode            `json:"body"`
	Definitions map[string][]treeNode `json:"definitions"`
	// Error is Go's own message about a text that is no template.
	Error string `json:"error,omitempty"`
}

// treeNode has one member, which says what it is; treeOperand too.
type (
	treeNode    map[string]any
	treeOperand map[string]any
)

type treePipeline struct {
	Line      int             `json:"line"`
	Variables []string        `json:"variables,omitempty"`
	Declares  bool            `json:"declares,omitempty"`
	Commands  [][]treeOperand `json:"commands"`
}

// deepest bounds how deep an answer's JSON is, of which its reader takes 128 levels. Templates that people write stay far below.
const deepest = 110

// Levels of JSON that a block and a pair of parentheses take.
const (
	ofBlock = 3
	ofGroup = 5
)

// parseTemplates reads each template by itself, as Helm does. Which functions there are is not its business.
func parseTemplates(request *ParseRequest) []TemplateTree {
	answers := make([]TemplateTree, len(request.Templates))
	for index, file := range request.Templates {
		answer, err := parseTemplate(file)
		if err != nil {
			answer = TemplateTree{Error: err.Error()}
		}
		answers[index] = answer
	}
	return answers
}

func parseTemplate(file TemplateText) (answer TemplateTree, err error) {
	tree := parse.New(file.Name)
	tree.Mode = parse.SkipFuncCheck
	all := map[string]*parse.Tree{}
	if _, err := tree.Parse(file.Text, "", "", all); err != nil {
		return answer, err
	}
	writer := treeWriter{}
	answer.Body = writer.list(tree.Root)
	answer.Definitions = map[string][]treeNode{}
	for name, definition := range all {
		if definition != tree {
			answer.Definitions[name] = writer.list(definition.Root)
		}
	}
	if writer.tooDeep {
		return answer, fmt.Errorf("template: %s: blocks and parentheses are nested too deep", file.Name)
	}
	return answer, nil
}

// treeWriter turns Go's tree into one of maps and lists.
type treeWriter struct {
	depth   int
	tooDeep bool
}

// enter is false when what comes is too deep to be followed.
func (writer *treeWriter) enter(levels int) bool {
	writer.depth += levels
	if writer.depth > deepest {
		writer.tooDeep = true
	}
	return !writer.tooDeep
}

func (writer *treeWriter) list(list *parse.ListNode) []treeNode {
	nodes := []treeNode{}
	defer func() { writer.depth -= ofBlock }()
	if !writer.enter(ofBlock) || list == nil {
		return nodes
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.TextNode:
			nodes = append(nodes, treeNode{"text": string(node.Text)})
		case *parse.ActionNode:
			nodes = append(nodes, treeNode{"action": writer.pipeline(node.Pipe, node.Line)})
		case *parse.IfNode:
			nodes = append(nodes, writer.branch("if", &node.BranchNode))
		case *parse.WithNode:
			nodes = append(nodes, writer.branch("with", &node.BranchNode))
		case *parse.RangeNode:
			nodes = append(nodes, writer.branch("range", &node.BranchNode))
		case *parse.TemplateNode:
			nodes = append(nodes, treeNode{"template": []any{node.Name, writer.pipeline(node.Pipe, node.Line)}})
		}
	}
	return nodes
}

func (writer *treeWriter) branch(kind string, node *parse.BranchNode) treeNode {
	condition := writer.pipeline(node.Pipe, node.Line)
	return treeNode{kind: []any{condition, writer.list(node.List), writer.list(node.ElseList)}}
}

func (writer *treeWriter) pipeline(pipe *parse.PipeNode, line int) treePipeline {
	written := treePipeline{Line: line, Commands: [][]treeOperand{}}
	if pipe == nil {
		return written
	}
	for _, variable := range pipe.Decl {
		written.Variables = append(written.Variables, variableName(variable))
	}
	written.Declares = len(pipe.Decl) > 0 && !pipe.IsAssign
	for _, command := range pipe.Cmds {
		operands := make([]treeOperand, len(command.Args))
		for index, argument := range command.Args {
			operands[index] = writer.operand(argument, line)
		}
		written.Commands = append(written.Commands, operands)
	}
	return written
}

func (writer *treeWriter) operand(node parse.Node, line int) treeOperand {
	switch node := node.(type) {
	case *parse.DotNode:
		return treeOperand{"field": []string{}}
	case *parse.FieldNode:
		return treeOperand{"field": node.Ident}
	case *parse.VariableNode:
		return treeOperand{"variable": []any{variableName(node), node.Ident[1:]}}
	case *parse.IdentifierNode:
		return treeOperand{"function": node.Ident}
	case *parse.StringNode:
		return treeOperand{"string": node.Text}
	case *parse.NumberNode:
		if node.IsInt {
			return treeOperand{"number": node.Int64}
		}
	case *parse.PipeNode:
		return writer.group(node, []string{}, line)
	case *parse.ChainNode:
		if inner, isPipeline := node.Node.(*parse.PipeNode); isPipeline {
			return writer.group(inner, node.Field, line)
		}
		inner := treePipeline{Line: line, Commands: [][]treeOperand{{writer.operand(node.Node, line)}}}
		return treeOperand{"group": []any{inner, node.Field}}
	}
	return treeOperand{"literal": nil}
}

func (writer *treeWriter) group(pipe *parse.PipeNode, fields []string, line int) treeOperand {
	defer func() { writer.depth -= ofGroup }()
	if !writer.enter(ofGroup) {
		return treeOperand{"literal": nil}
	}
	return treeOperand{"group": []any{writer.pipeline(pipe, line), fields}}
}

// variableName is without its dollar, so that the one of the template's start has none.
func variableName(node *parse.VariableNode) string {
	return node.Ident[0][1:]
}
