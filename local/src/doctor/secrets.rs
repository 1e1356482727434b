//! The rules of the sources. No value is ever shown.

use aws_sdk_secretsmanager::Client;
use futures_util::future::join_all;
use tributary_gateway::{Rules, RulesError};
use tributary_normalize::SOURCES;

use super::report::{Report, State};
use crate::deployment::trouble::{Trouble, trouble};
use crate::deployment::{Deployment, Kind};

const FILL: &str = "put rules there: docs/deploy.md, Fill the secrets; a source that you do not use may stay so";

/// Where the rules of a source are.
enum Place {
    Secret(String),
    Text(String),
    Nowhere,
}

pub(super) async fn check(deployment: &Deployment, report: &mut Report) {
    let rules = join_all(SOURCES.iter().map(|source| rules(deployment, source.name()))).await;
    let (mut open, mut known) = (0, 0);
    for (source, rules) in SOURCES.iter().zip(rules) {
        let what = format!("rules of {}", source.name());
        if deployment.is_local() {
            report.not_here(&what);
            continue;
        }
        let (text, place) = match rules {
            Ok(Some(found)) => found,
            Ok(None) => {
                report.add(State::Warn, &what, "no variable names any", FILL);
                continue;
            }
            Err(trouble) => {
                report.trouble(&what, &trouble);
                continue;
            }
        };
        known += 1;
        match Rules::parse(&text) {
            Ok(rules) => {
                open += 1;
                report.ok(&what, format!("{place}: {}", rules.kinds().join(", ")));
            }
            Err(RulesError::Empty) => {
                report.add(State::Warn, &what, format!("{place}: none, so every request is answered 503"), FILL);
            }
            // Says where, and quotes nothing.
            Err(error) => report.add(State::Fail, &what, format!("{place}: {error}"), "put rules that can be read"),
        }
    }
    if known == SOURCES.len() && open == 0 {
        report.add(State::Fail, "rules", "no source lets anybody in", FILL);
    }
}

/// The rules of a source as text, and where they are; none where nothing names any.
async fn rules(deployment: &Deployment, source: &str) -> Result<Option<(String, String)>, Trouble> {
    if deployment.is_local() {
        return Ok(None);
    }
    Ok(match place(deployment, source) {
        Place::Secret(id) => Some((read(deployment, &id).await?, format!("secret {id}"))),
        Place::Text(text) => Some((text, "environment".to_owned())),
        Place::Nowhere => None,
    })
}

fn place(deployment: &Deployment, source: &str) -> Place {
    if let Kind::Stack(stack) = &deployment.kind {
        return Place::Secret(format!("{stack}/{source}"));
    }
    let variable = |name: &str| {
        std::env::var(format!("TRIBUTARY_{}_{name}", source.to_uppercase())).ok().filter(|value| !value.is_empty())
    };
    if let Some(id) = variable("SECRET_ID") {
        return Place::Secret(id);
    }
    let file = || std::fs::read_to_string(variable("AUTH_FILE")?).ok();
    variable("AUTH").or_else(file).map_or(Place::Nowhere, Place::Text)
}

async fn read(deployment: &Deployment, id: &str) -> Result<String, Trouble> {
    let Some(config) = &deployment.config else { return Ok(String::new()) };
    let output = Client::new(config).get_secret_value().secret_id(id).send().await;
    let output = output.map_err(|error| trouble(&format!("secretsmanager:GetSecretValue {id}"), &error))?;
    Ok(output.secret_string().unwrap_or_default().to_owned())
}
