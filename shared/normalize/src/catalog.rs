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

/// A URL to give to the vendor, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Url {
    /// The vendor's name of the channel or group, as its console has it.
    pub channel: &'static str,
    /// The path after the source, without a slash at either end; empty if the source's own path is it.
    pub path: &'static str,
    /// Events of the channel whose bodies do not tell what they are: each has a URL of its own, the event as one more
    /// segment.
    pub own: &'static [&'static str],
}

impl Url {
    /// A URL.
    #[must_use]
    pub const fn new(channel: &'static str, path: &'static str, own: &'static [&'static str]) -> Self {
        Self { channel, path, own }
    }
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
