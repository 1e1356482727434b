//! `tributary doctor --deep`: what only a deployment shows, by looking and by requests of nobody.

mod api;
mod log;
mod roles;

use aws_config::SdkConfig;

use super::Found;
use super::report::Report;
use crate::deployment::Kind;

const NAMES: [&str; 4] = ["rights of the functions", "log", "first request after a rest", "time-outs"];

pub(super) async fn check(found: &Found, report: &mut Report) {
    let deployment = &found.deployment;
    match (&deployment.kind, &deployment.config) {
        (Kind::Local(_, url), _) => {
            api::check(url, report).await;
            NAMES.iter().for_each(|name| report.not_here(name));
        }
        (Kind::Stack(stack), Some(config)) => {
            match api::url(config, stack).await {
                Ok(url) => api::check(&url, report).await,
                Err(trouble) => report.trouble("api", &trouble),
            }
            roles::check(found, config, stack, report).await;
            log::check(config, stack, report).await;
        }
        // Refused by the command line.
        _ => {}
    }
}

fn region(config: &SdkConfig) -> &str {
    config.region().map_or("us-east-1", AsRef::as_ref)
}
