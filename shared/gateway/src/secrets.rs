//! Where a source's rules come from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use aws_config::SdkConfig;
use tributary_normalize::Settings;

use crate::auth::{Rules, RulesError};
use crate::manager::Manager;

/// Where a source's rules come from.
pub struct Provider(Kind);

enum Kind {
    Fixed(Arc<Rules>),
    Unusable(SecretError),
    Unauthenticated,
    Missing,
    SecretsManager(Box<Manager>),
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
            Kind::SecretsManager(_) => "Provider(secrets manager)",
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

    /// Whether nothing is configured.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.0, Kind::Missing)
    }

    /// The rules now. Never waits where there are some in memory.
    pub(crate) async fn admission(&self, now_ms: i64) -> Result<Admission, SecretError> {
        match &self.0 {
            Kind::Fixed(rules) => Ok(Admission::Rules(rules.clone())),
            Kind::Unusable(error) => Err(error.clone()),
            Kind::Unauthenticated => Ok(Admission::Anybody),
            Kind::Missing => Err(SecretError::Missing),
            Kind::SecretsManager(manager) => manager.rules(now_ms).await.map(Admission::Rules),
        }
    }

    /// The rules after another look, for a request that those of [`Provider::admission`] did not let in; none where
    /// they cannot have changed.
    pub(crate) async fn again(&self, now_ms: i64) -> Option<Arc<Rules>> {
        match &self.0 {
            Kind::SecretsManager(manager) => manager.again(now_ms).await.ok(),
            _ => None,
        }
    }

    /// Runs a request, and whatever is to be read again beside it.
    pub(crate) async fn beside<T>(&self, request: impl Future<Output = T>, now_ms: i64) -> T {
        match &self.0 {
            Kind::SecretsManager(manager) => manager.beside(request, now_ms).await,
            _ => request.await,
        }
    }
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
        return Provider(Kind::SecretsManager(Box::new(Manager::new(Manager::client(config), id))));
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
