//! What must hold for any input at all, checked by the fuzz targets and by the test that replays the corpus.
//!
//! An input is text with a head: see [`source`] and `gateway`.

#[cfg(feature = "gateway")]
pub mod gateway;
pub mod message;
pub mod parts;
pub mod source;
