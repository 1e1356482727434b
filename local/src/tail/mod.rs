//! `tributary tail`

mod line;
mod peek;

use std::io::IsTerminal;
use std::process::ExitCode;

use http_body_util::BodyExt;

use self::line::Style;
use self::peek::Peek;
use crate::cli::{Queue, Tail, print, say};
use crate::deployment::{Deployment, Kind, gateway};
use crate::interrupt::Interrupt;

/// Why the events of a deployment are not just shown.
const NOT_THE_EVENTS: &str = "\
the events queue cannot be looked at without harm: a message that is received is hidden, with its group, from whoever
consumes the stream, and after five receives it goes to the dead letters. Say --take to delete each event once it is
shown, on a stack that nobody else consumes. Or look where no consumer is: tail quarantine, tail dead-letters";

pub(crate) async fn run(options: &Tail) -> Result<ExitCode, String> {
    let deployment = Deployment::find(&options.place).await?;
    let style = Style { json: options.json, colour: colour() };
    match (&deployment.kind, options.queue, options.take) {
        (Kind::Local(_, url), Queue::Events, false) => listen(url, style).await,
        (_, Queue::Events, false) => Err(NOT_THE_EVENTS.to_owned()),
        (_, queue, take) => {
            let url = deployment.queue(queue).await?;
            let mut interrupt = Interrupt::new().await;
            say(&format!("{}: {url}; Ctrl-C ends", if take { "taking from" } else { "looking at" }));
            let mut peek = Peek::new(deployment.sqs.clone(), url, queue, take, style);
            let ended = peek.run(&mut interrupt).await;
            peek.give_back().await;
            ended.map(|()| ExitCode::SUCCESS)
        }
    }
}

/// Colour is for eyes: not into pipes, nor for those who say they want none (<https://no-color.org>).
fn colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !unwanted && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Shows what reaches the queue of the local gateway.
async fn listen(url: &str, style: Style) -> Result<ExitCode, String> {
    let mut body = gateway::get(url, "/_local/events").await?.into_body();
    let mut interrupt = Interrupt::new().await;
    say(&format!("events that reach the queue of the gateway at {url} from now on; Ctrl-C ends"));
    let mut rest = Vec::new();
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = interrupt.comes() => return Ok(ExitCode::SUCCESS),
        };
        let Some(Ok(frame)) = frame else {
            say("the gateway has stopped");
            return Ok(ExitCode::FAILURE);
        };
        rest.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line[..end]);
            if text.starts_with("{\"missed\":") {
                say(&format!("too fast to show: {text}"));
            } else if !print(&style.of(Queue::Events, &text)) {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}
