//! The sites of a deployment as boxes, and what goes from one to another.

use std::collections::BTreeMap;

use super::{
    super::{Crossing, Profile, Report},
    columns::{Column, Party, of_sites},
    layout::{Layout, Row, Status, Texts},
    picture,
};

/// Writes the picture of the sites, where there are several.
pub(super) fn write(out: &mut String, report: &Report) {
    let sites: Vec<(&str, &Profile)> = report
        .profiles
        .iter()
        .filter_map(|profile| Some((profile.site.as_deref()?, profile)))
        .collect();
    if sites.len() < 2 {
        return;
    }
    out.push_str(
        "<section id=\"sites\" class=\"pattern\" aria-labelledby=\"sites-title\">\n<h2 id=\"sites-title\">Sites</h2>\n",
    );
    picture::write_layout(out, "the sites", &layout(&sites));
    out.push_str("</section>\n");
}

/// Sites side by side, with a row for everything that crosses between two of them on one port.
fn layout(sites: &[(&str, &Profile)]) -> Layout {
    let columns = of_sites(sites.iter().copied());
    let mut crossing: BTreeMap<_, Vec<&Crossing>> = BTreeMap::new();
    for (site, profile) in sites {
        for one in &profile.topology.crossings {
            let key = (*site, one.site.as_str(), one.from, one.to, one.port);
            crossing.entry(key).or_default().push(one);
        }
    }
    let rows = crossing.values().zip(crossing.keys());
    let rows = rows.map(|(all, (from, ..))| row(from, all, &columns));
    let rows: Vec<Row> = rows.flatten().collect();
    Layout::arranged(columns, rows)
}

fn row(from: &str, all: &[&Crossing], columns: &[Column]) -> Option<Row> {
    let one = all.first()?;
    let x_of = |name: &str| {
        let mut columns = columns.iter();
        columns
            .find(|column| column.party.name() == name)
            .map(|column| column.x)
    };
    let mut hosts: Vec<String> = all.iter().map(|one| one.host.clone()).collect();
    hosts.dedup();
    let count = match hosts.len() {
        0 | 1 => String::new(),
        many => format!(" × {many}"),
    };
    Some(Row {
        from: Party::Site(from.to_owned()),
        to: Some(Party::Site(one.site.clone())),
        from_x: x_of(from)?,
        to_x: x_of(&one.site),
        y: 0,
        status: Status::Resolves,
        label: format!(
            "{} {} to {}{count}",
            one.port,
            one.from.title(),
            one.to.title()
        ),
        remark: String::new(),
        hosts,
        port: one.port,
        scheme: String::new(),
        key: one.file.clone(),
        finding: None,
        texts: Texts::default(),
    })
}
