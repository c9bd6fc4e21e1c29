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
    // Servers beside API Manager are in a site, and none of their own.
    let profiles = report.profiles.iter();
    let sites: Vec<(&str, &Profile)> = profiles
        .filter(|profile| profile.pattern.distribution().is_none())
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

#[cfg(test)]
mod tests {
    use super::layout;
    use crate::{
        component::Component,
        report::{Crossing, Profile, ProfileResult, Statistics, Topology},
    };
    use am_product::Pattern;

    fn site(name: &str, crossings: &[(&str, &str)]) -> Profile {
        let gateway = Component::from_name("gateway").expect("a component");
        let crossing = |&(site, host): &(&str, &str)| Crossing {
            from: gateway,
            site: site.into(),
            to: gateway,
            host: host.into(),
            port: 5672,
            file: "deployment.toml".into(),
        };
        Profile {
            name: name.into(),
            pattern: Pattern::Numbered(3),
            site: Some(name.into()),
            result: ProfileResult::Success,
            summary: String::new(),
            statistics: Statistics::default(),
            seconds: None,
            notes: Vec::new(),
            subjects: Vec::new(),
            topology: Topology {
                crossings: crossings.iter().map(crossing).collect(),
                ..Topology::default()
            },
        }
    }

    #[test]
    fn what_crosses_is_one_arrow_for_each_port_and_pair_of_sites() {
        let eu = site("eu", &[("us", "cp-0.us"), ("us", "cp-1.us")]);
        let us = site("us", &[("eu", "cp-0.eu")]);
        let layout = layout(&[("eu", &eu), ("us", &us)]);
        assert_eq!(layout.columns.len(), 2);
        let rows: Vec<_> = layout.rows().collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].hosts, ["cp-0.us", "cp-1.us"]);
        assert!(rows[0].label.ends_with("× 2"), "{}", rows[0].label);
        assert!(rows[0].to_x > Some(rows[0].from_x) && rows[1].to_x < Some(rows[1].from_x));
    }
}
