//! Rules in Secrets Manager, kept in memory and read again beside the requests.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use crate::auth::Rules;
use crate::secrets::SecretError;

/// A secret is read again after five minutes.
const REFRESH_MS: i64 = 300_000;
/// A request that no rule lets in may come from a rotation: then the secret is read again, but not more often than this.
const REFRESH_ON_DENIAL_MS: i64 = 30_000;
/// After a read that failed the next one waits so long, for whatever reason it is asked for.
const PAUSE_MS: i64 = 30_000;
/// The same while there are no rules at all, and every request is refused: meanwhile it is refused at once.
const PAUSE_WITHOUT_RULES_MS: i64 = 2_000;
/// How long one read may take. There is no second try in it.
const READ_MS: u64 = 1_000;
/// A read that took longer by the clock than this was frozen with its sandbox: its end says nothing of the service.
const FROZEN_MS: i64 = 3_000;

/// A secret in Secrets Manager.
pub(crate) struct Manager {
    client: Client,
    id: String,
    memory: Mutex<Memory>,
    /// The read under way. It outlives the request that began it, for that may be answered first.
    read: tokio::sync::Mutex<Option<Read>>,
}

#[derive(Default)]
struct Memory {
    rules: Option<Arc<Rules>>,
    /// When they were read.
    read_ms: i64,
    /// Not before this is read again.
    next_ms: i64,
    /// Why there are none.
    error: Option<SecretError>,
}

struct Read {
    begun_ms: i64,
    result: Pin<Box<dyn Future<Output = Result<Rules, SecretError>> + Send>>,
}

impl Manager {
    pub(crate) fn new(client: Client, id: String) -> Self {
        Self { client, id, memory: Mutex::default(), read: tokio::sync::Mutex::default() }
    }

    /// A client that makes one attempt a call.
    pub(crate) fn client(config: &SdkConfig) -> Client {
        Client::from_conf(Builder::from(config).retry_config(RetryConfig::disabled()).build())
    }

    fn memory<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The rules. From memory at once, however old; without any this reads them, or says at once why there are none.
    pub(crate) async fn rules(&self, now_ms: i64) -> Result<Arc<Rules>, SecretError> {
        let none = |memory: &mut Memory| match (&memory.rules, &memory.error) {
            (Some(rules), _) => Some(Ok(rules.clone())),
            (None, Some(error)) if now_ms < memory.next_ms => Some(Err(error.clone())),
            (None, _) => None,
        };
        if let Some(known) = self.memory(none) {
            return known;
        }
        let mut read = self.read.lock().await;
        // Another request may have read them while this one waited.
        if let Some(known) = self.memory(none) {
            return known;
        }
        self.finish(&mut read, now_ms).await
    }

    /// The rules after another look, for a request that those in memory do not let in. Takes 1 s at most, and looks at
    /// most every 30 s, whether that succeeds or not; in between gives those in memory.
    pub(crate) async fn again(&self, now_ms: i64) -> Result<Arc<Rules>, SecretError> {
        let may_look =
            |memory: &mut Memory| now_ms - memory.read_ms >= REFRESH_ON_DENIAL_MS && now_ms >= memory.next_ms;
        if self.memory(may_look) {
            let mut read = self.read.lock().await;
            if self.memory(may_look) {
                return self.finish(&mut read, now_ms).await;
            }
        }
        self.rules(now_ms).await
    }

    /// Runs a request, and beside it a read of rules that have become old. Ends when the request ends; a read that is
    /// not done by then goes on beside the next one.
    pub(crate) async fn beside<T>(&self, request: impl Future<Output = T>, now_ms: i64) -> T {
        let mut request = pin!(request);
        tokio::select! {
            biased;
            () = self.refresh(now_ms) => {}
            answer = &mut request => return answer,
        }
        request.await
    }

