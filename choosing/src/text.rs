//! A recommendation as text for a terminal.

use std::fmt;

use crate::recommend::Recommendation;

/// Columns of the table of sizes, besides the component.
const HEADS: [&str; 4] = ["regions", "nodes per region", "CPU each", "memory each"];

impl fmt::Display for Recommendation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for outcome in &self.outcomes {
            writeln!(f, "{:<12} {}", outcome.title, outcome.name)?;
            writeln!(f, "{:<12} {}", "", outcome.says)?;
        }
        list(f, "These answers do not go together", &self.conflicts)?;
        list(f, "Why", &self.because)?;
        writeln!(f, "\nSize")?;
        self.sizes(f)?;
        list(f, "What to watch", &self.watch)?;
        list(f, "Alternatives", &self.alternatives)?;
        writeln!(f, "\nCommands")?;
        for command in &self.commands {
            let run = command.run.replace('\n', "\n  ");
            writeln!(f, "  # {}\n  {run}", command.does)?;
        }
        Ok(())
    }
}

impl Recommendation {
    /// Components, and under them the sums; each column is as wide as its widest cell.
    fn sizes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![("component", HEADS.map(str::to_owned))];
        rows.extend(self.components.iter().map(|it| {
            let memory = format!("{} GB", it.memory);
            let numbers = [it.sites, it.nodes, it.cpu].map(|it| it.to_string());
            let [sites, nodes, cpu] = numbers;
            (it.title.as_str(), [sites, nodes, cpu, memory])
        }));
        let total = &self.total;
        rows.push((
            "all regions together",
            [
                String::new(),
                total.nodes.to_string(),
                total.cpu.to_string(),
                format!("{} GB", total.memory),
            ],
        ));
        let width = |column: usize| rows.iter().map(|(_, cells)| cells[column].len()).max();
        let widths = [0, 1, 2, 3].map(|column| width(column).unwrap_or_default());
        let first = rows.iter().map(|(title, _)| title.len()).max();
        let first = first.unwrap_or_default();
        for (title, cells) in &rows {
            write!(f, "  {title:<first$}")?;
            for (cell, width) in cells.iter().zip(widths) {
                write!(f, "  {cell:>width$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, texts: &[String]) -> fmt::Result {
    if texts.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    texts.iter().try_for_each(|text| writeln!(f, "  - {text}"))
}
