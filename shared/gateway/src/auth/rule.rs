//! The rules of a source, as they stand in its secret.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::fields::{Fields, Object, RulesError};
use super::handshake::Handshake;
use super::{Denied, Verified};
use super::{basic, bearer, ecdsa, form, header, hmac, path, query, standard_webhooks, url_form};
use crate::request::Received;

/// Whether a request proves who is calling.
pub(super) trait Check: Send + Sync {
    /// Whether the rule vouches for the request. `now_s` is in seconds since 1970.
    fn check(&self, request: &Received, now_s: i64) -> Result<(), Denied>;
}

type Read = fn(&mut Fields) -> Result<Box<dyn Check>, RulesError>;

/// Every type of rule. Each is a file of its own: what it reads and how it checks.
const TYPES: [(&str, Read); 10] = [
    ("basic", basic::read),
    ("bearer", bearer::read),
    ("ecdsa", ecdsa::read),
    ("form", form::read),
    ("header", header::read),
    ("hmac", hmac::read),
    ("path", path::read),
    ("query", query::read),
    ("standard_webhooks", standard_webhooks::read),
    ("url_form", url_form::read),
];

/// The rules of a source. A request is authentic if **one** of them vouches for it, so a secret is rotated by adding the
/// new rule, changing the vendor's console, and then taking the old rule out.
///
/// ```
/// let rules = r#"{"rules":[{"type":"basic","username":"infobip","password":"s3cret"}]}"#;
/// assert!(tributary_gateway::Rules::parse(rules).is_ok());
/// ```
#[derive(Clone)]
pub struct Rules {
    rules: Vec<Rule>,
    handshake: Option<Handshake>,
}

/// One way to prove who is calling.
#[derive(Clone)]
pub struct Rule {
    kind: &'static str,
    check: Arc<dyn Check>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    rules: Vec<Object>,
    #[serde(default)]
    handshake: Option<Object>,
}

impl Rules {
    /// Reads rules. A rule that could never let anybody in, or would let more in than it says, is refused.
    ///
    /// # Errors
    /// [`RulesError`]. Its text names the rule and the field, and never quotes a value.
    pub fn parse(json: &str) -> Result<Self, RulesError> {
        let given: Given = serde_json::from_str(json).map_err(|error| RulesError::Shape {
            kind: if error.is_data() { "data" } else { "syntax" },
            line: error.line(),
            column: error.column(),
        })?;
        if given.rules.is_empty() {
            return Err(RulesError::Empty);
        }
        let read = |(number, rule)| {
            let (kind, read, mut fields) = Fields::of(format!("rules[{number}]"), rule, &TYPES)?;
            let check = read(&mut fields)?;
            fields.end()?;
            Ok(Rule { kind, check: Arc::from(check) })
        };
        let rules = given.rules.into_iter().enumerate().map(read).collect::<Result<_, RulesError>>()?;
        Ok(Self { rules, handshake: given.handshake.map(Handshake::read).transpose()? })
    }

    /// What kinds of rules there are, in their order, as `type` names them. Holds nothing of a secret.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        self.rules.iter().map(|rule| rule.kind).collect()
    }

    /// What answers a question by GET, if the source has it.
    pub(crate) fn handshake(&self) -> Option<&Handshake> {
        self.handshake.as_ref()
    }

    /// Lets a request through if any rule vouches for it. `now_s` is in seconds since 1970.
    ///
    /// # Errors
    /// [`Denied`], with the nearest miss of all rules, and the request.
    pub fn verify(&self, request: Received, now_s: i64) -> Result<Verified, (Denied, Box<Received>)> {
        let mut nearest = Denied::Missing;
        for (number, rule) in self.rules.iter().enumerate() {
            match rule.check.check(&request, now_s) {
                Ok(()) => return Ok(Verified { request, rule: Some(number) }),
                Err(Denied::Stale) => nearest = Denied::Stale,
                Err(Denied::Wrong) if nearest == Denied::Missing => nearest = Denied::Wrong,
                Err(_) => {}
            }
        }
        Err((nearest, Box::new(request)))
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(..)", self.kind)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rules).finish()
    }
}
