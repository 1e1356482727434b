//! One request to one answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response};
use tributary_events::{Context, EventId, EventType, Timestamp};
use tributary_normalize::{Normalized, Prepared, Reject, Settings, Source, normalize};
use tributary_pipeline::{Accepted, Deadline, Message, NotDurable, Pipeline, Quarantined};

use crate::auth::{Denied, Verified};
use crate::body::{Inflate, inflate};
use crate::reply::{Problem, challenge, problem, success};
use crate::request::{Incoming, Received, joined};
use crate::secrets::{Admission, Provider, SecretError};

/// How large a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body as sent, after base64. More is refused.
    pub body_bytes: usize,
    /// Bytes of the body inflated. More is not read, and kept as it came.
    pub inflated_bytes: usize,
}

impl Default for Limits {
    /// Lambda hands over events of 6 MB at most, so on AWS every body fits that reaches a function.
    fn default() -> Self {
        Self { body_bytes: 6 << 20, inflated_bytes: 8 << 20 }
    }
}

/// Reason of what is authentic and too large to be read.
pub(crate) const TOO_LARGE: &str = "too_large";
/// Reason of what is authentic and nests too deep to be read.
pub(crate) const TOO_DEEP: &str = "too_deep";
/// Most log lines about single rejects of one request.
const MAX_REJECT_LINES: usize = 10;

/// What the caller knows about a request beyond itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// After it no new call to AWS is begun.
    pub deadline: Deadline,
    /// Names the request in logs.
    pub request_id: String,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything authentic is durable: 200.
    Accepted,
    /// Not authentic: 401.
    Denied,
    /// No usable rules: 503.
    NoSecret,
    /// Too large: 413.
    TooLarge,
    /// Compressed or in another character set, and turned into text on the way, so that nothing can be made of it: 415.
    Destroyed,
    /// Not POST: 405.
    Method,
    /// A question by GET whether this URL is ours, answered: 200.
    Handshake,
    /// Not durable: 503.
    NotDurable,
}

impl Outcome {
    /// The outcome as a word for logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Denied => "denied",
            Self::NoSecret => "no_secret",
            Self::TooLarge => "too_large",
            Self::Destroyed => "destroyed",
            Self::Method => "method",
            Self::Handshake => "handshake",
            Self::NotDurable => "not_durable",
        }
    }

    fn problem(self) -> Problem {
        match self {
            // The first two are never asked for: an accepted request is no problem.
            Self::Accepted | Self::Handshake | Self::NotDurable => Problem::NotDurable,
            Self::Denied => Problem::Denied,
            Self::NoSecret => Problem::NoSecret,
            Self::TooLarge => Problem::TooLarge,
            Self::Destroyed => Problem::Destroyed,
            Self::Method => Problem::Method,
        }
    }
}

/// What the one log line of a request says: counts and durations, never content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The source.
    pub source: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was not accepted, as a word.
    pub reason: &'static str,
    /// Counts.
    pub accepted: Accepted,
    /// Events of a name that no list holds.
    pub unrecognized: usize,
    /// Segments of the path that no list of the source knows. The events flow all the same.
    pub unknown_segments: usize,
    /// Ids of the events in it, in the vendor's order.
    pub ids: Vec<EventId>,
    /// Bytes of the body as sent.
    pub body_bytes: usize,
    /// Milliseconds in all.
    pub total_ms: i64,
}

/// The webhook endpoint of one source.
#[derive(Debug)]
pub struct Gateway {
    source: &'static dyn Source,
    settings: Settings,
    provider: Provider,
    pipeline: Pipeline,
    limits: Limits,
}

struct Refused {
    outcome: Outcome,
    reason: &'static str,
}

impl Refused {
    fn new(outcome: Outcome, reason: &'static str) -> Self {
        Self { outcome, reason }
    }
}

impl Gateway {
    /// The endpoint of a source.
    #[must_use]
    pub fn new(source: &'static dyn Source, settings: Settings, provider: Provider, pipeline: Pipeline) -> Self {
        Self { source, settings, provider, pipeline, limits: Limits::default() }
    }

