//! Quarantine messages read back: pieces, and the parts they make.

use serde::Deserialize;

use crate::quarantine::Quarantined;

/// One message of the quarantine queue: a part, or a numbered piece of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Names the part; its pieces have this in common.
    pub part: String,
    /// 1 to `pieces`.
    pub piece: usize,
    /// How many there are of the part.
    pub pieces: usize,
    /// The part, with this piece's bytes only.
    pub inner: Quarantined,
}

/// The message as it lies in the queue. What is not named here is left for people.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    source: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    content_type: String,
    #[serde(default)]
    received: String,
    reason: String,
    #[serde(default)]
    detail: String,
    part: String,
    piece: usize,
    pieces: usize,
    text: Option<String>,
    base64: Option<String>,
}

impl Piece {
    /// Reads a message; none if it is not one of ours, or damaged.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        let written: Written = serde_json::from_str(message).ok()?;
        let bytes = match (written.text, written.base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(base64)) => aws_smithy_types::base64::decode(base64).ok()?,
            _ => return None,
        };
        (1..=written.pieces).contains(&written.piece).then_some(Self {
            part: written.part,
            piece: written.piece,
            pieces: written.pieces,
            inner: Quarantined {
                source: written.source,
                path: written.path,
                content_type: written.content_type,
                received: written.received,
                reason: written.reason,
                detail: written.detail,
                part: bytes,
            },
        })
    }
}

/// Puts a part together. The same piece may be there twice: a send whose answer was lost is repeated.
///
/// # Errors
/// How many pieces are missing.
pub fn assemble(pieces: &[Piece]) -> Result<Quarantined, usize> {
    let count = pieces.first().map_or(1, |piece| piece.pieces);
    let found = |number: usize| pieces.iter().find(|piece| piece.piece == number && piece.pieces == count);
    let all: Vec<&Piece> = (1..=count).filter_map(found).collect();
    match all.first() {
        Some(first) if all.len() == count => {
            let part = all.iter().flat_map(|piece| piece.inner.part.iter().copied()).collect();
            Ok(Quarantined { part, ..first.inner.clone() })
        }
        _ => Err(count - all.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(bytes: Vec<u8>) -> Quarantined {
        Quarantined {
            source: "karte".into(),
            path: "/talk".into(),
            content_type: "application/json".into(),
            received: "2026-11-21T00:00:00.000Z".into(),
            reason: "not_json".into(),
            detail: "line 1 column 1".into(),
            part: bytes,
        }
    }

    #[test]
    fn what_was_put_in_comes_out_whatever_it_holds() {
        let large = (0..1_048_576_u32).map(|n| (n * 7 % 251) as u8).collect();
        for bytes in [Vec::new(), b"{\"a\":\"\xEF\xBF\xBF\\u0000\"}".to_vec(), vec![0xFF, 0, 7], large] {
            let part = part(bytes);
            let mut pieces: Vec<Piece> =
                part.messages("r", 3).iter().map(|message| Piece::parse(message).unwrap()).collect();
            assert!(pieces.iter().all(|piece| piece.part == "r/3"));
            pieces.reverse();
            pieces.push(pieces[0].clone());
            assert_eq!(assemble(&pieces), Ok(part));
        }
    }

    #[test]
    fn a_part_of_which_pieces_are_missing_is_none() {
        let messages = part(vec![b'x'; 400_000]).messages("r", 0);
        let pieces: Vec<Piece> = messages.iter().skip(1).map(|message| Piece::parse(message).unwrap()).collect();
        assert_eq!(assemble(&pieces), Err(1));
        assert_eq!(assemble(&[]), Err(1));
    }

    #[test]
    fn what_is_none_of_ours_is_no_piece() {
        let good = part(b"{}".to_vec()).messages("r", 0).remove(0);
        assert!(Piece::parse(&good).is_some());
        for foreign in [
            "{}".to_owned(),
            "hello".to_owned(),
            good.replace("\"text\"", "\"txt\""),
            good.replace("\"piece\":1", "\"piece\":2"),
            good.replace("\"piece\":1", "\"piece\":0"),
        ] {
            assert_eq!(Piece::parse(&foreign), None, "{foreign}");
        }
    }
}
