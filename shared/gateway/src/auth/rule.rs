//! The rules of a source, as they stand in its secret.

use std::fmt;

use serde::Deserialize;

use super::secret::Secret;

/// The rules of a source. A request is authentic if **one** of them vouches for it, so a secret is rotated by adding the
/// new rule, changing the vendor's console, and then taking the old rule out.
///
/// ```
/// let rules = r#"{"rules":[{"type":"basic","username":"infobip","password":"s3cret"}]}"#;
/// assert!(tributary_gateway::Rules::parse(rules).is_ok());
/// ```
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// One way to prove who is calling.
#[derive(Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// A keyed hash of the raw body in a header.
    Hmac {
        /// The shared secret, taken as UTF-8 bytes.
        secret: Secret,
        /// The header with the signature.
        header: String,
        /// The hash.
        #[serde(default)]
        algorithm: Algorithm,
        /// How the signature is written.
        #[serde(default)]
        encoding: Encoding,
        /// What stands before the signature within the header, `sha256=` for one. What follows counts, up to a comma.
        #[serde(default)]
        prefix: String,
        /// What is signed, with `{body}` and `{timestamp}` in it.
        #[serde(default = "body_only")]
        signed: String,
        /// The header with the time of signing, seconds since 1970.
        #[serde(default)]
        timestamp_header: Option<String>,
        /// How far that time may lie from ours, seconds. 0 for any.
        #[serde(default = "five_minutes")]
        tolerance_seconds: i64,
    },
    /// HTTP Basic.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: Secret,
    },
    /// `Authorization: Bearer`.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// A header of fixed value.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A parameter of the query.
    Query {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// The first segment after the source, `key-<secret>`.
    Path {
        /// The secret, without `key-`.
        secret: Secret,
    },
    /// A field of a form encoded body.
    Form {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
}

/// The hash of a keyed hash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// HMAC-MD5.
    Md5,
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-224.
    Sha224,
    /// HMAC-SHA-256.
    #[default]
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Either, for vendors whose pages do not say.
    #[default]
    Any,
    /// Hexadecimal, any case.
    Hex,
    /// Base64, standard or URL alphabet, padded or not.
    Base64,
}

fn body_only() -> String {
    "{body}".to_owned()
}

const fn five_minutes() -> i64 {
    300
}

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Not JSON, or not of the shape of rules. Says where, never what.
    #[error(
        "not rules: {kind} error at line {line} column {column}; expected {{\"rules\":[{{\"type\":\"basic\",...}}]}}"
    )]
    Shape {
        /// `syntax` or `data`.
        kind: &'static str,
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// A list without rules.
    #[error("no rule in \"rules\": without one nobody can be let in")]
    Empty,
    /// A secret, password, token or value is empty: it would let anybody in.
    #[error("rule {0} has an empty secret")]
    EmptySecret(usize),
    /// A signature over no body proves nothing.
    #[error("rule {0}: \"signed\" must contain {{body}}")]
    UnsignedBody(usize),
}

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// [`RulesError`]. Its text never quotes the rules.
    pub fn parse(json: &str) -> Result<Self, RulesError> {
        let rules: Self = serde_json::from_str(json).map_err(|error| RulesError::Shape {
            kind: if error.is_data() { "data" } else { "syntax" },
            line: error.line(),
            column: error.column(),
        })?;
        if rules.rules.is_empty() {
            return Err(RulesError::Empty);
        }
        for (number, rule) in rules.rules.iter().enumerate() {
            if rule.secret().is_empty() {
                return Err(RulesError::EmptySecret(number));
            }
            if matches!(rule, Rule::Hmac { signed, .. } if !signed.contains("{body}")) {
                return Err(RulesError::UnsignedBody(number));
            }
        }
        Ok(rules)
    }

    /// What kinds of rules there are, in their order, as `type` names them. Holds nothing of a secret.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        let kind = |rule: &Rule| match rule {
            Rule::Hmac { .. } => "hmac",
            Rule::Basic { .. } => "basic",
            Rule::Bearer { .. } => "bearer",
            Rule::Header { .. } => "header",
            Rule::Query { .. } => "query",
            Rule::Path { .. } => "path",
            Rule::Form { .. } => "form",
        };
        self.rules.iter().map(kind).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }
}

impl Rule {
    fn secret(&self) -> &Secret {
        match self {
            Self::Hmac { secret, .. } | Self::Path { secret } => secret,
            Self::Basic { password, .. } => password,
            Self::Bearer { token } => token,
            Self::Header { value, .. } | Self::Query { value, .. } | Self::Form { value, .. } => value,
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hmac { .. } => "Hmac(..)",
            Self::Basic { .. } => "Basic(..)",
            Self::Bearer { .. } => "Bearer(..)",
            Self::Header { .. } => "Header(..)",
            Self::Query { .. } => "Query(..)",
            Self::Path { .. } => "Path(..)",
            Self::Form { .. } => "Form(..)",
        })
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rules).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_would_let_anybody_in_are_refused() {
        assert_eq!(Rules::parse(r#"{"rules":[]}"#).unwrap_err(), RulesError::Empty);
        let empty = r#"{"rules":[{"type":"bearer","token":"x"},{"type":"header","name":"a","value":""}]}"#;
        assert_eq!(Rules::parse(empty).unwrap_err(), RulesError::EmptySecret(1));
        let unsigned = r#"{"rules":[{"type":"hmac","secret":"x","header":"h","signed":"{timestamp}"}]}"#;
        assert_eq!(Rules::parse(unsigned).unwrap_err(), RulesError::UnsignedBody(0));
    }

    #[test]
    fn errors_and_debug_do_not_quote_secrets() {
        for json in
            [r#"{"rules":[{"type":"bearer","tokn":"hunter2"}]}"#, r#"{"rules":[{"type":"hunter2"}]}"#, "hunter2"]
        {
            let error = Rules::parse(json).unwrap_err();
            assert!(matches!(error, RulesError::Shape { .. }));
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        let rules = Rules::parse(r#"{"rules":[{"type":"path","secret":"hunter2"}]}"#).unwrap();
        assert_eq!(format!("{rules:?}"), "[Path(..)]");
    }
}
