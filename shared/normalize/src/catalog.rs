//! What a source knows: the rows of `tributary catalog`.

/// One vendor event as the vendor lists it, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The vendor's name of the channel or group.
    pub vendor_channel: &'static str,
    /// The vendor's name of the event.
    pub vendor_event: &'static str,
    /// The unified type; `{a|b}` where the body decides.
    pub kind: &'static str,
    /// The unified channel; `-` for none, words where the body decides.
    pub channel: &'static str,
}

impl Row {
    /// A row.
    #[must_use]
    pub const fn new(
        vendor_channel: &'static str,
        vendor_event: &'static str,
        kind: &'static str,
        channel: &'static str,
    ) -> Self {
        Self { vendor_channel, vendor_event, kind, channel }
    }

    /// Every type this row can give, with the braces of [`Row::kind`] spelled out.
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        self.kind
            .split(", ")
            .flat_map(|kind| match kind.split_once('{') {
                None => vec![kind.to_owned()],
                Some((head, tail)) => {
                    tail.trim_end_matches('}').split('|').map(|action| format!("{head}{action}")).collect()
                }
            })
            .collect()
    }
}
