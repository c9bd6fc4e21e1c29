//! A pattern's topology as inline SVG, and as a table that says the same.

use std::fmt::Write as _;

use super::{
    super::{FindingGroup, Profile},
    columns::{CHARACTER, Column, MARGIN, PADDING, Party},
    escape::text,
    layout::{BOX_SPACE, Band, LINE, Layout, Row, SIGN, STUB, Status},
};

/// Writes the picture of `profile` and its table; `groups` are the pattern's findings.
pub(super) fn write(out: &mut String, profile: &Profile, groups: &[&FindingGroup<'_>]) {
    let layout = Layout::new(&profile.topology, groups);
    out.push_str("<h3>Topology</h3>\n");
    write_layout(out, &text(&profile.name), &layout);
}

/// Writes a picture and its table.
pub(super) fn write_layout(out: &mut String, id: &str, layout: &Layout) {
    let count = layout.rows().count();
    let broken = layout
        .rows()
        .filter(|row| row.status == Status::Broken)
        .count();
    let _ = writeln!(
        out,
        "<figure class=\"topology\">\n\
         <p class=\"narrow\">Scroll the picture sideways, or read the table below it.</p>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Topology of {id}\">\n\
         <div class=\"picture\" role=\"img\" aria-label=\"Topology of {id}: {count} connections, {broken} broken. The table below lists them.\">",
    );
    open_svg(out, layout.width, 0, layout.top + layout.box_height);
    for column in &layout.columns {
        write_box(out, layout, column);
    }
    out.push_str("</svg>\n");
    for band in &layout.bands {
        write_band(out, layout, band);
    }
    out.push_str("</div>\n</div>\n");
    legend(out);
    write_table(out, id, layout);
    out.push_str("</figure>\n");
}

/// The whole picture as one SVG document with its style sheet.
pub(super) fn standalone(profile: &Profile, style: &str) -> String {
    let layout = Layout::new(&profile.topology, &[]);
    let boxes = layout.top + layout.box_height;
    let height = layout
        .bands
        .last()
        .map_or(boxes, |band| band.top + band.height);
    let width = layout.width;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" class=\"topology\">\n<title>Topology of {}</title>\n<style>\n{}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" style=\"fill: var(--page)\"/>",
        text(&profile.name),
        text(style),
    );
    for column in &layout.columns {
        write_box(&mut out, &layout, column);
    }
    for (index, band) in layout.bands.iter().enumerate() {
        let top = if index == 0 { boxes } else { band.top };
        write_rows(&mut out, &layout, band, top);
    }
    out.push_str("</svg>\n");
    out
}

/// A piece of the picture. All pieces have the width of the whole and touch each other.
fn open_svg(out: &mut String, width: usize, top: usize, height: usize) {
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {top} {width} {height}\" width=\"{width}\" height=\"{height}\" \
         aria-hidden=\"true\">"
    );
}

fn legend(out: &mut String) {
    out.push_str(
        "<figcaption>Each arrow is a connection from a configuration file, with its port, scheme and key. \
         <span class=\"key resolved\">solid: resolved</span> · <span class=\"key external\">dash-dotted: external, as declared</span> · \
         <span class=\"key unknown\">dotted with ?: unknown</span> · <span class=\"key broken\">dashed with ✗: broken</span></figcaption>\n",
    );
}

fn write_band(out: &mut String, layout: &Layout, band: &Band) {
    // The space above the first piece belongs to it.
    let top = match layout.bands.first() {
        Some(first) if std::ptr::eq(first, band) => layout.top + layout.box_height,
        _ => band.top,
    };
    let bottom = band.top + band.height;
    open_svg(out, layout.width, top, bottom - top);
    write_rows(out, layout, band, top);
    out.push_str("</svg>\n");
}

/// The connections of a band, on lines that begin at `top`.
fn write_rows(out: &mut String, layout: &Layout, band: &Band, top: usize) {
    let bottom = band.top + band.height;
    for column in &layout.columns {
        let _ = writeln!(
            out,
            "<line class=\"lifeline\" x1=\"{x}\" x2=\"{x}\" y1=\"{top}\" y2=\"{bottom}\"/>",
            x = column.x,
        );
    }
    for row in &band.rows {
        write_row(out, layout, row);
    }
}

