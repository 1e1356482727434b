//! What the functions may do, read from their roles by IAM's simulation: nothing is tried.

use aws_config::SdkConfig;
use http::Request;
use serde_json::Value;
use tributary_normalize::SOURCES;

use super::region;
use crate::cli::Queue;
use crate::deployment::plain::{self, IAM, LAMBDA};
use crate::deployment::trouble::{Trouble, Why};
use crate::doctor::Found;
use crate::doctor::report::{Report, State};

/// What each function does, which CI holds to the template.
const GRANTS: &str = include_str!("grants.txt");
/// A claim that could be changed would let an event through twice.
const FORBIDDEN: [&str; 5] = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLUpdate",
];
const POLLER: &str = "channeltalk-poll";

pub(super) async fn check(found: &Found, config: &SdkConfig, stack: &str, report: &mut Report) {
    let sources = SOURCES.iter().map(|source| (source.name(), "source"));
    for (function, kind) in sources.chain([("sweeper", "sweeper"), (POLLER, POLLER)]) {
        let what = format!("rights of {function}");
        let role = match role(config, &format!("{stack}-{function}")).await {
            Ok(role) => role,
            // Made only with a schedule.
            Err(trouble) if function == POLLER && trouble.why == Why::Missing => continue,
            Err(trouble) => {
                report.trouble(&what, &trouble);
                continue;
            }
        };
        match judge(found, config, stack, function, kind, &role).await {
            Ok(wrong) if wrong.is_empty() => report.ok(&what, "all it needs, and no change of claims"),
            Ok(wrong) => {
                let todo = "deploy the template again, and look for what was changed by hand";
                report.add(State::Fail, &what, wrong.join("; "), todo);
            }
            Err(trouble) => report.trouble(&what, &trouble),
        }
    }
}

/// The ARN of a function's role.
async fn role(config: &SdkConfig, function: &str) -> Result<String, Trouble> {
    let path = format!("/2015-03-31/functions/{function}/configuration");
    let call = "lambda:GetFunctionConfiguration";
    let body = plain::ask(config, LAMBDA, call, &path, Request::get("/"), String::new()).await?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let role =
        body["Role"].as_str().ok_or_else(|| Trouble::new(Why::Other, format!("{call}: no role in the answer")))?;
    Ok(role.to_owned())
}

/// What a role lacks, or has and must not have.
async fn judge(
    found: &Found,
    config: &SdkConfig,
    stack: &str,
    function: &str,
    kind: &str,
    role: &str,
) -> Result<Vec<String>, Trouble> {
    let mut wrong = Vec::new();
    for (resource, actions) in grants(kind) {
        let Some(arn) = arn(found, config, stack, function, resource, role).await? else { continue };
        for (action, allowed) in simulate(config, role, &actions, &arn).await? {
            if !allowed {
                wrong.push(format!("lacks {action} on {arn}"));
            }
        }
        if resource == "ClaimsTable" {
            for (action, allowed) in simulate(config, role, &FORBIDDEN, &arn).await? {
                if allowed {
                    wrong.push(format!("may {action} on {arn}, which must never be"));
                }
            }
        }
    }
    Ok(wrong)
}

/// The actions of a kind of function on each resource of the template.
fn grants(kind: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut grants: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in GRANTS.lines().filter(|line| !line.starts_with('#')) {
        let [of, resource, action] = line.split(' ').collect::<Vec<_>>()[..] else { continue };
        match grants.last_mut() {
            _ if of != kind => {}
            Some((last, actions)) if *last == resource => actions.push(action),
            _ => grants.push((resource, vec![action])),
        }
    }
    grants
}

