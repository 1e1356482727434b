//! `tributary redrive dead`

use std::process::ExitCode;
use std::sync::Arc;

use tributary_events::Event;
use tributary_pipeline::Chunk;
use tributary_pipeline::aws::{DynamoJournal, Returned};
use tributary_pipeline::ports::{Clock, SystemClock};

use super::Progress;
use crate::cli::{RedriveDead, print, say};
use crate::deployment::{Deployment, Table};
use crate::table::table;

pub(super) async fn run(options: &RedriveDead) -> Result<ExitCode, String> {
    let deployment = Deployment::find(&options.place).await?;
    let journal = deployment.table(Table::Journal).await?;
    say(&format!("dead chunks of {}: {}", deployment.name(), if options.apply { "redrive" } else { "dry run" }));
    let journal = DynamoJournal::new(deployment.dynamodb.clone(), journal, Arc::new(SystemClock));
    let dead = journal.dead().await.map_err(|fault| format!("the journal cannot be read: {fault}"))?;
    for sort in &dead.unreadable {
        say(&format!("  stays: the item {sort} is no chunk"));
    }
    if dead.chunks.is_empty() {
        print("no dead chunks");
        return Ok(ExitCode::SUCCESS);
    }
    let limit = options.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut rows = vec![["chunk", "age", "tries", "events", "source", ""].map(str::to_owned).to_vec()];
    let (mut fit, mut back, mut failed) = (0, 0, 0);
    let mut progress = Progress::new();
    for chunk in dead.chunks.iter().take(limit) {
        let source = source(chunk);
        let verdict = match (&source, options.apply) {
            (None, _) => "damaged: stays".to_owned(),
            (Some(_), false) => {
                fit += 1;
                "would go back".to_owned()
            }
            (Some(_), true) => match journal.put_back(chunk).await {
                Ok(Returned::Back) => {
                    back += 1;
                    "back".to_owned()
                }
                Ok(Returned::There) => "was back already".to_owned(),
                Ok(Returned::Gone) => "somebody else moved it".to_owned(),
                Err(fault) => {
                    failed += 1;
                    format!("stays: {fault}")
                }
            },
        };
        let age = age(SystemClock.now_ms() - chunk.key.created_ms);
        let source = source.unwrap_or_else(|| "?".to_owned());
        rows.push(vec![
            chunk.key.id.to_string(),
            age,
            chunk.tries.to_string(),
            chunk.events.to_string(),
            source,
            verdict,
        ]);
        progress.tell(|| format!("  {back} chunks back"));
    }
    print(&table(&rows));
    print(&match options.apply {
        true => format!("{back} chunks are back; the sweeper takes them up within a minute and a half"),
        false => format!("dry run, nothing changed: {fit} chunks would go back. To do it: the same with --apply"),
    });
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whose events a chunk holds: a request is of one source. None if it is damaged.
fn source(chunk: &Chunk) -> Option<String> {
    let messages = chunk.messages().ok()?;
    let event = messages.first().and_then(|message| Event::parse(&message.body).ok())?;
    event.source.split('/').nth(1).map(str::to_owned)
}

/// A duration in the unit that suits it.
pub(crate) fn age(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_for_eyes() {
        let ages = [-5, 90_000, 7_199_000, 86_400_000, 20 * 86_400_000].map(age);
        assert_eq!(ages, ["0 s", "90 s", "119 min", "24 h", "20 d"]);
    }
}
