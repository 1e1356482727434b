//! A table in plain text.

/// Rows with columns as wide as their widest cell, but the last, which is as long as it is.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Ids are long; tables are for eyes.
pub(crate) fn shorten(subject: &str) -> String {
    if subject.chars().count() <= 44 {
        return subject.to_owned();
    }
    subject.chars().take(43).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up() {
        let row = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(table(&[row(&["a", "é", "x"]), row(&["bcd", "", "yz"])]), "a    é  x\nbcd     yz\n");
    }
}
