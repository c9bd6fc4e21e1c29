//! A recommendation as text for a terminal.

use std::fmt;

use crate::recommend::Recommendation;

impl fmt::Display for Recommendation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for outcome in &self.outcomes {
            writeln!(f, "{:<12} {}", outcome.title, outcome.name)?;
            writeln!(f, "{:<12} {}", "", outcome.says)?;
        }
        list(f, "These answers do not go together", &self.conflicts)?;
        list(f, "Why", &self.because)?;
        writeln!(
            f,
            "\nSize\n  {:<22} {:>7} {:>7} {:>7} {:>10}",
            "component", "regions", "nodes", "CPU", "memory"
        )?;
        for it in &self.components {
            let memory = format!("{} GB", it.memory);
            writeln!(
                f,
                "  {:<22} {:>7} {:>7} {:>7} {memory:>10}",
                it.title, it.sites, it.nodes, it.cpu
            )?;
        }
        let memory = format!("{} GB", self.total.memory);
        writeln!(
            f,
            "  {:<22} {:>7} {:>7} {:>7} {memory:>10}",
            "all", "", self.total.nodes, self.total.cpu
        )?;
        list(f, "What to watch", &self.watch)?;
        list(f, "What else would do", &self.alternatives)?;
        writeln!(f, "\nCommands")?;
        for command in &self.commands {
            let run = command.run.replace('\n', "\n  ");
            writeln!(f, "  # {}\n  {run}", command.does)?;
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
