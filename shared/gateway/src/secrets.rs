//! Where a source's rules come from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::Mutex;
use tributary_normalize::Settings;

use crate::auth::{Rules, RulesError};

/// A secret is read again after five minutes.
const REFRESH_MS: i64 = 300_000;
/// A request that no rule lets in may come from a rotation: then the secret is read again, but not more often than this.
const REFRESH_ON_DENIAL_MS: i64 = 30_000;

/// Where a source's rules come from.
pub struct Provider(Kind);

enum Kind {
    Fixed(Arc<Rules>),
    Unusable(SecretError),
    Unauthenticated,
    Missing,
    SecretsManager { client: aws_sdk_secretsmanager::Client, id: String, cache: Mutex<Option<Cached>> },
}

struct Cached {
    rules: Arc<Rules>,
    read_ms: i64,
}

/// Why there are no rules. Never quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing is configured.
    #[error("no authentication rules are configured")]
    Missing,
    /// The file cannot be read.
    #[error("the file {} cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Secrets Manager does not give the secret.
    #[error("Secrets Manager does not give the secret {id}: {code}")]
    SecretsManager {
        /// Its name.
        id: String,
        /// The service's code.
        code: String,
    },
    /// What is there are no rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// What lets a request in.
#[derive(Debug, Clone)]
pub(crate) enum Admission {
    /// Any of these rules.
    Rules(Arc<Rules>),
    /// Anything: local use only.
    Anybody,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Fixed(_) => "Provider(fixed)",
            Kind::Unusable(_) => "Provider(unusable)",
            Kind::Unauthenticated => "Provider(unauthenticated)",
            Kind::Missing => "Provider(missing)",
            Kind::SecretsManager { .. } => "Provider(secrets manager)",
        })
    }
}

impl Provider {
    /// These rules.
    #[must_use]
    pub fn fixed(rules: Rules) -> Self {
        Self(Kind::Fixed(Arc::new(rules)))
    }

    /// No rules: nobody is let in.
    #[must_use]
    pub fn missing() -> Self {
        Self(Kind::Missing)
    }

    /// No rules: everybody is let in. Local use only.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self(Kind::Unauthenticated)
    }

    /// A secret in Secrets Manager, by name or ARN.
    #[must_use]
    pub fn secrets_manager(client: aws_sdk_secretsmanager::Client, id: String) -> Self {
        Self(Kind::SecretsManager { client, id, cache: Mutex::new(None) })
    }

    /// Whether nothing is configured.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.0, Kind::Missing)
    }

    /// The rules now, from the cache while it is fresh. A cache that cannot be refreshed is used on.
    pub(crate) async fn admission(&self, now_ms: i64, denied: bool) -> Result<Admission, SecretError> {
        match &self.0 {
            Kind::Fixed(rules) => Ok(Admission::Rules(rules.clone())),
            Kind::Unusable(error) => Err(error.clone()),
            Kind::Unauthenticated => Ok(Admission::Anybody),
            Kind::Missing => Err(SecretError::Missing),
            Kind::SecretsManager { client, id, cache } => {
                let mut cache = cache.lock().await;
                let fresh_ms = if denied { REFRESH_ON_DENIAL_MS } else { REFRESH_MS };
                if let Some(cached) = cache.as_ref().filter(|cached| now_ms - cached.read_ms < fresh_ms) {
                    return Ok(Admission::Rules(cached.rules.clone()));
                }
                match read_secret(client, id).await {
                    Ok(rules) => {
                        let rules = Arc::new(rules);
                        *cache = Some(Cached { rules: rules.clone(), read_ms: now_ms });
                        Ok(Admission::Rules(rules))
                    }
                    Err(error) => match cache.as_ref() {
                        Some(cached) => {
                            tracing::error!(%error, "secret not refreshed, the old rules stay in force");
                            Ok(Admission::Rules(cached.rules.clone()))
                        }
                        None => Err(error),
                    },
                }
            }
        }
    }

    /// Whether reading again may help a request that was denied.
    pub(crate) fn may_have_rotated(&self) -> bool {
        matches!(self.0, Kind::SecretsManager { .. })
    }
}

