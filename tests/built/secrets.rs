//! Rules from Secrets Manager, and their rotation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use tributary_tests::lambda::{Front, Function, Secrets, program, variables};
use tributary_tests::{Bench, reports};

use crate::load::authentic;

const ID: &str = "tributary/infobip";
/// Longer than a function without any rules refuses at once after a read that failed.
const TRIES_AGAIN: Duration = Duration::from_millis(2_500);
/// Longer than a function waits before it looks at the secret again for a denied request.
const LOOKS_AGAIN: Duration = Duration::from_secs(31);

fn rules(values: &[&str]) -> String {
    let rule = |value| format!(r#"{{"type":"header","name":"x-tributary-secret","value":"{value}"}}"#);
    format!(r#"{{"rules":[{}]}}"#, values.iter().map(rule).collect::<Vec<_>>().join(","))
}

struct Deployment {
    bench: Bench,
    secrets: Secrets,
    front: Front,
    function: Arc<Function>,
    sent: usize,
}

impl Deployment {
    async fn start() -> Self {
        let bench = Bench::start().await;
        let secrets = Secrets::start().await;
        let mut variables = variables(&bench, "infobip");
        variables.remove("TRIBUTARY_INFOBIP_AUTH");
        variables.insert("TRIBUTARY_INFOBIP_SECRET_ID".to_owned(), ID.to_owned());
        variables.insert("AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(), secrets.url.clone());
        // One sandbox, so that the same cache is asked each time.
        let function = Arc::new(Function::new(program("infobip", variables), Duration::from_secs(20), 1));
        let front = Front::start(BTreeMap::from([("infobip".to_owned(), Arc::clone(&function))])).await;
        Self { bench, secrets, front, function, sent: 0 }
    }

    async fn send(&mut self, secret: &'static str) -> StatusCode {
        self.sent += 1;
        let mut request = authentic(&self.front.url, &reports("secret", self.sent..self.sent + 1));
        request.headers_mut().insert("x-tributary-secret", HeaderValue::from_static(secret));
        self.front.send(request).await.unwrap().status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_rotated_without_a_lost_request_and_the_old_one_ends() {
    let mut deployment = Deployment::start().await;
    deployment.secrets.put(ID, &rules(&["old"]));
    assert_eq!(deployment.send("old").await, StatusCode::OK);
    tokio::time::sleep(LOOKS_AGAIN).await;
    deployment.secrets.put(ID, &rules(&["old", "new"]));
    for secret in ["old", "new", "old", "new"] {
        assert_eq!(deployment.send(secret).await, StatusCode::OK, "{secret}");
    }
    deployment.secrets.put(ID, &rules(&["new"]));
    tokio::time::sleep(LOOKS_AGAIN).await;
    // Anybody's wrong secret makes the function look again.
    assert_eq!(deployment.send("wrong").await, StatusCode::UNAUTHORIZED);
    assert_eq!(deployment.send("old").await, StatusCode::UNAUTHORIZED);
    assert_eq!(deployment.send("new").await, StatusCode::OK);
    assert_eq!(deployment.bench.events().await.len(), 6);
    assert_eq!(deployment.function.sandboxes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_usable_secret_nobody_is_let_in_and_the_vendor_is_told_to_come_again() {
    let mut deployment = Deployment::start().await;
    assert_eq!(deployment.send("any").await, StatusCode::SERVICE_UNAVAILABLE, "no such secret");
    tokio::time::sleep(TRIES_AGAIN).await;
    deployment.secrets.put(ID, r#"{"rules":[]}"#);
    assert_eq!(deployment.send("any").await, StatusCode::SERVICE_UNAVAILABLE, "no rule");
    tokio::time::sleep(TRIES_AGAIN).await;
    deployment.secrets.put(ID, &rules(&["any"]).replace("header", "haeder"));
    assert_eq!(deployment.send("any").await, StatusCode::SERVICE_UNAVAILABLE, "a rule of no known type");
    assert!(deployment.bench.is_untouched().await);
    tokio::time::sleep(TRIES_AGAIN).await;
    deployment.secrets.put(ID, &rules(&["any"]));
    assert_eq!(deployment.send("any").await, StatusCode::OK, "no new start is needed");
    tokio::time::sleep(LOOKS_AGAIN).await;
    deployment.secrets.put(ID, "marked-value");
    assert_eq!(deployment.send("wrong").await, StatusCode::UNAUTHORIZED);
    assert_eq!(deployment.send("any").await, StatusCode::OK, "the old rules stay in force");
    let log = deployment.function.log().concat();
    assert!(log.contains("the old rules stay in force") && !log.contains("marked-value"), "{log}");
}