    async fn refresh(&self, now_ms: i64) {
        // Somebody else is at it.
        let Ok(mut read) = self.read.try_lock() else { return };
        let is_old = self.memory(|memory| {
            memory.rules.is_some() && now_ms - memory.read_ms >= REFRESH_MS && now_ms >= memory.next_ms
        });
        if is_old || read.is_some() {
            // The outcome is in memory, and in the log.
            let _ = self.finish(&mut read, now_ms).await;
        }
    }

    /// Brings the read under way, or a new one, to its end and into memory. May be dropped: the read stays.
    async fn finish(&self, read: &mut Option<Read>, now_ms: i64) -> Result<Arc<Rules>, SecretError> {
        let (begun_ms, result) = loop {
            let current = read.get_or_insert_with(|| self.begin(now_ms));
            let begun_ms = current.begun_ms;
            let result = current.result.as_mut().await;
            *read = None;
            let was_frozen = result.is_err() && now_ms - begun_ms > FROZEN_MS;
            if !was_frozen {
                break (begun_ms, result);
            }
        };
        self.memory(|memory| match result {
            Ok(rules) => {
                let rules = Arc::new(rules);
                *memory = Memory { rules: Some(rules.clone()), read_ms: begun_ms, next_ms: 0, error: None };
                Ok(rules)
            }
            Err(error) => match &memory.rules {
                Some(rules) => {
                    tracing::error!(%error, "secret not refreshed, the old rules stay in force");
                    memory.next_ms = now_ms + PAUSE_MS;
                    Ok(rules.clone())
                }
                None => {
                    memory.next_ms = now_ms + PAUSE_WITHOUT_RULES_MS;
                    memory.error = Some(error.clone());
                    Err(error)
                }
            },
        })
    }

    fn begin(&self, now_ms: i64) -> Read {
        let (client, id) = (self.client.clone(), self.id.clone());
        Read { begun_ms: now_ms, result: Box::pin(async move { within(read_secret(&client, &id), &id).await }) }
    }
}

/// A read, given up after its time.
async fn within(read: impl Future<Output = Result<Rules, SecretError>>, id: &str) -> Result<Rules, SecretError> {
    let mut read = pin!(read);
    tokio::select! {
        biased;
        result = &mut read => return result,
        () = tokio::time::sleep(Duration::from_millis(READ_MS)) => {}
    }
    // The time may have passed while the sandbox was frozen, with the answer waiting at the door: a few turns of the
    // runtime let it in.
    for _ in 0..8 {
        tokio::select! {
            biased;
            result = &mut read => return result,
            () = tokio::task::yield_now() => {}
        }
    }
    Err(SecretError::SecretsManager { id: id.to_owned(), code: "Timeout".to_owned() })
}

