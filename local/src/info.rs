//! What the local gateway tells of itself at `GET /_local`, for the other commands and for scripts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where tables and queues are. They are on other ports after a restart.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Info {
    pub(crate) region: String,
    pub(crate) endpoints: Endpoints,
    pub(crate) tables: Tables,
    pub(crate) queues: Queues,
    /// Rules of the sources that use those everybody knows; never any from the environment.
    pub(crate) auth: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) dynamodb: String,
    pub(crate) sqs: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tables {
    pub(crate) journal: String,
    pub(crate) claims: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Queues {
    pub(crate) events: String,
    pub(crate) dead_letters: String,
    pub(crate) quarantine: String,
    pub(crate) spill: String,
}
