//! What a redrive of the quarantine found and did, in numbers.

use std::collections::BTreeMap;

use tributary_pipeline::Accepted;

use crate::table::table;

/// Counts of the parts of one source and reason.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Row {
    pub(super) parts: usize,
    /// Of which all is readable.
    pub(super) readable: usize,
    /// Of which some is.
    pub(super) partly: usize,
    pub(super) events: usize,
    pub(super) rejected: usize,
    pub(super) accepted: Accepted,
    /// Parts whose message is gone from the queue.
    pub(super) deleted: usize,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    rows: BTreeMap<(String, String), Row>,
    /// Why parts are still rejected: source, reason, place.
    stays: BTreeMap<(String, String, String), usize>,
    /// What could not be done.
    pub(super) failures: Vec<String>,
}

/// Most lines about what stays.
const MOST_LINES: usize = 20;

impl Tally {
    pub(super) fn row(&mut self, source: &str, reason: &str) -> &mut Row {
        self.rows.entry((if source.is_empty() { "-" } else { source }.to_owned(), reason.to_owned())).or_default()
    }

    pub(super) fn stays(&mut self, source: &str, reason: &str, detail: &str) {
        *self.stays.entry((source.to_owned(), reason.to_owned(), detail.to_owned())).or_default() += 1;
    }

    pub(super) fn sum(&self) -> Row {
        self.rows.values().fold(Row::default(), |sum, row| Row {
            parts: sum.parts + row.parts,
            readable: sum.readable + row.readable,
            partly: sum.partly + row.partly,
            events: sum.events + row.events,
            rejected: sum.rejected + row.rejected,
            accepted: Accepted {
                new: sum.accepted.new + row.accepted.new,
                duplicate: sum.accepted.duplicate + row.accepted.duplicate,
                left: sum.accepted.left + row.accepted.left,
                conflict: sum.accepted.conflict + row.accepted.conflict,
                ..Accepted::default()
            },
            deleted: sum.deleted + row.deleted,
        })
    }

    /// The table: what the code of today makes of it, and with `applied` what became of it.
    pub(super) fn table(&self, applied: bool) -> String {
        let mut header = vec!["source", "reason", "parts", "readable", "partly", "events", "still rejected"];
        if applied {
            header.extend(["new", "duplicate", "for the sweeper", "left quarantine"]);
        }
        let mut rows = vec![header.into_iter().map(str::to_owned).collect::<Vec<_>>()];
        for ((source, reason), row) in &self.rows {
            let mut numbers = vec![row.parts, row.readable, row.partly, row.events, row.rejected];
            if applied {
                numbers.extend([row.accepted.new, row.accepted.duplicate, row.accepted.left, row.deleted]);
            }
            let mut cells = vec![source.clone(), reason.clone()];
            cells.extend(numbers.iter().map(ToString::to_string));
            rows.push(cells);
        }
        table(&rows)
    }

    /// Why what stays stays.
    pub(super) fn reasons(&self) -> Vec<String> {
        let line = |((source, reason, detail), count): (&(String, String, String), &usize)| {
            let source = if source.is_empty() { "-" } else { source };
            format!("  {count} x {source}: {reason}: {detail}")
        };
        let mut lines: Vec<String> = self.stays.iter().take(MOST_LINES).map(line).collect();
        if self.stays.len() > MOST_LINES {
            lines.push(format!("  and {} more reasons", self.stays.len() - MOST_LINES));
        }
        lines
    }
}
