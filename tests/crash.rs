//! The function is killed after each of its calls to AWS; then the sweeper runs alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use tributary_stack::{Fault, Rule};
use tributary_tests::{Bench, REPORTS, post, reports, send};

const NEVER: Duration = Duration::from_secs(3600);

/// Kills a request while a call of that operation hangs, before or after it took effect.
async fn kill_at(bench: &Bench, operation: &str, skip: usize, fault: Fault, name: &str) {
    let gateway = bench.gateway("infobip");
    let proxy = if operation == "SendMessageBatch" { &bench.sqs } else { &bench.dynamodb };
    proxy.inject(Rule::on(operation, fault).after(skip));
    let before = proxy.count(operation);
    let hangs = async {
        while proxy.count(operation) <= before + skip {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // For the call to take effect behind the proxy, where it does.
        tokio::time::sleep(Duration::from_millis(700)).await;
    };
    // Dropping the future is what the end of the sandbox does to it.
    tokio::select! {
        _ = send(&gateway, post(REPORTS, reports(name, 0..30))) => panic!("{name}: ended although a call of it hangs"),
        () = hangs => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_any_call_nothing_is_lost_and_nothing_doubled() {
    let bench = Bench::with_lease(15_000).await;
    let mut durable = 0;
    // 30 events: one put of two chunks, two claim calls, three sends, two deletes.
    for (operation, calls) in
        [("BatchWriteItem", 1), ("BatchExecuteStatement", 2), ("SendMessageBatch", 3), ("DeleteItem", 2)]
    {
        for call in 0..calls {
            for (when, fault) in [("before", Fault::Delayed(NEVER)), ("after", Fault::ReplyDelayed(NEVER))] {
                kill_at(&bench, operation, call, fault, &format!("{operation}-{call}-{when}")).await;
                // Killed before the journal took it, a request was neither answered nor stored: the vendor's to repeat.
                durable += if (operation, when) == ("BatchWriteItem", "before") { 0 } else { 30 };
            }
        }
    }
    bench.sweep_until_done().await;
    let events = bench.events().await;
    assert_eq!(events.len(), durable);
    assert!(events.values().all(|copies| *copies == 1), "an event was delivered twice");
}
