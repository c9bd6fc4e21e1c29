//! `releases.yaml`: what each release changed, and the version of the charts that follows from it.

use semver::Version as SemVer;
use serde::Deserialize;

use crate::yaml::Text;

/// A release of the charts and of what makes and checks them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// SemVer version without build metadata, such as `1.2.0` or `1.2.0-rc.1`.
    pub version: Text,
    /// Day of the release, `YYYY-MM-DD`; nothing while it is still being worked on.
    #[serde(default)]
    pub date: Option<Text>,
    /// One sentence about the whole.
    #[serde(default)]
    pub summary: Option<String>,
    /// What is different from the release before.
    pub changes: Vec<Change>,
}

/// One change, as its readers see it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Change {
    /// What sort of change.
    pub kind: Kind,
    /// Whose change: only those of the charts are told in a chart's annotations.
    pub of: Subject,
    /// What changed, as Markdown without links.
    pub text: String,
    /// Files of the repository that say more.
    #[serde(default)]
    pub see: Vec<Text>,
}

/// The sorts of changes of "Keep a Changelog", which Artifact Hub knows by the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// New.
    Added,
    /// Works in another way.
    Changed,
    /// Will go.
    Deprecated,
    /// Gone.
    Removed,
    /// Was wrong.
    Fixed,
    /// Was a danger.
    Security,
}

impl Kind {
    /// All kinds, in the order in which a changelog lists them.
    pub const ALL: [Self; 6] = [
        Self::Added,
        Self::Changed,
        Self::Deprecated,
        Self::Removed,
        Self::Fixed,
        Self::Security,
    ];

    /// The word of Artifact Hub.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Deprecated => "deprecated",
            Self::Removed => "removed",
            Self::Fixed => "fixed",
            Self::Security => "security",
        }
    }

    /// The heading of a changelog.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Deprecated => "Deprecated",
            Self::Removed => "Removed",
            Self::Fixed => "Fixed",
            Self::Security => "Security",
        }
    }
}

/// Whom a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Who installs the charts of API Manager.
    Charts,
    /// Who installs the charts of products beside it.
    Integrations,
    /// Who checks charts with the suite, or works on this repository.
    Project,
}

impl Release {
    /// The changes that somebody is told.
    pub fn told_to(&self, subject: Subject) -> impl Iterator<Item = &Change> {
        let changes = self.changes.iter();
        changes.filter(move |change| change.of == subject)
    }

    /// Whether it closes a hole in their charts.
    pub fn is_security_update(&self, subject: Subject) -> bool {
        self.told_to(subject)
            .any(|change| change.kind == Kind::Security)
    }

    /// Whether it comes before a release, as its version says.
    pub fn is_prerelease(&self) -> bool {
        SemVer::parse(&self.version.value).is_ok_and(|version| !version.pre.is_empty())
    }
}

/// Seconds from 1970 to the beginning of a day, `YYYY-MM-DD` in UTC; `None` for what is no such day.
pub fn seconds_of_day(text: &str) -> Option<u64> {
    const DAY: u64 = 24 * 60 * 60;
    let mut parts = text.split('-');
    let mut number = |digits: usize| -> Option<u64> {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| part.parse().ok())
            .flatten()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() || year < 1970 {
        return None;
    }
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let of_month = |month: u64| match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if day == 0 || day > of_month(month) {
        return None;
    }
    let years: u64 = (1970..year)
        .map(|year| 365 + u64::from(is_leap(year)))
        .sum();
    let months: u64 = (1..month).map(of_month).sum();
    Some((years + months + day - 1) * DAY)
}

/// Each number of a release and the last two of a product version are below this one.
pub(crate) const LIMIT: u64 = 100;

/// The version of a chart: the product's first two numbers, and as third the product's third and the release's three, two digits
/// each. `4.7.0` and `1.2.3` make `4.7.10203`. Different pairs make different versions; versions are ordered by product version,
/// then by release.
///
/// `None` for what is no SemVer version, has build metadata, or has a number that needs more digits.
pub fn chart_version(product: &str, release: &str) -> Option<String> {
    let product = SemVer::parse(product).ok()?;
    let release = SemVer::parse(release).ok()?;
    let fits = product.patch < LIMIT
        && [release.major, release.minor, release.patch]
            .iter()
            .all(|number| *number < LIMIT);
    let is_plain = product.pre.is_empty() && product.build.is_empty() && release.build.is_empty();
    if !fits || !is_plain {
        return None;
    }
    let third = [product.patch, release.major, release.minor, release.patch]
        .iter()
        .fold(0, |all, number| all * LIMIT + number);
    Some(
        SemVer {
            pre: release.pre,
            ..SemVer::new(product.major, product.minor, third)
        }
        .to_string(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use semver::Version as SemVer;

    use super::{chart_version, seconds_of_day};

    #[test]
    fn days_are_counted_from_1970() {
        for (day, seconds) in [
            ("1970-01-01", Some(0)),
            ("2000-03-01", Some(951_868_800)),
            ("2024-02-29", Some(1_709_164_800)),
            ("2026-11-29", Some(1_795_910_400)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-1-1", None),
            ("2026-01-01-01", None),
            ("soon", None),
        ] {
            assert_eq!(seconds_of_day(day), seconds, "{day}");
        }
    }

    #[test]
    fn both_versions_can_be_read_off() {
        for (product, release, chart) in [
            ("4.7.0", "0.1.0", "4.7.100"),
            ("4.5.0", "0.1.0", "4.5.100"),
            ("4.7.0", "1.0.0", "4.7.10000"),
            ("4.7.0", "12.3.4", "4.7.120304"),
            ("4.7.1", "1.2.3", "4.7.1010203"),
            ("4.7.0", "1.0.0-rc.1", "4.7.10000-rc.1"),
        ] {
            assert_eq!(chart_version(product, release).as_deref(), Some(chart));
        }
    }

    #[test]
    fn what_would_need_more_digits_has_no_version() {
        for (product, release) in [
            ("4.7.0", "1.100.0"),
            ("4.7.100", "1.0.0"),
            ("4.7.0", "1.0"),
            ("4.7", "1.0.0"),
            ("4.7.0", "1.0.0+build"),
            ("4.7.0-beta", "1.0.0"),
        ] {
            assert_eq!(chart_version(product, release), None, "{product} {release}");
        }
    }

    fn version(limits: [u64; 3]) -> impl Strategy<Value = SemVer> {
        (0..limits[0], 0..limits[1], 0..limits[2])
            .prop_map(|(major, minor, patch)| SemVer::new(major, minor, patch))
    }

    proptest! {
        /// The order of chart versions is that of (product version, release): so no two meet, and no upgrade is a downgrade.
        #[test]
        fn order_is_kept(
            one in (version([9, 30, 100]), version([100, 100, 100])),
            other in (version([9, 30, 100]), version([100, 100, 100])),
        ) {
            let chart = |(product, release): &(SemVer, SemVer)| {
                let text = chart_version(&product.to_string(), &release.to_string());
                text.and_then(|text| SemVer::parse(&text).ok())
            };
            let (of_one, of_other) = (chart(&one), chart(&other));
            prop_assert!(of_one.is_some() && of_other.is_some());
            prop_assert_eq!(of_one.cmp(&of_other), one.cmp(&other));
        }
    }
}
