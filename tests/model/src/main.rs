//! Runs
use std::time::Instant;
use stateright::{Checker, Model};
use tributary_model::config::*;
fn run(label: &str, c: Config, trace: bool) {
        let at = Instant::now();
        let ch = c.checker().finish_when(stateright::HasDiscoveries::AnyFailures).timeout(std::time::Duration::from_secs(60)).spawn_bfs().join();
        let found: Vec<_> = ch.discoveries().into_iter().filter(|(n,_)| !n.starts_with("reaches") && !n.starts_with("a sweeper")).map(|(n,p)| (n, p.into_actions())).collect();
        println!("{label}: states {} depth {} {:?} {}", ch.unique_state_count(), ch.max_depth(), at.elapsed(), found.iter().map(|(n,p)| format!("{n} in {}", p.len())).collect::<Vec<_>>().join("; "));
        if trace { for (_, p) in found { for a in p { println!("      {a:?}"); } } }
}
fn main() {
    let one = Config::new(&[Delivery::of(0b1)]);
    let two = Config::new(&[Delivery::of(0b11)]);
    let dup = Config::new(&[Delivery::of(0b01), Delivery::of(0b01)]);
    let retry = Config::new(&[Delivery::of(0b11), Delivery::retry(0b11, 0)]);
    for (p, cs) in [(Protocol::PutThenSend, [&one, &dup, &retry]), (Protocol::SendThenPut, [&one, &dup, &retry]), (Protocol::NoOwnerCheck, [&one, &two, &dup]),
        (Protocol::DeleteBeforeSend, [&one, &two, &dup]), (Protocol::ClaimsOverwritten, [&one, &dup, &retry]), (Protocol::NoFence, [&one, &two, &two])] {
        for c in cs { let mut c = c.clone(); c.protocol = p; c.times.flight=1;
            if !p.has_journal() { c.sweepers = 0 }
            run(&format!("{p:?} nofault"), c.clone(), false);
            c.faults = 1; run(&format!("{p:?} 1 fault"), c.clone(), false);
            c.partials = 1; run(&format!("{p:?} 1 fault 1 partial"), c.clone(), false);
            c.sweepers = 2; if p == Protocol::NoFence {
            c.faults = 0; c.partials = 2; run(&format!("{p:?} 2 sweepers 2 partial"), c.clone(), false);
            c.faults = 1;c.partials = 1; run(&format!("{p:?} 2 sweepers 1 fault 1 partial"), c.clone(), false);
            c.faults = 1;c.partials = 1; c.times.window = 8; run(&format!("{p:?} 2 sweepers 1 fault 1 partial"), c.clone(), false);
            c.faults = 1;c.partials = 2; run(&format!("{p:?} 2 sweepers 1 fault 2 partial"), c.clone(), false);
            c.protocol = Protocol::Ours;
            c.faults = 0; c.partials = 2; run(&format!("ours 2 sweepers 2 partial"), c.clone(), false);
            c.faults = 1;c.partials = 1; run(&format!("ours 2 sweepers 1 fault 1 partial"), c.clone(), false);
            c.faults = 1;c.partials = 2; run(&format!("ours 2 sweepers 1 fault 2 partial"), c.clone(), false);
            c.faults = 2;c.partials = 1; run(&format!("ours 2 sweepers 2 fault 1 partial"), c.clone(), false);
            }
        }
    }
    for base in [&one, &two] {
        let mut c = base.clone(); c.sweepers = 0; run("no sweeper", c.clone(), false); c.faults = 1;  run("no sweeper, 1 fault", c.clone(), false);
        for (f, p) in [(1,0),(2,0),(3,0),(1,1)] { let mut c = base.clone(); c.spill = true; c.faults = f; c.partials = p; run(&format!("spill {f} {p}"), c.clone(), false);
          for w in [3*(f+p)+1, 3*(f+p)+2, 3*(f+p)+3, 3*(f+p)+4,3*(f+p)+5] { c.times.window = w; run(&format!("spill {f} {p} W{w}"), c.clone(), f==1 && p==0 && w <7 && base.deliveries[0].events==1); }}
    }
}
