//! Credentials and region, from where the AWS CLI has them.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use tributary_pipeline::aws::load_config;

/// A machine without any asks its network for some, which answers late or never.
const PATIENCE: Duration = Duration::from_secs(20);

const SIGN_IN: &str = "set AWS_PROFILE, or sign in (aws sso login), or for any other kind of sign-in: \
                       eval \"$(aws configure export-credentials --format env)\"";

/// The configuration of every client. Its time limits are the functions': no call takes longer than 8 s.
pub(super) async fn config() -> Result<SdkConfig, String> {
    let found = tokio::time::timeout(PATIENCE, found()).await;
    found.unwrap_or_else(|_| Err(format!("no AWS credentials were found in {} s: {SIGN_IN}", PATIENCE.as_secs())))
}

async fn found() -> Result<SdkConfig, String> {
    let config = load_config().await;
    if config.region().is_none() {
        return Err("no AWS region: set AWS_REGION, or a region in the profile that AWS_PROFILE names".to_owned());
    }
    let provider = config.credentials_provider().ok_or_else(|| format!("no AWS credentials: {SIGN_IN}"))?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(config),
        Err(error) => Err(format!("no AWS credentials: {}; {SIGN_IN}", super::trouble::reasons(&error))),
    }
}
