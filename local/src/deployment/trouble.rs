//! What went wrong with a call to AWS, and what to do about it.

use std::error::Error;
use std::fmt;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// A call that failed, in words that say what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) why: Why,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// What was asked for is not there.
    Missing,
    /// The caller may not.
    Denied,
    /// The credentials are unknown or too old.
    Credentials,
    /// This machine's time is too far off.
    Clock,
    /// No answer.
    Unreachable,
    Other,
}

impl Trouble {
    pub(crate) fn new(why: Why, text: impl Into<String>) -> Self {
        Self { why, text: text.into() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Trouble> for String {
    fn from(trouble: Trouble) -> Self {
        trouble.text
    }
}

/// What to make of an error. `call` is the action as IAM names it.
pub(crate) fn trouble<E, R>(call: &str, error: &SdkError<E, R>) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug,
{
    let SdkError::ServiceError(service) = error else {
        return match error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => unreachable(call),
            _ => Trouble::new(Why::Other, format!("{call} could not be made: {}", reasons(error))),
        };
    };
    let code = service.err().code().unwrap_or("no code");
    let message = service.err().message().unwrap_or_default();
    let late = message.contains("expired") || message.contains("not yet current");
    let why = match code {
        "RequestExpired" | "RequestTimeTooSkewed" => Why::Clock,
        "InvalidSignatureException" | "SignatureDoesNotMatch" if late => Why::Clock,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "InvalidAccessKeyId" => Why::Credentials,
        _ if code.contains("AccessDenied") || code.contains("NotAuthorized") => Why::Denied,
        _ if code.contains("NotFound") || code.contains("DoesNotExist") || code.contains("NonExistent") => Why::Missing,
        _ => Why::Other,
    };
    let text = match why {
        Why::Clock => format!("{call}: the signature's time is refused ({code}): set this machine's clock"),
        Why::Credentials => {
            format!("{call}: the credentials are not accepted ({code}): sign in again, or set AWS_PROFILE to another")
        }
        Why::Denied => format!("{call} is denied: the caller needs this action on the stack's resources"),
        Why::Missing => format!("{call}: there is none ({code}): another region (AWS_REGION) or account?"),
        Why::Other | Why::Unreachable => format!("{call}: {code}"),
    };
    Trouble::new(why, text)
}

fn unreachable(call: &str) -> Trouble {
    let set = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS", "HTTPS_PROXY"]
        .into_iter()
        .filter(|name| std::env::var_os(name).is_some());
    let set: Vec<&str> = set.collect();
    let hint = if set.is_empty() {
        "check the network and AWS_REGION".to_owned()
    } else {
        format!("check the network, AWS_REGION, and {}, which is set", set.join(", "))
    };
    Trouble::new(Why::Unreachable, format!("{call}: no answer; {hint}"))
}

/// An error with all that caused it, for most say nothing by themselves.
pub(crate) fn reasons(error: &dyn Error) -> String {
    let mut reasons = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        let reason = error.to_string();
        if reasons.last() != Some(&reason) {
            reasons.push(reason);
        }
        source = error.source();
    }
    reasons.join(": ")
}
