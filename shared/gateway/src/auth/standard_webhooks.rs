//! `standard_webhooks`: Standard Webhooks with a shared secret, version `v1`
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use http::HeaderName;

use super::algorithm::Algorithm;
use super::encoding::base64;
use super::fields::{Fields, RulesError};
use super::signed::{TOLERANCE_S, fresh};
use super::{Check, Denied, Secret};
use crate::request::Received;

pub(super) struct StandardWebhooks {
    secret: Secret,
    id: HeaderName,
    timestamp: HeaderName,
    signature: HeaderName,
    tolerance_s: i64,
}

/// Fields `secret`, `whsec_` and base64, `headers` (`webhook`, or `svix` for senders that use the older names) and
/// `tolerance_seconds`.
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    let secret = fields.matchable("secret")?;
    let key = secret.strip_prefix("whsec_").and_then(base64).filter(|key| !key.is_empty());
    let Some(key) = key else {
        return Err(fields.fault("secret", "must be whsec_ and base64"));
    };
    let names = [("webhook", false), ("svix", true)];
    let is_svix = fields.word("headers", &names, "must be one of: webhook, svix")?.unwrap_or(false);
    let name = |webhook, svix| HeaderName::from_static(if is_svix { svix } else { webhook });
    Ok(Box::new(StandardWebhooks {
        secret: Secret::from(key),
        id: name("webhook-id", "svix-id"),
        timestamp: name("webhook-timestamp", "svix-timestamp"),
        signature: name("webhook-signature", "svix-signature"),
        tolerance_s: fields.seconds("tolerance_seconds")?.unwrap_or(TOLERANCE_S),
    }))
}

impl Check for StandardWebhooks {
    fn check(&self, request: &Received, now_s: i64) -> Result<(), Denied> {
        let header = |name: &HeaderName| request.header(name.as_str()).ok_or(Denied::Missing);
        let (id, timestamp, signatures) = (header(&self.id)?, header(&self.timestamp)?, header(&self.signature)?);
        // Other versions are for other keys.
        let given: Vec<Vec<u8>> =
            signatures.split(' ').filter_map(|each| base64(each.strip_prefix("v1,")?.trim())).collect();
        let feed = |each: &mut dyn FnMut(&[u8])| {
            for piece in [id.as_bytes(), b".", timestamp.as_bytes(), b".", &request.body] {
                each(piece);
            }
        };
        if !Algorithm::Sha256.vouches(&self.secret, &feed, &given) {
            return Err(Denied::Wrong);
        }
        fresh(timestamp.trim(), now_s, self.tolerance_s)
    }
}
