//! What one interceptor waits for, and how far a request passes it: by its path, then its method, body and headers. Where
//! it takes JavaScript to tell, that is said, and nothing behind it is looked at.

use deno_core::serde_json;

use super::pattern::Pattern;
use super::request::{Body, Request, is_plain, text_of};
use crate::realm::value::Value;

/// The stages of a request that passes all of them.
pub const ALL: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Yes,
    No,
    /// Only JavaScript can tell.
    Ask,
}

impl Answer {
    fn of(takes: Option<bool>) -> Answer {
        takes.map_or(Answer::Ask, |takes| if takes { Answer::Yes } else { Answer::No })
    }
}

/// What a text is compared with.
pub enum Matcher {
    Text(String),
    Pattern(Pattern),
    /// A function, or what else only JavaScript understands.
    Ask,
}

impl Matcher {
    /// Reads text, `[source, flags]` of a RegExp, or anything else for what JavaScript is to be asked.
    pub fn read(value: &Value) -> Matcher {
        let read = match value {
            Value::List(parts) => read_pattern(parts).map(Matcher::Pattern),
            value => text_of(value).map(|text| Matcher::Text(text.into_owned())),
        };
        read.unwrap_or(Matcher::Ask)
    }

    fn takes(&self, text: Option<&str>) -> Answer {
        Answer::of(match self {
            Matcher::Text(own) => text.map(|text| own == text),
            Matcher::Pattern(pattern) => text.and_then(|text| pattern.test(text)),
            Matcher::Ask => None,
        })
    }
}

fn read_pattern(parts: &[Value]) -> Option<Pattern> {
    let [source, flags] = parts else { return None };
    Pattern::read(&text_of(source)?, &text_of(flags)?)
}

enum BodyMatcher {
    Any,
    None,
    Is(Matcher),
    Bytes(Vec<u8>),
    Json(serde_json::Value),
}

impl BodyMatcher {
    /// Reads what a `Matcher` is read from, or true for any body, null for none, bytes, and `[json]`.
    fn read(value: &Value) -> BodyMatcher {
        match value {
            Value::Bool(true) => BodyMatcher::Any,
            Value::Null => BodyMatcher::None,
            Value::Bytes(bytes) => BodyMatcher::Bytes(bytes.as_slice().to_vec()),
            Value::List(parts) if parts.len() == 1 => {
                let json = text_of(&parts[0]).and_then(|text| serde_json::from_str(&text).ok());
                json.map_or(BodyMatcher::Is(Matcher::Ask), BodyMatcher::Json)
            }
            value => BodyMatcher::Is(Matcher::read(value)),
        }
    }

    fn takes(&self, request: &Request) -> Answer {
        Answer::of(match (self, &request.body) {
            (BodyMatcher::Any, _) => Some(true),
            (BodyMatcher::None, body) => Some(matches!(body, Body::None)),
            (BodyMatcher::Is(Matcher::Ask), _) | (_, Body::Unread) => None,
            // A RegExp tests the text of whatever it is given.
            (BodyMatcher::Is(Matcher::Pattern(pattern)), Body::None) => pattern.test("null"),
            (_, Body::None) => Some(false),
            (BodyMatcher::Is(matcher), _) => return matcher.takes(request.text()),
            (BodyMatcher::Bytes(own), Body::Bytes(bytes)) => Some(own == bytes),
            (BodyMatcher::Bytes(own), Body::Text(_)) => request.text().map(|text| own == text.as_bytes()),
            (BodyMatcher::Json(own), _) => request.json().map(|json| same(own, json)),
        })
    }
}

/// Whether JavaScript parses two texts to values that are deeply and strictly equal: numbers are doubles, and 0 is not -0.
fn same(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (one, other) {
        (Number(one), Number(other)) => one.as_f64().map(f64::to_bits) == other.as_f64().map(f64::to_bits),
        (Array(one), Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Object(one), Object(other)) => {
            let in_other = |(key, one)| other.get(key).is_some_and(|other| same(one, other));
            one.len() == other.len() && one.iter().all(in_other)
        }
        (one, other) => one == other,
    }
}

enum HeaderMatchers {
    /// By their names in lower case.
    Each(Vec<(String, Matcher)>),
    Ask,
}

impl HeaderMatchers {
    /// Reads `[name, matcher, name, matcher, ...]`, or anything else for what JavaScript is to be asked.
    fn read(value: &Value) -> HeaderMatchers {
        let Value::List(parts) = value else {
            return HeaderMatchers::Ask;
        };
        let read = |pair: &[Value]| {
            let name = text_of(&pair[0])?.to_ascii_lowercase();
            is_plain(&name).then(|| (name, Matcher::read(&pair[1])))
        };
        let each: Option<Vec<_>> = parts.chunks_exact(2).map(read).collect();
        each.map_or(HeaderMatchers::Ask, HeaderMatchers::Each)
    }

    fn takes(&self, request: &Request) -> Answer {
        let HeaderMatchers::Each(each) = self else {
            return Answer::Ask;
        };
        if each.is_empty() {
            return Answer::Yes;
        }
        let Some(headers) = request.headers() else {
            return Answer::Ask;
        };
        let answer = |(name, matcher): &(String, Matcher)| match (matcher, headers.get(name)) {
            (Matcher::Text(_), None) => Answer::No,
            // A RegExp tests the text of whatever it is given.
            (matcher, value) => matcher.takes(value.or(Some("undefined"))),
        };
        each.iter()
            .map(answer)
            .find(|answer| *answer != Answer::Yes)
            .unwrap_or(Answer::Yes)
    }
}

pub struct Interceptor {
    method: Matcher,
    body: BodyMatcher,
    headers: HeaderMatchers,
}

impl Interceptor {
    /// All but the path, by which interceptors are found.
    pub fn read([method, body, headers]: [&Value; 3]) -> Interceptor {
        Interceptor {
            method: Matcher::read(method),
            body: BodyMatcher::read(body),
            headers: HeaderMatchers::read(headers),
        }
    }

    /// How many stages a request passes whose path is taken; `None` when only JavaScript can tell.
    pub fn stages_passed(&self, request: &Request) -> Option<usize> {
        let stages: [&dyn Fn() -> Answer; ALL - 1] = [
            &|| self.method.takes(request.method.as_deref()),
            &|| self.body.takes(request),
            &|| self.headers.takes(request),
        ];
        for (passed, stage) in (1..).zip(stages) {
            match stage() {
                Answer::Yes => {}
                Answer::No => return Some(passed),
                Answer::Ask => return None,
            }
        }
        Some(ALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compared_as_javascript_has_it() {
        for (one, other, equal) in [
            ("1", "1.0", true),
            ("0", "-0", false),
            ("9007199254740993", "9007199254740992", true),
            ("18446744073709551617", "18446744073709551616", true),
            ("0.1", "0.1000000000000000055511151231257827", true),
            ("0.1", "0.10000000000000002", false),
            ("1e-400", "0", true),
            (
                r#"{"a":[1,{"b":null}],"c":"é"}"#,
                r#"{"c":"\u00e9","a":[1.0,{"b":null}]}"#,
                true,
            ),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#, false),
            (r#"{"a":2,"a":1}"#, r#"{"a":1}"#, true),
            ("[1,2]", "[2,1]", false),
            (r#"["0"]"#, r#"{"0":"0"}"#, false),
        ] {
            let [left, right] = [one, other].map(|text| serde_json::from_str(text).expect("it is JSON"));
            assert_eq!(same(&left, &right), equal, "{one} {other}");
        }
    }
}