    /// The source.
    #[must_use]
    pub fn source(&self) -> &'static dyn Source {
        self.source
    }

    /// The answer to what is no HTTP request.
    #[must_use]
    pub fn bad_request() -> Response<Bytes> {
        problem(Problem::BadRequest)
    }

    /// The answer to a request for an unknown source.
    #[must_use]
    pub fn not_found() -> Response<Bytes> {
        problem(Problem::NotFound)
    }

    /// Opens connections and reads the secret, for the time before the first request.
    pub async fn warm(&self) {
        let (_, admission) = tokio::join!(self.pipeline.warm(), self.provider.admission(self.pipeline.clock.now_ms()));
        if let Err(error) = admission {
            tracing::error!(source = self.source.name(), %error, "no usable authentication rules");
        }
    }

    /// Answers a request, and logs one line about it.
    ///
    /// There is an answer whatever comes: no path, header or body is an error of ours.
    pub async fn handle(&self, request: impl Into<Incoming>, call: &Call) -> (Response<Bytes>, Summary) {
        let request = request.into();
        let begun_ms = self.pipeline.clock.now_ms();
        let body_bytes = request.body.len();
        let mut summary = Summary {
            source: self.source.name(),
            outcome: Outcome::Accepted,
            reason: "",
            accepted: Accepted::default(),
            unrecognized: 0,
            unknown_segments: 0,
            ids: Vec::new(),
            body_bytes,
            total_ms: 0,
        };
        let answer = self.answer(request, call, begun_ms, &mut summary);
        let response = match self.provider.beside(answer, begun_ms).await {
            Ok(response) => response,
            Err(Refused { outcome, reason }) => {
                (summary.outcome, summary.reason) = (outcome, reason);
                problem(outcome.problem())
            }
        };
        summary.total_ms = self.pipeline.clock.now_ms() - begun_ms;
        let accepted = &summary.accepted;
        tracing::info!(
            source = summary.source,
            outcome = summary.outcome.as_str(),
            reason = summary.reason,
            status = response.status().as_u16(),
            request_id = call.request_id,
            body_bytes,
            received = accepted.received,
            new = accepted.new,
            duplicate = accepted.duplicate,
            conflict = accepted.conflict,
            left = accepted.left,
            quarantined = accepted.quarantined,
            spilled = accepted.spilled,
            unrecognized = summary.unrecognized,
            unknown_segments = summary.unknown_segments,
            durable_ms = accepted.durable_ms,
            drive_ms = accepted.drive_ms,
            total_ms = summary.total_ms,
            "request"
        );
        (response, summary)
    }

    async fn answer(
        &self,
        request: Incoming,
        call: &Call,
        now_ms: i64,
        summary: &mut Summary,
    ) -> Result<Response<Bytes>, Refused> {
        if request.method != Method::POST {
            return self.shake_hands(&request, now_ms, summary).await;
        }
        if request.body.len() > self.limits.body_bytes {
            return Err(Refused::new(Outcome::TooLarge, "body"));
        }
        // Before verification, for no signature fits what is left of it.
        if request.is_destroyed() {
            return Err(Refused::new(Outcome::Destroyed, "encoding"));
        }
        let received = Received::new(self.source.name(), request);
        let verified = self.verify(received, now_ms).await?;
        self.take(&verified, call, now_ms, summary).await
    }

    /// Answers a question by GET if the rules have a handshake.
    async fn shake_hands(
        &self,
        request: &Incoming,
        now_ms: i64,
        summary: &mut Summary,
    ) -> Result<Response<Bytes>, Refused> {
        let admission = if request.method == Method::GET { self.provider.admission(now_ms).await.ok() } else { None };
        let Some(Admission::Rules(rules)) = admission else { return Err(Refused::new(Outcome::Method, "method")) };
        let Some(handshake) = rules.handshake() else { return Err(Refused::new(Outcome::Method, "method")) };
        let answer = handshake.answer(&request.query).ok_or_else(|| Refused::new(Outcome::Denied, "handshake"))?;
        summary.outcome = Outcome::Handshake;
        Ok(challenge(answer))
    }

    async fn verify(&self, received: Received, now_ms: i64) -> Result<Verified, Refused> {
        let denied = |denied: Denied| Refused::new(Outcome::Denied, denied.as_str());
        let rules = match self.provider.admission(now_ms).await {
            Ok(Admission::Anybody) => return Ok(Verified::unauthenticated(received)),
            Ok(Admission::Rules(rules)) => rules,
            Err(error) => return Err(self.no_rules(&error)),
        };
        let now_s = now_ms / 1000;
        match rules.verify(received, now_s) {
            Ok(verified) => Ok(verified),
            Err((Denied::Wrong, received)) => match self.provider.again(now_ms).await {
                Some(other) if !Arc::ptr_eq(&rules, &other) => {
                    other.verify(*received, now_s).map_err(|(why, _)| denied(why))
                }
                _ => Err(denied(Denied::Wrong)),
            },
            Err((why, _)) => Err(denied(why)),
        }
    }

    fn no_rules(&self, error: &SecretError) -> Refused {
        tracing::error!(source = self.source.name(), %error, "no usable authentication rules");
        Refused::new(Outcome::NoSecret, "no_rules")
    }

    /// Normalizes an authentic request and makes it durable.
    async fn take(
        &self,
        verified: &Verified,
        call: &Call,
        now_ms: i64,
        summary: &mut Summary,
    ) -> Result<Response<Bytes>, Refused> {
        let request = &verified.request;
        let content_type = request.header("content-type").unwrap_or_default();
        let received = Timestamp::from_unix_millis(now_ms);
        let quarantined = |reason: &str, detail: String, part: &[u8]| Quarantined {
            source: self.source.name().to_owned(),
            path: joined(&request.segments),
            content_type: content_type.to_owned(),
            received: received.map(|at| at.to_string()).unwrap_or_default(),
            reason: reason.to_owned(),
            detail,
            part: part.to_vec(),
        };
        // As it came, but for a secret that travels in it.
        let whole = |reason: &str, detail| quarantined(reason, detail, &self.source.without_secret(&request.body));
        let encoding = request.header("content-encoding").unwrap_or_default();
        let body = match inflate(&request.body, encoding, self.limits.inflated_bytes) {
            Ok(body) => body,
            Err(why) => {
                let (reason, detail) = match why {
                    Inflate::TooLarge => {
                        (TOO_LARGE, format!("the body inflates to more than {} bytes", self.limits.inflated_bytes))
                    }
                    Inflate::Unreadable => ("content_encoding", "the body does not inflate".to_owned()),
                };
                summary.accepted = self.accept(Vec::new(), vec![whole(reason, detail)], call).await?;
                return Ok(success(tributary_normalize::Answer::default()));
            }
        };
        let webhook = tributary_normalize::Request {
            segments: &request.segments,
            content_type,
            body: &body,
            context: Context {
                received: received.ok_or_else(|| Refused::new(Outcome::NotDurable, "clock"))?,
                traceparent: request.traceparent().map(Into::into),
            },
            settings: &self.settings,
        };
        let Normalized { events, rejects, unknown_segments, .. } = match normalize(self.source, &webhook, false) {
            Ok(normalized) => normalized,
            Err(error) => {
                summary.accepted = self.accept(Vec::new(), vec![whole(TOO_DEEP, error.to_string())], call).await?;
                return Ok(success(tributary_normalize::Answer::default()));
            }
        };
        summary.unrecognized = events.iter().filter(|event| event.kind == EventType::Unrecognized).count();
        summary.unknown_segments = unknown_segments;
        if unknown_segments > 0 {
            tracing::warn!(
                source = self.source.name(),
                segments = unknown_segments,
                request_id = call.request_id,
                "segments of the path that no list knows: is the URL misspelled?"
            );
        }
        summary.ids = events.iter().map(|event| event.id).collect();
        let messages = events.into_iter().map(to_message).collect();
        let rejects = rejects
            .into_iter()
            .map(|Reject { reason, detail, part }| quarantined(reason.as_str(), detail, &part))
            .collect();
        summary.accepted = self.accept(messages, rejects, call).await?;
        Ok(success(self.source.answer(&webhook)))
    }

    async fn accept(
        &self,
        messages: Vec<Message>,
        rejects: Vec<Quarantined>,
        call: &Call,
    ) -> Result<Accepted, Refused> {
        for reject in rejects.iter().take(MAX_REJECT_LINES) {
            tracing::warn!(
                source = reject.source,
                reason = reject.reason,
                detail = reject.detail,
                request_id = call.request_id,
                "part put into quarantine"
            );
        }
        if rejects.len() > MAX_REJECT_LINES {
            tracing::warn!(
                source = self.source.name(),
                parts = rejects.len(),
                request_id = call.request_id,
                "parts put into quarantine, of which ten have a line"
            );
        }
        self.pipeline.accept(messages, rejects, call.deadline).await.map_err(|error| {
            tracing::error!(source = self.source.name(), request_id = call.request_id, %error, "request not durable");
            let reason = match error {
                NotDurable::Journal(_) => "journal",
                NotDurable::Quarantine => "quarantine",
                NotDurable::Deadline => "deadline",
            };
            Refused::new(Outcome::NotDurable, reason)
        })
    }
}

/// An event as it goes to the pipeline.
#[must_use]
pub fn to_message(event: Prepared) -> Message {
    Message { id: event.id, says: event.says, group: event.group, body: event.json }
}