async fn read_secret(client: &aws_sdk_secretsmanager::Client, id: &str) -> Result<Rules, SecretError> {
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

/// The rules of a source as the environment says:
///
/// * `TRIBUTARY_<SOURCE>_SECRET_ID`: name of the secret in Secrets Manager; what template.yaml sets.
/// * `TRIBUTARY_<SOURCE>_AUTH`: the rules themselves, as JSON.
/// * `TRIBUTARY_<SOURCE>_AUTH_FILE`: a file with them.
/// * `TRIBUTARY_ALLOW_UNAUTHENTICATED=true`: lets everybody in where none of these is set. Local use only.
///
/// `config` is asked for only where Secrets Manager is named.
#[must_use]
pub fn from_env(source: &str, config: Option<&SdkConfig>) -> Provider {
    let variable = |name: &str| {
        std::env::var(format!("TRIBUTARY_{}_{name}", source.to_uppercase())).ok().filter(|value| !value.is_empty())
    };
    let parsed = |text: &str| match Rules::parse(text) {
        Ok(rules) => Provider::fixed(rules),
        Err(error) => Provider(Kind::Unusable(error.into())),
    };
    if let (Some(id), Some(config)) = (variable("SECRET_ID"), config) {
        return Provider::secrets_manager(aws_sdk_secretsmanager::Client::new(config), id);
    }
    if let Some(text) = variable("AUTH") {
        return parsed(&text);
    }
    if let Some(path) = variable("AUTH_FILE").map(PathBuf::from) {
        return match std::fs::read_to_string(&path) {
            Ok(text) => parsed(&text),
            Err(error) => Provider(Kind::Unusable(SecretError::File { path, reason: error.kind().to_string() })),
        };
    }
    let allowed = std::env::var("TRIBUTARY_ALLOW_UNAUTHENTICATED").is_ok_and(|value| value == "true");
    if allowed { Provider::unauthenticated() } else { Provider::missing() }
}

/// The settings of a source: every variable `TRIBUTARY_<SOURCE>_<NAME>` that is no secret, as `<name>` in lower case.
#[must_use]
pub fn settings_from_env(source: &str) -> Settings {
    let prefix = format!("TRIBUTARY_{}_", source.to_uppercase());
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_lowercase(), value)))
        .filter(|(name, _)| !matches!(name.as_str(), "secret_id" | "auth" | "auth_file"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Mutex as StdMutex;

    use super::*;

    /// Stands in for Secrets Manager: answers each call with what is in it now, or 400 where nothing is.
    fn service(answers: Arc<StdMutex<(usize, Option<&'static str>)>>) -> aws_sdk_secretsmanager::Client {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 8192];
                let _ = stream.read(&mut request).unwrap();
                let mut answers = answers.lock().unwrap();
                answers.0 += 1;
                let (status, body) = match answers.1 {
                    Some(rules) => ("200 OK", serde_json::json!({"Name": "s", "SecretString": rules})),
                    None => ("400 Bad Request", serde_json::json!({"__type": "ResourceNotFoundException"})),
                };
                let body = body.to_string();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("k", "k", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(url);
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_secret_is_cached_refreshed_read_again_on_denial_and_used_on_when_it_is_gone() {
        let answers = Arc::new(StdMutex::new((0, None)));
        let provider = Provider::secrets_manager(service(answers.clone()), "stack/karte".to_owned());
        let set = |rules| answers.lock().unwrap().1 = rules;
        let calls = || answers.lock().unwrap().0;

        let missing = provider.admission(0, false).await.unwrap_err().to_string();
        assert!(missing.contains("stack/karte") && missing.contains("ResourceNotFoundException"), "{missing}");
        set(Some(r#"{"rules":[]}"#));
        assert_eq!(provider.admission(0, false).await.unwrap_err(), SecretError::Rules(RulesError::Empty));

        set(Some(r#"{"rules":[{"type":"bearer","token":"a"}]}"#));
        let before = calls();
        for now in [0, 1_000, REFRESH_MS - 1] {
            assert!(matches!(provider.admission(now, false).await, Ok(Admission::Rules(_))));
        }
        assert_eq!(calls(), before + 1, "cached");
        provider.admission(REFRESH_ON_DENIAL_MS - 1, true).await.unwrap();
        assert_eq!(calls(), before + 1, "a flood of denied requests does not become a flood of reads");
        provider.admission(REFRESH_ON_DENIAL_MS, true).await.unwrap();
        assert_eq!(calls(), before + 2, "read again, for it may have been rotated");
        provider.admission(REFRESH_ON_DENIAL_MS + REFRESH_MS, false).await.unwrap();
        assert_eq!(calls(), before + 3, "refreshed");
        set(None);
        assert!(provider.admission(10 * REFRESH_MS, false).await.is_ok(), "the old rules stay in force");
    }
}
