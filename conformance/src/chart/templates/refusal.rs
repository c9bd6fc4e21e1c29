//! Branches that only refuse.

use am_toolchain::{Operand, TemplateNode};

/// Whether these nodes only refuse: `fail` and white space.
pub(super) fn only_fails(nodes: &[TemplateNode]) -> bool {
    let mut acting = nodes.iter().filter(|node| !is_white_space(node)).peekable();
    acting.peek().is_some() && acting.all(fails)
}

fn is_white_space(node: &TemplateNode) -> bool {
    matches!(node, TemplateNode::Text(text) if text.trim().is_empty())
}

fn fails(node: &TemplateNode) -> bool {
    let TemplateNode::Action(pipeline) = node else {
        return false;
    };
    let mut called = pipeline
        .commands
        .iter()
        .filter_map(|command| command.first());
    called.any(|operand| matches!(operand, Operand::Function(name) if name == "fail"))
}