async fn read_secret(client: &Client, id: &str) -> Result<Rules, SecretError> {
    let output = client.get_secret_value().secret_id(id).send().await.map_err(|error| {
        let code = match &error {
            SdkError::ServiceError(service) => service.err().code().unwrap_or("ServiceError").to_owned(),
            SdkError::TimeoutError(_) => "Timeout".to_owned(),
            _ => "Dispatch".to_owned(),
        };
        SecretError::SecretsManager { id: id.to_owned(), code }
    })?;
    let text = output.secret_string().ok_or_else(|| SecretError::SecretsManager {
        id: id.to_owned(),
        code: "the secret is binary, text is expected".to_owned(),
    })?;
    Ok(Rules::parse(text)?)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write};
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;
    use crate::auth::RulesError;

    /// What the stand-in does with a call.
    #[derive(Clone, Copy)]
    enum Service {
        Gives(&'static str),
        Refuses(&'static str),
        Hangs,
        Gone,
    }

    /// Stands in for Secrets Manager, and counts.
    struct StandIn {
        state: Arc<Mutex<(usize, Service)>>,
        manager: Manager,
    }

    const ONE: &str = r#"{"rules":[{"type":"bearer","token":"a"}]}"#;
    const TWO: &str = r#"{"rules":[{"type":"bearer","token":"a"},{"type":"bearer","token":"b"}]}"#;

    impl StandIn {
        fn start(service: Service) -> Self {
            let state = Arc::new(Mutex::new((0, service)));
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let shared = state.clone();
            std::thread::spawn(move || {
                let mut held = Vec::new();
                for stream in listener.incoming() {
                    let mut stream = stream.unwrap();
                    let mut request = [0; 8192];
                    let service = {
                        let mut state = shared.lock().unwrap();
                        state.0 += 1;
                        state.1
                    };
                    let (status, body) = match service {
                        Service::Gives(rules) => ("200 OK", serde_json::json!({"Name": "s", "SecretString": rules})),
                        Service::Refuses(code) => ("400 Bad Request", serde_json::json!({"__type": code})),
                        Service::Hangs => {
                            held.push(stream);
                            continue;
                        }
                        Service::Gone => continue,
                    };
                    let _ = stream.read(&mut request);
                    let body = body.to_string();
                    let length = body.len();
                    let head = format!(
                        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                    );
                    let _ = stream.write_all(format!("{head}{body}").as_bytes());
                }
            });
            use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
            let config = Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::from_static("us-east-1"))
                .credentials_provider(Credentials::new("k", "k", None, None, "test"))
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .retry_config(RetryConfig::disabled())
                .endpoint_url(url);
            let manager = Manager::new(Client::from_conf(config.build()), "stack/karte".to_owned());
            Self { state, manager }
        }

        fn set(&self, service: Service) {
            self.state.lock().unwrap().1 = service;
        }

        fn calls(&self) -> usize {
            self.state.lock().unwrap().0
        }

        /// A request that takes so long by itself: how many rules it sees at its end, and how long it took, ms.
        async fn request(&self, now_ms: i64, own_ms: u64) -> (usize, u128) {
            let begun = Instant::now();
            let answer = async {
                let rules = self.manager.rules(now_ms).await;
                tokio::time::sleep(Duration::from_millis(own_ms)).await;
                drop(rules);
            };
            self.manager.beside(answer, now_ms).await;
            (self.known(), begun.elapsed().as_millis())
        }

        fn known(&self) -> usize {
            self.manager.memory(|memory| memory.rules.as_ref().map_or(0, |rules| rules.kinds().len()))
        }
    }

    #[tokio::test]
    async fn rules_are_read_once_kept_for_five_minutes_and_refreshed_beside_a_request() {
        let service = StandIn::start(Service::Gives(ONE));
        for now in [0, 1_000, REFRESH_MS - 1] {
            assert_eq!(service.request(now, 0).await.0, 1);
        }
        assert_eq!(service.calls(), 1);
        service.set(Service::Gives(TWO));
        assert_eq!(service.request(REFRESH_MS, 300).await.0, 2);
        assert_eq!(service.request(REFRESH_MS + 1, 300).await.0, 2);
        assert_eq!(service.calls(), 2);
    }

    #[tokio::test]
    async fn with_rules_in_memory_no_request_waits_whatever_the_service_does() {
        let refused = ["ThrottlingException", "AccessDeniedException", "ResourceNotFoundException"];
        let states = [Service::Hangs, Service::Gone].into_iter().chain(refused.map(Service::Refuses));
        for state in states.chain([Service::Gives("no rules"), Service::Gives(r#"{"rules":[]}"#)]) {
            let service = StandIn::start(Service::Gives(ONE));
            service.request(0, 0).await;
            service.set(state);
            let before = service.calls();
            // A hundred requests within two seconds: one try.
            let mut waited = 0;
            let begun = Instant::now();
            let begun_ms = 2 * REFRESH_MS;
            for number in 0..100 {
                let now_ms = begun_ms + number * 20;
                let (known, took) = service.request(now_ms, 15).await;
                assert_eq!(known, 1, "the old rules stay in force");
                waited = waited.max(took);
            }
            assert!(waited < 500, "{waited} ms");
            assert!(begun.elapsed() < Duration::from_secs(6));
            assert_eq!(service.calls() - before, 1, "one try, then a pause");
            service.set(Service::Gives(TWO));
            let mut now_ms = begun_ms + 200_000;
            while service.known() == 1 {
                now_ms += 1_000;
                assert!(now_ms < begun_ms + 400_000, "the service is back, and nobody looks");
                service.request(now_ms, 15).await;
            }
        }
    }

    #[tokio::test]
    async fn a_denied_request_looks_again_for_a_second_at_most_and_every_half_minute_at_most() {
        let service = StandIn::start(Service::Gives(ONE));
        service.manager.rules(0).await.unwrap();
        let manager = &service.manager;
        let again = |now_ms| async move { manager.again(now_ms).await.unwrap().kinds().len() };
        assert_eq!(again(REFRESH_ON_DENIAL_MS - 1).await, 1);
        assert_eq!(service.calls(), 1, "a flood of denied requests does not become a flood of reads");
        service.set(Service::Gives(TWO));
        assert_eq!(again(REFRESH_ON_DENIAL_MS).await, 2, "it may have been rotated");
        assert_eq!(service.calls(), 2);
        for state in [Service::Hangs, Service::Gone, Service::Refuses("AccessDeniedException")] {
            service.set(state);
            service.manager.memory(|memory| (memory.read_ms, memory.next_ms) = (0, 0));
            let before = service.calls();
            for (now_ms, calls) in [(100_000, 1), (100_001, 1), (129_999, 1), (130_000, 2), (159_999, 2)] {
                let begun = Instant::now();
                assert_eq!(again(now_ms).await, 2, "the old rules stay in force");
                assert_eq!(service.calls() - before, calls, "at {now_ms}");
                assert!(begun.elapsed() < Duration::from_millis(1_500));
            }
        }
        service.set(Service::Gives(ONE));
        assert_eq!(again(200_000).await, 1, "it is back");
    }

    #[tokio::test]
    async fn without_rules_the_answer_is_fast_and_says_why() {
        let service = StandIn::start(Service::Hangs);
        let begun = Instant::now();
        let error = service.manager.rules(0).await.unwrap_err().to_string();
        assert!(error.contains("stack/karte") && error.contains("Timeout"), "{error}");
        assert!(begun.elapsed() < Duration::from_millis(1_500));
        let begun = Instant::now();
        for now_ms in [1, 1_000, PAUSE_WITHOUT_RULES_MS - 1] {
            service.manager.rules(now_ms).await.unwrap_err();
        }
        assert!(begun.elapsed() < Duration::from_millis(100), "at once");
        assert_eq!(service.calls(), 1);
        service.set(Service::Refuses("ResourceNotFoundException"));
        let error = service.manager.rules(PAUSE_WITHOUT_RULES_MS).await.unwrap_err().to_string();
        assert!(error.contains("ResourceNotFoundException"), "{error}");
        service.set(Service::Gives(r#"{"rules":[]}"#));
        let error = service.manager.rules(10_000).await.unwrap_err();
        assert_eq!(error, SecretError::Rules(RulesError::Empty));
        service.set(Service::Gives(ONE));
        assert_eq!(service.manager.rules(20_000).await.unwrap().kinds().len(), 1);
    }

    #[tokio::test]
    async fn a_read_that_was_frozen_with_its_sandbox_is_begun_anew_and_makes_no_pause() {
        let service = StandIn::start(Service::Gives(ONE));
        service.request(0, 0).await;
        service.set(Service::Hangs);
        // Answered at once: the read goes on beside the next request, which comes an hour later.
        service.request(REFRESH_MS, 0).await;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        service.set(Service::Gives(TWO));
        assert_eq!(service.request(12 * REFRESH_MS, 300).await.0, 2);
    }
}
