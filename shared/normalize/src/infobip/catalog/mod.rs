//! Every vendor event known, by area, as the vendor's own list names them.

mod beyond;
mod email;
mod engagement;
mod messaging;
mod platform;
mod voice;

use crate::Row;

/// What a delivery report can become: the status group decides.
const DELIVERY_REPORT: &str =
    "message.{queued|sent|delivered|undelivered|bounced|deferred|expired|rejected|suppressed}";

const AREAS: [&[Row]; 6] = [messaging::ROWS, email::ROWS, voice::ROWS, engagement::ROWS, platform::ROWS, beyond::ROWS];

pub(super) const ROWS: &[Row] = &join::<{ count() }>();

const fn count() -> usize {
    let mut rows = 0;
    let mut area = 0;
    while area < AREAS.len() {
        rows += AREAS[area].len();
        area += 1;
    }
    rows
}

const fn join<const N: usize>() -> [Row; N] {
    let mut rows = [Row::new("", "", "", ""); N];
    let mut at = 0;
    let mut area = 0;
    while area < AREAS.len() {
        let mut row = 0;
        while row < AREAS[area].len() {
            rows[at] = AREAS[area][row];
            at += 1;
            row += 1;
        }
        area += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tributary_events::EventType;

    use super::*;

    #[test]
    fn every_row_is_one_and_names_types_we_have() {
        let mut seen = HashSet::new();
        for row in ROWS {
            assert!(seen.insert((row.vendor_channel, row.vendor_event)), "{row:?} twice");
            for kind in row.kinds() {
                assert!(EventType::from_name(&kind).is_some(), "{row:?}: {kind}");
            }
        }
    }

    #[test]
    fn the_vendors_list_is_whole() {
        let listed = ROWS.iter().filter(|row| row.vendor_channel != "beyond the list").count();
        assert_eq!(listed, 160);
    }
}
