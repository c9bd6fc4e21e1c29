//! A pattern's topology as inline SVG, and as a table that says the same.

use std::fmt::Write as _;

use super::{
    super::{FindingGroup, Profile},
    columns::{BOX_WIDTH, Column, Party},
    escape::{shortened, text},
    layout::{LINE, Layout, Row, SIGN, Status},
};

/// Width of a character of a label, in user units; a little more than any font of 11 units needs.
const CHARACTER: usize = 7;
/// Length of a line that leads nowhere, and depth of a line that leads back.
const STUB: usize = 44;
/// Characters of a label; longer keys are cut, the table has them whole.
const LABEL: usize = 84;

/// Writes the picture of `profile` and its table; `groups` are the pattern's findings.
pub(super) fn write(out: &mut String, profile: &Profile, groups: &[&FindingGroup<'_>]) {
    let layout = Layout::new(&profile.topology, groups);
    let id = text(&profile.name);
    let broken = layout
        .rows
        .iter()
        .filter(|row| row.status == Status::Broken)
        .count();
    let _ = writeln!(
        out,
        "<h3>Topology</h3>\n<figure class=\"topology\">\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Topology of {id}\">\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" style=\"min-width:{least}px\" role=\"img\" \
         aria-labelledby=\"{id}-svg-title {id}-svg-description\">\n\
         <title id=\"{id}-svg-title\">Topology of {id}</title>\n\
         <desc id=\"{id}-svg-description\">{} connections, {broken} broken. The table below lists them.</desc>",
        layout.rows.len(),
        w = layout.width,
        h = layout.height,
        // A narrow window shrinks the picture while its text can be read, then scrolls.
        least = layout.width.min(1200),
    );
    for column in &layout.columns {
        write_lifeline(out, &layout, column);
    }
    for row in &layout.rows {
        write_row(out, &layout, row);
    }
    for column in &layout.columns {
        write_box(out, &layout, column);
    }
    out.push_str("</svg>\n</div>\n");
    legend(out);
    write_table(out, &id, &layout);
    out.push_str("</figure>\n");
}

fn legend(out: &mut String) {
    out.push_str(
        "<figcaption>Each arrow is a connection that a configuration file asks for: port, scheme and key. \
         <span class=\"key resolved\">solid: resolved</span> · <span class=\"key external\">dash-dotted: declared external</span> · \
         <span class=\"key unknown\">dotted with ?: unknown</span> · <span class=\"key broken\">dashed with ✗: broken</span></figcaption>\n",
    );
}

fn write_lifeline(out: &mut String, layout: &Layout, column: &Column) {
    let _ = writeln!(
        out,
        "<line class=\"lifeline\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/>",
        layout.top + layout.box_height,
        layout.height - 8,
        x = column.x,
    );
}

fn write_box(out: &mut String, layout: &Layout, column: &Column) {
    let (class, name) = match column.party {
        Party::Clients => ("party", "clients"),
        Party::Outside => ("party", "outside"),
        Party::Component(component) => ("component", component.name()),
    };
    let left = column.x - BOX_WIDTH / 2;
    let _ = writeln!(
        out,
        "<g class=\"node {class}\" data-node=\"{name}\">\n\
         <rect x=\"{left}\" y=\"{}\" width=\"{BOX_WIDTH}\" height=\"{}\" rx=\"8\"/>\n\
         <text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
        layout.top,
        layout.box_height,
        left + 12,
        layout.top + 24,
        text(&column.title),
    );
    let mut y = layout.top + 44;
    if let Some(replicas) = column.replicas {
        write_replicas(out, left, y, replicas);
    }
    y += 4;
    for line in &column.lines {
        y += LINE;
        let _ = writeln!(
            out,
            "<text class=\"detail\" x=\"{}\" y=\"{y}\">{}</text>",
            left + 12,
            text(line)
        );
    }
    out.push_str("</g>\n");
}

/// The number of nodes, and up to six of them as squares.
fn write_replicas(out: &mut String, left: usize, y: usize, replicas: usize) {
    for index in 0..replicas.min(6) {
        let _ = writeln!(
            out,
            "<rect class=\"replica\" x=\"{}\" y=\"{}\" width=\"10\" height=\"10\" rx=\"2\"/>",
            left + 12 + index * 14,
            y - 9,
        );
    }
    let plural = if replicas == 1 { "" } else { "s" };
    let _ = writeln!(
        out,
        "<text class=\"detail\" x=\"{}\" y=\"{y}\">{replicas} node{plural}</text>",
        left + 18 + replicas.min(6) * 14,
    );
}

fn write_row(out: &mut String, layout: &Layout, row: &Row) {
    let status = row.status.name();
    let (x, y) = (row.from_x, row.y);
    let _ = writeln!(
        out,
        "<g class=\"edge {status}\" data-from=\"{}\" data-to=\"{}\" data-port=\"{}\" data-status=\"{status}\">\n\
         <title>{}</title>",
        party_name(Some(row.from)),
        party_name(row.to),
        row.port,
        text(&sentence(row)),
    );
    let label = shortened(&row.label, LABEL);
    let _ = writeln!(
        out,
        "<circle class=\"start\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>"
    );
    if let Some(to) = row.to_x {
        let rightwards = to > x;
        let tip = if rightwards { to - 1 } else { to + 1 };
        let _ = writeln!(out, "<path class=\"line\" d=\"M{x} {y}H{tip}\"/>");
        arrow(out, tip, y, rightwards);
        let middle = usize::midpoint(x, to);
        mark(out, row.status, middle, y);
        let room = if row.has_sign() { SIGN / 2 } else { 0 };
        centred(out, layout, "label", middle, y - 6 - room, &label);
        centred(out, layout, "remark", middle, y + 14 + room, &row.remark);
        out.push_str("</g>\n");
        return;
    }
    let words = if row.to.is_none() {
        format!("{label} → {}", shortened(&row.hosts.join(", "), LABEL))
    } else {
        label
    };
    let longest = words.chars().count().max(row.remark.chars().count()) * CHARACTER;
    // To the right, as one reads, unless only the left has the room.
    let rightwards = x + STUB + 12 + longest < layout.width || x < layout.width / 2;
    let end = if rightwards { x + STUB } else { x - STUB };
    if row.to.is_some() {
        let _ = writeln!(
            out,
            "<path class=\"line\" d=\"M{x} {}H{end}V{y}H{}\"/>",
            y - 10,
            if rightwards { x + 1 } else { x - 1 }
        );
        arrow(out, if rightwards { x + 1 } else { x - 1 }, y, !rightwards);
        mark(out, row.status, end, y - 5);
    } else {
        let _ = writeln!(out, "<path class=\"line\" d=\"M{x} {y}H{end}\"/>");
        mark(out, row.status, end, y);
    }
    let beside = if rightwards {
        end + 12
    } else {
        end.saturating_sub(12)
    };
    anchored(out, "label", beside, y - 3, rightwards, &words);
    anchored(out, "remark", beside, y + 12, rightwards, &row.remark);
    out.push_str("</g>\n");
}

/// A sign on a line, so that its meaning does not hang on its colour.
fn mark(out: &mut String, status: Status, x: usize, y: usize) {
    let sign = match status {
        Status::Broken => "✗",
        Status::Unknown => "?",
        Status::Resolves | Status::External => return,
    };
    let _ = writeln!(
        out,
        "<circle class=\"mark\" cx=\"{x}\" cy=\"{y}\" r=\"8\"/><text class=\"sign\" x=\"{x}\" y=\"{}\">{sign}</text>",
        y + 4
    );
}

fn arrow(out: &mut String, x: usize, y: usize, rightwards: bool) {
    let back = if rightwards { x - 8 } else { x + 8 };
    let _ = writeln!(
        out,
        "<path class=\"head\" d=\"M{x} {y}L{back} {}V{}Z\"/>",
        y - 4,
        y + 4
    );
}

/// A text around `middle`, moved so that it stays inside of the picture.
fn centred(out: &mut String, layout: &Layout, class: &str, middle: usize, y: usize, label: &str) {
    if label.is_empty() {
        return;
    }
    let half = label.chars().count() * CHARACTER / 2;
    let middle = if half * 2 + 16 >= layout.width {
        layout.width / 2
    } else {
        middle.clamp(half + 8, layout.width - half - 8)
    };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" text-anchor=\"middle\" x=\"{middle}\" y=\"{y}\">{}</text>",
        text(label)
    );
}