fn write_box(out: &mut String, layout: &Layout, column: &Column) {
    let class = match column.party {
        Party::Host(_) => "host",
        Party::Component(_) => "component",
        Party::Site(_) => "component site",
    };
    let left = column.left();
    // A host's box is as high as its name, and stands where its connections begin.
    let top = match column.party {
        Party::Host(_) => {
            let lines = column.title.len() + column.lines.len();
            layout.top + layout.box_height - (BOX_SPACE / 2 + lines * LINE)
        }
        Party::Component(_) | Party::Site(_) => layout.top,
    };
    let bottom = layout.top + layout.box_height;
    let _ = writeln!(
        out,
        "<g class=\"node {class}\" data-node=\"{}\">\n\
         <rect x=\"{left}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
        text(column.party.name()),
        top,
        column.width,
        // The lower edge is drawn inside.
        bottom - top - 1,
    );
    let x = left + PADDING;
    let mut y = top + 8;
    for line in &column.title {
        y += LINE;
        let _ = writeln!(
            out,
            "<text class=\"title\" x=\"{x}\" y=\"{y}\">{}</text>",
            text(line)
        );
    }
    y += 4;
    if let Some(replicas) = column.replicas {
        y += LINE;
        write_replicas(out, left, y, replicas);
    }
    for line in &column.lines {
        y += LINE;
        let _ = writeln!(
            out,
            "<text class=\"detail\" x=\"{x}\" y=\"{y}\">{}</text>",
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
        text(row.from.name()),
        text(name_of(row.to.as_ref())),
        row.port,
        text(&sentence(row)),
    );
    let _ = writeln!(
        out,
        "<circle class=\"start\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>"
    );
    match row.to_x {
        Some(to) => write_arrow(out, layout, row, to),
        None => write_stub(out, row),
    }
    out.push_str("</g>\n");
}

/// A connection to another column, its texts above and below the middle.
fn write_arrow(out: &mut String, layout: &Layout, row: &Row, to: usize) {
    let (x, y) = (row.from_x, row.y);
    let rightwards = to > x;
    let tip = if rightwards { to - 1 } else { to + 1 };
    let _ = writeln!(out, "<path class=\"line\" d=\"M{x} {y}H{tip}\"/>");
    arrow(out, tip, y, rightwards);
    let middle = usize::midpoint(x, to);
    mark(out, row.status, middle, y);
    let room = if row.has_sign() { SIGN / 2 } else { 0 };
    let lines = row.texts.label.iter().rev().enumerate();
    for (index, line) in lines {
        centred(
            out,
            layout,
            "label",
            middle,
            y - 6 - room - index * LINE,
            line,
        );
    }
    for (index, line) in row.texts.remark.iter().enumerate() {
        centred(
            out,
            layout,
            "remark",
            middle,
            y + 14 + room + index * LINE,
            line,
        );
    }
}

/// A connection that leads back, or nowhere: then the host that it names stands at its end.
fn write_stub(out: &mut String, row: &Row) {
    let (x, y) = (row.from_x, row.y);
    let texts = &row.texts;
    let rightwards = texts.rightwards;
    let end = if rightwards { x + STUB } else { x - STUB };
    let beside = if rightwards {
        end + PADDING
    } else {
        end - PADDING
    };
    let mut room = 0;
    if texts.end.is_empty() {
        let back = if rightwards { x + 1 } else { x - 1 };
        let _ = writeln!(
            out,
            "<path class=\"line\" d=\"M{x} {}H{end}V{y}H{back}\"/>",
            y - 10,
        );
        arrow(out, back, y, !rightwards);
        mark(out, row.status, end, y - 5);
    } else {
        let _ = writeln!(out, "<path class=\"line\" d=\"M{x} {y}H{beside}\"/>");
        mark(out, row.status, usize::midpoint(x, end), y);
        room = texts.end.len() * LINE / 2;
        write_end(out, &texts.end, beside, y - room, rightwards);
    }
    for (index, line) in texts.label.iter().rev().enumerate() {
        anchored(
            out,
            "label",
            beside,
            y - 3 - room - index * LINE,
            rightwards,
            line,
        );
    }
    for (index, line) in texts.remark.iter().enumerate() {
        anchored(
            out,
            "remark",
            beside,
            y + 12 + room + index * LINE,
            rightwards,
            line,
        );
    }
}

/// The box of a host at the end of a connection.
fn write_end(out: &mut String, lines: &[String], beside: usize, top: usize, rightwards: bool) {
    let longest = lines.iter().map(|line| line.chars().count()).max();
    let width = (longest.unwrap_or(0) + 2) * CHARACTER;
    let left = if rightwards { beside } else { beside - width };
    let _ = writeln!(
        out,
        "<rect class=\"end\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" rx=\"4\"/>",
        lines.len() * LINE + 2
    );
    for (index, line) in lines.iter().enumerate() {
        let y = top + LINE * (index + 1) - 3;
        anchored(out, "host", left + CHARACTER, y, true, line);
    }
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
    let half = (label.chars().count() * CHARACTER).div_ceil(2);
    let least = MARGIN / 2 + half;
    let middle = middle.clamp(least, (layout.width - MARGIN / 2 - half).max(least));
    let _ = writeln!(
        out,
        "<text class=\"{class}\" text-anchor=\"middle\" x=\"{middle}\" y=\"{y}\">{}</text>",
        text(label)
    );
}

fn anchored(out: &mut String, class: &str, x: usize, y: usize, rightwards: bool, label: &str) {
    let anchor = if rightwards { "start" } else { "end" };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{}</text>",
        text(label)
    );
}

fn name_of(party: Option<&Party>) -> &str {
    party.map_or("nowhere", Party::name)
}

fn sentence(row: &Row) -> String {
    let mut sentence = format!(
        "{} to {}: {} ({}), {}",
        row.from.name(),
        name_of(row.to.as_ref()),
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
        layout.rows().count()
    );
    for row in layout.rows() {
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
            "<tr class=\"{status}\"><td data-label=\"From\">{}</td><td data-label=\"To\">{}</td>\
             <td class=\"number\" data-label=\"Port\">{}</td><td data-label=\"Scheme\">{}</td>\
             <td data-label=\"Key\"><code>{}</code></td><td data-label=\"Hosts\"><code>{}</code></td>\
             <td data-label=\"Status\">{sign}{status}{finding}</td></tr>",
            text(row.from.name()),
            text(name_of(row.to.as_ref())),
            row.port,
            text(&row.scheme),
            text(&row.key),
            text(&row.hosts.join(", ")),
            status = row.status.name(),
        );
    }
    out.push_str("</tbody>\n</table>\n</div>\n</details>\n");
}
