#![doc = include_str!("../README.md")]

mod api;
mod config;
mod cursor;

mod lambda;
mod open_api;
mod page;
mod poll;
mod report;
mod store;

pub use api::{Answer, Api, ApiError, Feed, Quota, State};
pub use config::{Credentials, CredentialsError, Scope};
pub use cursor::{Cursor, Cursors};
pub use lambda::serve;
pub use open_api::{ClientError, OpenApi};
pub use poll::{Pace, Poller};
pub use report::{Ended, Report};
pub use store::DynamoCursors;
