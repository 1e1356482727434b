//! One request to one answer.

use bytes::Bytes;
use http::{Method, Request, Response};
use tributary_events::{Context, EventId, EventType, Timestamp};
use tributary_normalize::{Normalized, Prepared, Reject, Settings, Source, normalize};
use tributary_pipeline::{Accepted, Deadline, Message, NotDurable, Pipeline, Quarantined};

use crate::auth::{Denied, Verified};
use crate::body::{Inflate, inflate};
use crate::reply::{Problem, problem, success};
use crate::request::Received;
use crate::secrets::{Admission, Provider, SecretError};

/// How large a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body as sent, after base64.
    pub body_bytes: usize,
    /// Bytes of the body inflated.
    pub inflated_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 1 << 20, inflated_bytes: 8 << 20 }
    }
}

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
    /// Nests too deep: 400.
    TooDeep,
    /// Not POST: 405.
    Method,
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
            Self::TooDeep => "too_deep",
            Self::Method => "method",
            Self::NotDurable => "not_durable",
        }
    }

    fn problem(self) -> Problem {
        match self {
            // Never asked for: an accepted request is no problem.
            Self::Accepted | Self::NotDurable => Problem::NotDurable,
            Self::Denied => Problem::Denied,
            Self::NoSecret => Problem::NoSecret,
            Self::TooLarge => Problem::TooLarge,
            Self::TooDeep => Problem::TooDeep,
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

    /// The answer to a request for an unknown source.
    #[must_use]
    pub fn not_found() -> Response<Bytes> {
        problem(Problem::NotFound)
    }

    /// Opens connections and reads the secret, for the time before the first request.
    pub async fn warm(&self) {
        let (_, admission) =
            tokio::join!(self.pipeline.warm(), self.provider.admission(self.pipeline.clock.now_ms(), false));
        if let Err(error) = admission {
            tracing::error!(source = self.source.name(), %error, "no usable authentication rules");
        }
    }

    /// Answers a request, and logs one line about it.
    pub async fn handle(&self, request: Request<Bytes>, call: &Call) -> (Response<Bytes>, Summary) {
        let begun_ms = self.pipeline.clock.now_ms();
        let body_bytes = request.body().len();
        let mut summary = Summary {
            source: self.source.name(),
            outcome: Outcome::Accepted,
            reason: "",
            accepted: Accepted::default(),
            unrecognized: 0,
            ids: Vec::new(),
            body_bytes,
            total_ms: 0,
        };
        let response = match self.answer(request, call, begun_ms, &mut summary).await {
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
            durable_ms = accepted.durable_ms,
            drive_ms = accepted.drive_ms,
            total_ms = summary.total_ms,
            "request"
        );
        (response, summary)
    }

    async fn answer(
        &self,
        request: Request<Bytes>,
        call: &Call,
        now_ms: i64,
        summary: &mut Summary,
    ) -> Result<Response<Bytes>, Refused> {
        if request.method() != Method::POST {
            return Err(Refused::new(Outcome::Method, "method"));
        }
        let (parts, body) = request.into_parts();
        if body.len() > self.limits.body_bytes {
            return Err(Refused::new(Outcome::TooLarge, "body"));
        }
        let query = parts.uri.query().unwrap_or_default();
        let received = Received::new(self.source.name(), parts.uri.path(), query, parts.headers, body);
        let verified = self.verify(received, now_ms).await?;
        self.take(&verified, call, now_ms, summary).await
    }

    async fn verify(&self, received: Received, now_ms: i64) -> Result<Verified, Refused> {
        let admission = |denied| self.provider.admission(now_ms, denied);
        let no_rules = |error: SecretError| {
            tracing::error!(source = self.source.name(), %error, "no usable authentication rules");
            Refused::new(Outcome::NoSecret, "no_rules")
        };
        let denied = |denied: Denied| Refused::new(Outcome::Denied, denied.as_str());
        let rules = match admission(false).await.map_err(no_rules)? {
            Admission::Anybody => return Ok(Verified::unauthenticated(received)),
            Admission::Rules(rules) => rules,
        };
        let now_s = now_ms / 1000;
        match rules.verify(received, now_s) {
            Ok(verified) => Ok(verified),
            Err((Denied::Wrong, received)) if self.provider.may_have_rotated() => {
                match admission(true).await.map_err(no_rules)? {
                    Admission::Rules(rules) => rules.verify(*received, now_s).map_err(|(why, _)| denied(why)),
                    Admission::Anybody => Err(denied(Denied::Wrong)),
                }
            }
            Err((why, _)) => Err(denied(why)),
        }
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
            path: request.segments.iter().map(|segment| format!("/{segment}")).collect(),
            content_type: content_type.to_owned(),
            received: received.map(|at| at.to_string()).unwrap_or_default(),
            reason: reason.to_owned(),
            detail,
            part: part.to_vec(),
        };
        let encoding = request.header("content-encoding").unwrap_or_default();
        let body = match inflate(&request.body, encoding, self.limits.inflated_bytes) {
            Ok(body) => body,
            Err(Inflate::TooLarge) => return Err(Refused::new(Outcome::TooLarge, "inflated")),
            Err(Inflate::Unreadable) => {
                let whole = quarantined("content_encoding", "the body does not inflate".to_owned(), &request.body);
                let accepted = self.accept(Vec::new(), vec![whole], call).await?;
                summary.accepted = accepted;
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
        let Normalized { events, rejects, .. } =
            normalize(self.source, &webhook, false).map_err(|_| Refused::new(Outcome::TooDeep, "depth"))?;
        summary.unrecognized = events.iter().filter(|event| event.kind == EventType::Unrecognized).count();
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
        for reject in &rejects {
            tracing::warn!(
                source = reject.source,
                reason = reject.reason,
                detail = reject.detail,
                request_id = call.request_id,
                "part put into quarantine"
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
