//! A model of the protocol between journal, claims and queue, searched state by state.
//!
//! What is modelled, what is not, the properties and the results: `docs/model.md`. The real code is
//! `tributary_pipeline` (`accept`, `drive`, `sweep`); phases and calls carry its names.
//!
//! - [`config`]: the order of calls, the vendor's deliveries, the times, how much may go wrong
//! - [`state`]: journal, claims, queue, spill queue, drivers, calls in flight, and the passing of time
//! - [`actions`]: what may happen next
//! - [`step`]: what it does
//! - [`properties`]: what must hold
//! - [`cases`]: the configurations searched, and what is expected of each
//! - [`search`]: a search and what it found

pub mod actions;
pub mod cases;
pub mod config;
pub mod properties;
pub mod search;
pub mod state;
pub mod step;
