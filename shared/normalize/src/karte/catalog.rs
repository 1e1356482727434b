//! Every vendor event known.

use crate::Row;

pub(super) const ROWS: &[Row] = &[];
