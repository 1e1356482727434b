//! Inflating a body, within limits.

use std::borrow::Cow;
use std::io::Read;

/// Why a body cannot be inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inflate {
    /// It would be larger than the limit.
    TooLarge,
    /// It is damaged, or encoded in a way we do not know: authentic all the same.
    Unreadable,
}

/// The body without its `Content-Encoding`. `limit` is the most bytes it may inflate to.
pub(crate) fn inflate<'a>(body: &'a [u8], encoding: &str, limit: usize) -> Result<Cow<'a, [u8]>, Inflate> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(Cow::Borrowed(body)),
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(body), limit),
        "deflate" => {
            let mut decoder = flate2::read::ZlibDecoder::new(body);
            let inflated = read(&mut decoder, limit)?;
            // What follows the end would be lost.
            let all = usize::try_from(decoder.total_in()).is_ok_and(|read| read == body.len());
            if all { Ok(inflated) } else { Err(Inflate::Unreadable) }
        }
        _ => Err(Inflate::Unreadable),
    }
}

fn read<'a>(decoder: impl Read, limit: usize) -> Result<Cow<'a, [u8]>, Inflate> {
    let mut out = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    decoder.take(most.saturating_add(1)).read_to_end(&mut out).map_err(|_| Inflate::Unreadable)?;
    if out.len() > limit { Err(Inflate::TooLarge) } else { Ok(Cow::Owned(out)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bodies_inflate_up_to_the_limit_and_no_further() {
        assert_eq!(inflate(b"{}", "", 10).unwrap(), Cow::Borrowed(b"{}"));
        assert_eq!(inflate(&gzip(b"{\"a\":1}"), "GZIP", 7).unwrap().as_ref(), b"{\"a\":1}");
        assert_eq!(inflate(&gzip(b"{\"a\":1}"), "gzip", 6), Err(Inflate::TooLarge));
        let bomb = gzip(&vec![0; 50_000_000]);
        assert!(bomb.len() < 60_000);
        assert_eq!(inflate(&bomb, "gzip", 8 << 20), Err(Inflate::TooLarge));
    }

    #[test]
    fn damage_and_unknown_encodings_are_unreadable() {
        assert_eq!(inflate(b"no gzip", "gzip", 100), Err(Inflate::Unreadable));
        let cut = gzip(b"{\"a\":1}");
        assert_eq!(inflate(&cut[..cut.len() - 3], "gzip", 100), Err(Inflate::Unreadable));
        assert_eq!(inflate(b"{}", "br", 100), Err(Inflate::Unreadable));
    }
}
