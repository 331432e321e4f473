//! The lines of the comparison, and the table, the page and the JSON that they make.

use serde_json::{Value, json};

/// What is hoped for, of the median.
#[derive(Clone, Copy)]
pub enum Aim {
    AtMost(f64),
    AtLeast(f64),
    None,
}

/// What the numbers of a line are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ours through the peer's: less is better.
    Share,
    /// The peer's through ours: more is better.
    Times,
    /// With this unit.
    Amount(&'static str),
    /// Of things.
    Count,
}

pub struct Line {
    pub name: String,
    pub kind: Kind,
    pub aim: Aim,
    /// One of each pair, in rising order.
    values: Vec<f64>,
    /// What they are the ratios of, for who wants to look closer.
    pairs: Vec<(f64, f64)>,
    /// The same of the peer, where it is a count.
    peer: Option<f64>,
    /// Whether it is in the short table and the plot.
    pub is_short: bool,
}

impl Line {
    pub fn new(name: impl Into<String>, kind: Kind, aim: Aim, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { name: name.into(), kind, aim, values, pairs: Vec::new(), peer: None, is_short: false }
    }

    /// How many times as much ours took as the peer's, pair by pair: what disturbs a machine disturbs both.
    pub fn share<T>(name: impl Into<String>, aim: Aim, pairs: &[(T, T)], of: impl Fn(&T) -> f64) -> Self {
        let pairs: Vec<_> = pairs.iter().map(|(ours, peer)| (of(ours), of(peer))).collect();
        let values = pairs.iter().map(|(ours, peer)| ours / peer).collect();
        Self { pairs, ..Self::new(name, Kind::Share, aim, values) }
    }

    pub fn count(name: impl Into<String>, aim: Aim, ours: u64, peer: u64) -> Self {
        Self { peer: Some(peer as f64), ..Self::new(name, Kind::Count, aim, vec![ours as f64]) }
    }

    pub fn short(self) -> Self {
        Self { is_short: true, ..self }
    }

    pub fn median(&self) -> f64 {
        self.values[self.values.len() / 2]
    }

    /// The peer's count.
    pub fn peer(&self) -> Option<f64> {
        self.peer
    }

    pub fn lowest(&self) -> f64 {
        self.values[0]
    }

    pub fn highest(&self) -> f64 {
        self.values[self.values.len() - 1]
    }

    pub fn is_met(&self) -> bool {
        match self.aim {
            Aim::AtMost(most) => self.median() <= most,
            Aim::AtLeast(least) => self.median() >= least,
            Aim::None => true,
        }
    }

    /// The figure as it is quoted.
    pub fn figure(&self) -> String {
        let median = format(self.median());
        let range = if self.values.len() > 1 {
            format!(" ({} to {})", format(self.lowest()), format(self.highest()))
        } else {
            String::new()
        };
        match (self.kind, self.peer) {
            (Kind::Amount(unit), _) => format!("{median} {unit}{range}"),
            (Kind::Times, _) => format!("{median} ×{range}"),
            (_, Some(peer)) => format!("{median} beside {}", format(peer)),
            _ => format!("{median}{range}"),
        }
    }

    fn aim(&self) -> String {
        match self.aim {
            Aim::AtMost(most) => format!("≤ {most}"),
            Aim::AtLeast(least) => format!("≥ {least}"),
            Aim::None => "–".to_owned(),
        }
    }

    fn verdict(&self) -> &'static str {
        match (self.aim, self.is_met()) {
            (Aim::None, _) => "",
            (_, true) => "met",
            (_, false) => "**missed**",
        }
    }

    fn json(&self) -> Value {
        let (kind, unit) = match self.kind {
            Kind::Share => ("share of the peer", None),
            Kind::Times => ("times", None),
            Kind::Amount(unit) => ("amount", Some(unit)),
            Kind::Count => ("count", None),
        };
        let aim = match self.aim {
            Aim::AtMost(most) => json!({ "at_most": most }),
            Aim::AtLeast(least) => json!({ "at_least": least }),
            Aim::None => Value::Null,
        };
        json!({
            "name": self.name, "kind": kind, "unit": unit, "aim": aim, "met": self.is_met(),
            "median": self.median(), "lowest": self.lowest(), "highest": self.highest(), "values": self.values,
            "pairs": self.pairs, "peer": self.peer,
        })
    }
}

/// Three digits that count; whole numbers as they are.
fn format(value: f64) -> String {
    let digits = match value.abs() {
        value if value.fract() == 0.0 => 0,
        value if value < 1.0 => 3,
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

pub fn print(lines: &[Line]) {
    let width = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    for line in lines {
        println!("{:<width$}  {:<28} {:<8} {}", line.name, line.figure(), line.aim(), line.verdict().replace('*', ""));
    }
}

pub fn table<'a>(lines: impl Iterator<Item = &'a Line>) -> String {
    let mut table = "| | ours beside the peer's | aim | |\n|---|---|---|---|\n".to_owned();
    for line in lines {
        table += &format!("| {} | {} | {} | {} |\n", line.name, line.figure(), line.aim(), line.verdict());
    }
    table
}

/// For a reader who has little time: no aims.
pub fn short_table(lines: &[Line]) -> String {
    let mut table = "| | ours beside the peer's |\n|---|---|\n".to_owned();
    for line in lines.iter().filter(|line| line.is_short) {
        table += &format!("| {} | {} |\n", line.name, line.figure());
    }
    table
}

pub fn json(lines: &[Line], growth: &[Line], setting: &[(String, String)], pairs: usize) -> String {
    let setting: serde_json::Map<_, _> = setting.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let all = |lines: &[Line]| lines.iter().map(Line::json).collect::<Vec<_>>();
    let whole = json!({ "pairs": pairs, "setting": setting, "lines": all(lines), "growth": all(growth) });
    format!("{whole:#}\n")
}