fn anchored(out: &mut String, class: &str, x: usize, y: usize, rightwards: bool, label: &str) {
    if label.is_empty() {
        return;
    }
    let anchor = if rightwards { "start" } else { "end" };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{}</text>",
        text(label)
    );
}

fn party_name(party: Option<Party>) -> &'static str {
    match party {
        Some(Party::Clients) => "clients",
        Some(Party::Outside) => "outside",
        Some(Party::Component(component)) => component.name(),
        None => "nowhere",
    }
}

fn sentence(row: &Row) -> String {
    let mut sentence = format!(
        "{} to {}: {} ({}), {}",
        party_name(Some(row.from)),
        party_name(row.to),
        row.label,
        row.hosts.join(", "),
        row.status.name(),
    );
    if !row.remark.is_empty() {
        let _ = write!(sentence, ". {}", row.remark);
    }
    sentence
}

fn write_table(out: &mut String, id: &str, layout: &Layout) {
    let _ = writeln!(
        out,
        "<details>\n<summary>The same as a table ({} connections)</summary>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Connections of {id}\">\n\
         <table>\n<thead><tr><th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\">Port</th>\
         <th scope=\"col\">Scheme</th><th scope=\"col\">Key</th><th scope=\"col\">Hosts</th><th scope=\"col\">Status</th></tr></thead>\n<tbody>",
        layout.rows.len()
    );
    for row in &layout.rows {
        let finding = row.finding.map_or_else(String::new, |at| {
            format!(" (<a href=\"#{id}-finding-{0}\">finding {0}</a>)", at + 1)
        });
        let sign = if row.status == Status::Broken {
            "✗ "
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<tr class=\"{status}\"><td>{}</td><td>{}</td><td class=\"number\">{}</td><td>{}</td><td><code>{}</code></td>\
             <td><code>{}</code></td><td>{sign}{status}{finding}</td></tr>",
            party_name(Some(row.from)),
            party_name(row.to),
            row.port,
            text(&row.scheme),
            text(&row.key),
            text(&row.hosts.join(", ")),
            status = row.status.name(),
        );
    }
    out.push_str("</tbody>\n</table>\n</div>\n</details>\n");
}
