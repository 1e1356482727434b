//! A gateway in a world in memory, and every way to prove who is calling.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use base64::Engine;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, Request, Response};
use sha2::Sha256;
use tributary_gateway::{Call, Gateway, Incoming, Provider, Rules, Summary};
use tributary_normalize::{Settings, Source};
use tributary_pipeline::Deadline;
use tributary_pipeline::memory::World;

pub const SECRET: &str = "s3cret-7d1f";

/// A kind of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A signature over time and body.
    TimedSignature,
    /// A signature over the body.
    Signature,
    Basic,
    Bearer,
    Header,
    Query,
    Path,
    Form,
    StandardWebhooks,
}

pub const PROOFS: [Proof; 9] = [
    Proof::TimedSignature,
    Proof::Signature,
    Proof::Basic,
    Proof::Bearer,
    Proof::Header,
    Proof::Query,
    Proof::Path,
    Proof::Form,
    Proof::StandardWebhooks,
];

impl Proof {
    pub fn rules(self) -> Rules {
        if self == Self::StandardWebhooks {
            let secret = base64::engine::general_purpose::STANDARD.encode(SECRET);
            let rule = format!(r#"{{"rules":[{{"type":"standard_webhooks","secret":"whsec_{secret}"}}]}}"#);
            return Rules::parse(&rule).unwrap();
        }
        let rule = match self {
            Self::TimedSignature => {
                r#""type":"hmac","header":"x-signature","timestamp_header":"x-time","signed":"{timestamp}:{body}","secret""#
            }
            Self::Signature => r#""type":"hmac","header":"authorization","prefix":"Signature=","secret""#,
            Self::Basic => r#""type":"basic","username":"user","password""#,
            Self::Bearer => r#""type":"bearer","token""#,
            Self::Header => r#""type":"header","name":"x-secret","value""#,
            Self::Query => r#""type":"query","name":"token","value""#,
            Self::Path => r#""type":"path","secret""#,
            Self::Form => r#""type":"form","name":"token","value""#,
            Self::StandardWebhooks => "",
        };
        Rules::parse(&format!(r#"{{"rules":[{{{rule}:"{SECRET}"}}]}}"#)).unwrap()
    }

    /// A request that carries this secret where the rule looks for it, signed at that time, seconds.
    pub fn request(self, source: &str, secret: &str, body: &[u8], at_s: i64) -> Request<Bytes> {
        let mut path = format!("/{source}");
        let mut body = body.to_vec();
        let mut header = None;
        match self {
            Self::TimedSignature => {
                let signed = [at_s.to_string().as_bytes(), b":", &body].concat();
                header = Some(("x-signature", hex(&sign(secret, &signed))));
            }
            Self::Signature => {
                header = Some(("authorization", format!("Scheme Signature={}", hex(&sign(secret, &body)))));
            }
            Self::Basic => {
                let user = base64::engine::general_purpose::STANDARD.encode(format!("user:{secret}"));
                header = Some(("authorization", format!("Basic {user}")));
            }
            Self::Bearer => header = Some(("authorization", format!("Bearer {secret}"))),
            Self::Header => header = Some(("x-secret", secret.to_owned())),
            Self::Query => path = format!("{path}?a=1&token={secret}"),
            Self::Path => path = format!("{path}/key-{secret}"),
            Self::StandardWebhooks => {
                let signed = [format!("msg.{at_s}.").as_bytes(), &body].concat();
                let signature = base64::engine::general_purpose::STANDARD.encode(sign(secret, &signed));
                header = Some(("webhook-signature", format!("v1,{signature}")));
            }
            Self::Form => body = [b"token=", secret.as_bytes(), b"&", &body].concat(),
        }
        let mut request = Request::post(path).body(Bytes::from(body)).unwrap();
        if let Some((name, value)) = header {
            request.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        if self == Self::StandardWebhooks {
            request.headers_mut().insert("webhook-id", HeaderValue::from_static("msg"));
            request.headers_mut().insert("webhook-timestamp", HeaderValue::from(at_s));
        }
        if self == Self::TimedSignature {
            request.headers_mut().insert("x-time", HeaderValue::from(at_s));
        }
        request
    }
}

fn sign(secret: &str, text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A gateway and the world it works in.
pub struct Bench {
    pub world: World,
    pub gateway: Gateway,
}

impl Bench {
    pub fn new(source: &'static dyn Source, proof: Proof) -> Self {
        let world = World::new();
        let provider = Provider::fixed(proof.rules());
        let gateway = Gateway::new(source, Settings::default(), provider, world.pipeline());
        Self { world, gateway }
    }

    pub fn now_s(&self) -> i64 {
        self.world.now() / 1000
    }

    /// Nothing in the world waits, so a runtime without a timer will do.
    pub fn send(&self, request: impl Into<Incoming>) -> (Response<Bytes>, Summary) {
        let call = Call { deadline: Deadline { at_ms: self.world.now() + 30_000 }, request_id: "test".to_owned() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.gateway.handle(request, &call))
    }

    /// No port was called: nothing was read, written or sent.
    pub fn is_untouched(&self) -> bool {
        self.world.counts().is_empty()
    }
}

/// A body of the source's that holds events.
pub fn events(source: &str) -> &'static [u8] {
    match source {
        "altcraft" => br#"[{"event_type":"open","event_date":"2026-11-20T10:01:11Z","profile_id":"p","account_id":7}]"#,
        "carrotquest" => b"type=event&event_id=5&event_name=%24cart_viewed&user_id=7",
        "channeltalk" => br#"{"event":"push","type":"message","entity":{"id":"m","channelId":"c","plainText":"t"}}"#,
        "infobip" => br#"{"results":[{"messageId":"m","to":"1","status":{"groupId":3,"id":5},"error":{"id":0}}]}"#,
        _ => br#"{"event_name":"view","user_id":"u","id":"r","values":{"a":1}}"#,
    }
}
