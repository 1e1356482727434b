//! The two tables.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BillingMode, ContinuousBackupsStatus, PointInTimeRecoveryStatus, TableDescription, TimeToLiveStatus,
};

use super::Found;
use super::report::{Report, State};
use crate::deployment::trouble::{Trouble, trouble};

/// Key, type and role, as the code writes them.
const JOURNAL_KEYS: &[&str] = &["pk S HASH", "sk S RANGE"];
const CLAIMS_KEYS: &[&str] = &["pk B HASH"];
/// The attribute of a claim with its expiry.
const EXPIRY: &str = "x";

pub(super) async fn check(found: &Found, report: &mut Report) {
    let client = &found.deployment.dynamodb;
    for (what, table, keys) in
        [("journal table", &found.journal, JOURNAL_KEYS), ("claims table", &found.claims, CLAIMS_KEYS)]
    {
        let table = match table {
            Ok(table) => table,
            Err(trouble) => {
                report.trouble(what, trouble);
                continue;
            }
        };
        match client.describe_table().table_name(table).send().await {
            Ok(output) => described(what, table, output.table(), keys, report),
            Err(error) => {
                report.trouble(what, &trouble("dynamodb:DescribeTable", &error));
                continue;
            }
        }
        let expiry = format!("{what}: expiry");
        match expiring(client, table).await {
            Ok(on) => report_expiry(&expiry, table, on.as_deref(), what == "claims table", report),
            Err(trouble) => report.trouble(&expiry, &trouble),
        }
        let recovery = format!("{what}: recovery");
        if found.deployment.is_local() {
            report.not_here(&recovery);
        } else {
            match recoverable(client, table).await {
                Ok(true) => report.ok(&recovery, "to any second of the last weeks"),
                Ok(false) => {
                    report.ok(&recovery, "off, as the template has it: chunks live for seconds, claims for 30 days");
                }
                // Nothing depends on it.
                Err(trouble) => report.add(State::Warn, &recovery, trouble.to_string(), ""),
            }
        }
    }
}

fn described(what: &str, name: &str, table: Option<&TableDescription>, keys: &[&str], report: &mut Report) {
    let found = table.map(key_schema).unwrap_or_default();
    if found != keys {
        let finding = format!("{name}: keys are {}, the code writes {}", found.join(", "), keys.join(", "));
        return report.add(State::Fail, what, finding, "deploy the template; a table of other keys is not Tributary's");
    }
    let status = table.and_then(|table| table.table_status()).map_or("unknown", |status| status.as_str());
    if status != "ACTIVE" {
        return report.add(State::Fail, what, format!("{name} is {status}"), "wait until it is ACTIVE");
    }
    let billing = table.and_then(|table| table.billing_mode_summary()).and_then(|summary| summary.billing_mode());
    if billing == Some(&BillingMode::PayPerRequest) {
        report.ok(what, format!("{name}, on demand"));
    } else {
        let todo = "on demand follows a burst; with provisioned units watch for throttling";
        report.add(State::Warn, what, format!("{name}, provisioned"), todo);
    }
}

fn key_schema(table: &TableDescription) -> Vec<String> {
    let kind = |name: &str| {
        let attribute = table.attribute_definitions().iter().find(|attribute| attribute.attribute_name() == name);
        attribute.map_or("?", |attribute| attribute.attribute_type().as_str())
    };
    let key = |key: &aws_sdk_dynamodb::types::KeySchemaElement| {
        format!("{} {} {}", key.attribute_name(), kind(key.attribute_name()), key.key_type().as_str())
    };
    table.key_schema().iter().map(key).collect()
}

/// The attribute that items expire by.
async fn expiring(client: &Client, table: &str) -> Result<Option<String>, Trouble> {
    let output = client.describe_time_to_live().table_name(table).send().await;
    let output = output.map_err(|error| trouble("dynamodb:DescribeTimeToLive", &error))?;
    let on = |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
    let described = output.time_to_live_description().filter(|ttl| ttl.time_to_live_status().is_some_and(on));
    Ok(described.and_then(|ttl| ttl.attribute_name()).map(str::to_owned))
}

fn report_expiry(what: &str, table: &str, on: Option<&str>, is_claims: bool, report: &mut Report) {
    match (is_claims, on) {
        (true, Some(EXPIRY)) => report.ok(what, "claims expire by `x`"),
        (true, _) => {
            let todo = format!(
                "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification Enabled=true,AttributeName=x"
            );
            report.add(State::Fail, what, "claims do not expire by `x`: the table grows for ever", &todo);
        }
        (false, None) => report.ok(what, "none: what is not sent must not expire"),
        (false, Some(attribute)) => {
            let todo = "turn it off: DynamoDB may delete chunks that are not sent";
            report.add(State::Fail, what, format!("items expire by `{attribute}`"), todo);
        }
    }
}

async fn recoverable(client: &Client, table: &str) -> Result<bool, Trouble> {
    let output = client.describe_continuous_backups().table_name(table).send().await;
    let output = output.map_err(|error| trouble("dynamodb:DescribeContinuousBackups", &error))?;
    let backups = output.continuous_backups_description();
    let backups = backups.filter(|backups| *backups.continuous_backups_status() == ContinuousBackupsStatus::Enabled);
    let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description());
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status());
    Ok(status == Some(&PointInTimeRecoveryStatus::Enabled))
}
