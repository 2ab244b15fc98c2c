//! A request as matchers see it. What only some of them look at is made when one does.

use std::borrow::Cow;
use std::cell::OnceCell;

use deno_core::serde_json;
use deno_core::url::form_urlencoded;

use crate::realm::header_text;
use crate::realm::value::{Text, Value};

/// Methods that say so when they have no body.
const EXPECTING: [&str; 2] = ["PUT", "POST"];

/// Names, in lower case, that JavaScript's objects have of themselves: Node keeps headers in one, where these are not as
/// others are.
const INHERITED: [&str; 12] = [
    "__definegetter__",
    "__definesetter__",
    "__lookupgetter__",
    "__lookupsetter__",
    "__proto__",
    "constructor",
    "hasownproperty",
    "isprototypeof",
    "propertyisenumerable",
    "tolocalestring",
    "tostring",
    "valueof",
];

pub enum Body<'r> {
    None,
    Text(&'r Text),
    Bytes(&'r [u8]),
    /// A stream that has not been read.
    Unread,
}

pub struct Request<'r> {
    /// Path and query, the query's parameters in order.
    pub path: Cow<'r, str>,
    /// `None` when it has no UTF-8; so for other text.
    pub method: Option<Cow<'r, str>>,
    pub body: Body<'r>,
    length: Option<f64>,
    header_text: &'r Value,
    headers: OnceCell<Option<Headers>>,
    text: OnceCell<Option<Cow<'r, str>>>,
    json: OnceCell<Option<serde_json::Value>>,
}

impl<'r> Request<'r> {
    /// Reads `[method, headers, length, body]`: the length of a body in bytes, if it is known; a body that is not in memory
    /// is neither null, text nor bytes.
    pub fn read(path: &'r str, parts: [&'r Value; 4]) -> Request<'r> {
        let [method, headers, length, body] = parts;
        Request {
            path: sort_query(path),
            method: text_of(method),
            body: match body {
                Value::Null => Body::None,
                Value::Text(text) => Body::Text(text),
                Value::Bytes(bytes) => Body::Bytes(bytes.as_slice()),
                _ => Body::Unread,
            },
            length: match length {
                Value::Number(length) => Some(*length),
                _ => None,
            },
            header_text: headers,
            headers: OnceCell::new(),
            text: OnceCell::new(),
            json: OnceCell::new(),
        }
    }

    /// The text of a body in memory; `None` when its UTF-8 is broken.
    pub fn text(&self) -> Option<&str> {
        let text = self.text.get_or_init(|| match &self.body {
            Body::Text(text) => whole(text),
            Body::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Body::None | Body::Unread => None,
        });
        text.as_deref()
    }

    /// The value of a JSON body. Some JSON that JavaScript accepts is invalid here, such as numbers beyond the largest.
    pub fn json(&self) -> Option<&serde_json::Value> {
        let json = self.json.get_or_init(|| serde_json::from_str(self.text()?).ok());
        json.as_ref()
    }

    /// `None` when only JavaScript knows them.
    pub fn headers(&self) -> Option<&Headers> {
        self.headers.get_or_init(|| self.read_headers()).as_ref()
    }

    /// As `MockRequest` in `src/mock/node/mock-request.ts` has them, names in lower case.
    fn read_headers(&self) -> Option<Headers> {
        let text = text_of(self.header_text)?;
        let parts: Vec<_> = text.split('\n').collect();
        let mut headers = Headers::default();
        for (name, value) in header_text::pairs(&text) {
            let name = name.to_ascii_lowercase();
            if !is_plain(&name) {
                return None;
            }
            let is_loop = name == "mf-loop";
            headers.add(name, value);
            if is_loop && let Some(length) = self.length_to_add(&parts)? {
                headers.add("content-length".into(), &length);
            }
        }
        Some(headers)
    }

    /// The length that the mock adds itself. The outer `None` is when only JavaScript knows it.
    fn length_to_add(&self, parts: &[&str]) -> Option<Option<String>> {
        let (_, named) = parts.split_last()?;
        if named.iter().any(|part| part.eq_ignore_ascii_case("content-length")) {
            return Some(None);
        }
        Some(match self.body {
            Body::Text(_) => Some(self.text()?.len().to_string()),
            Body::None => EXPECTING.contains(&self.method.as_deref()?).then(|| "0".into()),
            Body::Bytes(_) | Body::Unread => self.length.map(|length| length.to_string()),
        })
    }
}

/// By their names in lower case.
#[derive(Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn add(&mut self, name: String, value: &str) {
        let between = if name == "cookie" { "; " } else { ", " };
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push_str(between);
                values.push_str(value);
            }
            None => self.0.push((name, value.into())),
        }
    }
}

/// Whether Node finds a header of this name, in lower case, as it is found here.
pub fn is_plain(name: &str) -> bool {
    name.is_ascii() && !INHERITED.contains(&name)
}

/// Text as UTF-8; `None` for lone surrogates, which have none, and for other values.
pub fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => whole(text),
        _ => None,
    }
}

fn whole(text: &Text) -> Option<Cow<'_, str>> {
    match text {
        Text::Latin1(bytes) if bytes.is_ascii() => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Text::Latin1(bytes) => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Text::Utf16(units) => String::from_utf16(units).ok().map(Cow::Owned),
        Text::Utf8(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

/// Origin and path of a normalised URL. `None` when it takes parsing.
pub fn split_url(url: &str) -> Option<(&str, &str)> {
    let start = url.bytes().skip("https://".len()).position(|byte| byte == b'/')? + "https://".len();
    let (origin, rest) = url.split_at_checked(start)?;
    if origin.contains('@') {
        return None;
    }
    Some((origin, rest.split('#').next().unwrap_or(rest)))
}

/// A path whose query, if it has one, is in order, as `sortQuery` in `src/mock/node/matching.ts` makes it.
fn sort_query(path: &str) -> Cow<'_, str> {
    let Some((before, query)) = path.split_once('?').filter(|(_, query)| !query.contains('?')) else {
        return Cow::Borrowed(path);
    };
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    pairs.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    let mut sorted = form_urlencoded::Serializer::for_suffix(format!("{before}?"), before.len() + 1);
    Cow::Owned(sorted.extend_pairs(pairs).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_put_in_order() {
        for (path, sorted) in [
            ("/a", "/a"),
            ("/a?b=1&a=2", "/a?a=2&b=1"),
            ("/a?b&a&b=%20+", "/a?a=&b=&b=++"),
            ("/a?", "/a?"),
            ("/a?b?a", "/a?b?a"),
            ("/?%F0%9F%98%80=1&%EF%BF%BD=2", "/?%F0%9F%98%80=1&%EF%BF%BD=2"),
        ] {
            assert_eq!(sort_query(path), sorted);
        }
    }

    #[test]
    fn urls_are_split() {
        assert_eq!(split_url("https://a.com/b?c#d"), Some(("https://a.com", "/b?c")));
        assert_eq!(split_url("http://a/"), Some(("http://a", "/")));
        assert_eq!(split_url("https://user@a.com/"), None);
        assert_eq!(split_url("data:"), None);
    }
}
