//! `tributary env`

use std::process::ExitCode;

use crate::cli::{Env, print};
use crate::deployment::gateway;
use crate::info::Info;

pub(crate) async fn run(options: &Env) -> Result<ExitCode, String> {
    for (name, value) in variables(&gateway::info(&options.local).await?) {
        print(&format!("export {name}={}", quoted(&value)));
    }
    Ok(ExitCode::SUCCESS)
}

/// What a function reads, and what makes the SDK talk to the stand-ins.
fn variables(info: &Info) -> Vec<(String, String)> {
    let Info { region, endpoints, tables, queues, auth } = info;
    let fixed = [
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb),
        ("AWS_ENDPOINT_URL_SQS", &endpoints.sqs),
        ("AWS_REGION", region),
        // Must be there to be sent; nobody checks them.
        ("AWS_ACCESS_KEY_ID", &"local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", &"local".to_owned()),
        ("TRIBUTARY_JOURNAL_TABLE", &tables.journal),
        ("TRIBUTARY_CLAIMS_TABLE", &tables.claims),
        ("TRIBUTARY_QUEUE_URL", &queues.events),
        ("TRIBUTARY_QUARANTINE_URL", &queues.quarantine),
        ("TRIBUTARY_SPILL_URL", &queues.spill),
    ]
    .map(|(name, value)| (name.to_owned(), value.clone()));
    let rules = auth.iter().flat_map(|(source, rules)| {
        let variable = |name| format!("TRIBUTARY_{}_{name}", source.to_uppercase());
        // A secret's name, which the template sets, would be preferred to the rules.
        [(variable("AUTH"), rules.to_string()), (variable("SECRET_ID"), String::new())]
    });
    fixed.into_iter().chain(rules).collect()
}

/// A word for a POSIX shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_quote_within_is_safe() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