/// The ARN of what the template calls so; none of what another check reports as missing.
async fn arn(
    found: &Found,
    config: &SdkConfig,
    stack: &str,
    function: &str,
    resource: &str,
    role: &str,
) -> Result<Option<String>, Trouble> {
    let mut parts = role.split(':');
    let (partition, account) = (parts.nth(1).unwrap_or("aws"), parts.nth(2).unwrap_or_default());
    let of = |service: &str, name: &str| format!("arn:{partition}:{service}:{}:{account}:{name}", region(config));
    let table = |name: &Result<String, Trouble>| Some(of("dynamodb", &format!("table/{}", name.as_ref().ok()?)));
    let queue = |queue| Some(of("sqs", found.queue(queue)?.rsplit('/').next()?));
    Ok(match resource {
        "JournalTable" => table(&found.journal),
        "ClaimsTable" => table(&found.claims),
        "EventsQueue" => queue(Queue::Events),
        "QuarantineQueue" => queue(Queue::Quarantine),
        "SpillQueue" => queue(Queue::Spill),
        // Its ARN ends with letters that only Secrets Manager knows.
        _ => {
            let client = aws_sdk_secretsmanager::Client::new(config);
            let output = client.get_secret_value().secret_id(format!("{stack}/{function}")).send().await;
            output.ok().and_then(|output| output.arn().map(str::to_owned))
        }
    })
}

/// Whether a role may do each of these on a resource.
async fn simulate(
    config: &SdkConfig,
    role: &str,
    actions: &[&str],
    resource: &str,
) -> Result<Vec<(String, bool)>, Trouble> {
    let mut form = vec![
        ("Action".to_owned(), "SimulatePrincipalPolicy".to_owned()),
        ("Version".to_owned(), "2010-05-08".to_owned()),
        ("PolicySourceArn".to_owned(), role.to_owned()),
        ("ResourceArns.member.1".to_owned(), resource.to_owned()),
    ];
    form.extend(
        actions.iter().enumerate().map(|(n, action)| (format!("ActionNames.member.{}", n + 1), (*action).to_owned())),
    );
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let call = "iam:SimulatePrincipalPolicy";
    let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
    let answer = plain::ask(config, IAM, call, "/", request, body).await?;
    let decided = decisions(&String::from_utf8_lossy(&answer));
    match actions.iter().find(|action| !decided.iter().any(|(name, _)| name == *action)) {
        Some(action) => Err(Trouble::new(Why::Other, format!("{call}: says nothing of {action}"))),
        None => Ok(decided),
    }
}

/// Actions and whether each is allowed, of the simulation's XML.
fn decisions(xml: &str) -> Vec<(String, bool)> {
    let all = |tag: &str| -> Vec<String> {
        let (begin, end) = (format!("<{tag}>"), format!("</{tag}>"));
        let values = xml.split(&begin).skip(1);
        values.filter_map(|rest| Some(rest.split_once(&end)?.0.trim().to_owned())).collect()
    };
    // Each result has one of either; those within it, of single resources, are called otherwise.
    all("EvalActionName")
        .into_iter()
        .zip(all("EvalDecision").into_iter().map(|decision| decision == "allowed"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_by_kind_and_resource() {
        let source = grants("source");
        let of = |wanted: &str| source.iter().find(|(resource, _)| *resource == wanted).unwrap().1.clone();
        assert_eq!(of("ClaimsTable"), ["dynamodb:BatchGetItem", "dynamodb:PartiQLInsert"]);
        assert_eq!(of("Secret"), ["secretsmanager:GetSecretValue"]);
        assert!(of("ClaimsTable").iter().all(|action| !FORBIDDEN.contains(action)));
        assert!(!grants("sweeper").is_empty() && !grants(POLLER).is_empty());
    }

    #[test]
    fn decisions_are_read() {
        let xml = "<EvaluationResults><member><MatchedStatements><member><SourcePolicyId>p</SourcePolicyId></member>\
                   </MatchedStatements><EvalActionName>a:B</EvalActionName><EvalDecision>allowed</EvalDecision></member>\
                   <member><EvalDecision>implicitDeny</EvalDecision><EvalActionName>a:C</EvalActionName></member>";
        assert_eq!(decisions(xml), [("a:B".to_owned(), true), ("a:C".to_owned(), false)]);
    }
}
