//! What a cache answers a request with, of a response that it has: all of it, parts of it, or that nothing has changed.

use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;

use super::range::{self, Wanted};
use crate::realm::header_text;

/// A response as it is stored, and as it is answered with; `body` is `None` where there can be none. Headers are flat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub status: u16,
    pub headers: String,
    pub body: Option<Bytes>,
}

const NOT_MODIFIED: u16 = 304;
const PARTIAL_CONTENT: u16 = 206;
const RANGE_NOT_SATISFIABLE: u16 = 416;

impl Stored {
    /// The answer to a request with these headers.
    pub fn reply(mut self, request_headers: &str) -> Stored {
        header_text::set(&mut self.headers, "cf-cache-status", "HIT");
        if request_headers.is_empty() {
            return self;
        }
        if self.is_unchanged_for(request_headers) {
            return Stored {
                status: NOT_MODIFIED,
                body: None,
                ..self
            };
        }
        match (header_text::get(request_headers, "range"), self.body.clone()) {
            (Some(header), Some(body)) => self.partial(&header, body),
            _ => self,
        }
    }

    fn is_unchanged_for(&self, request_headers: &str) -> bool {
        let both = |condition, validator| {
            header_text::get(request_headers, condition).zip(header_text::get(&self.headers, validator))
        };
        both("if-none-match", "etag").is_some_and(|(tags, tag)| names(&tags, &tag))
            || both("if-modified-since", "last-modified").is_some_and(|(since, changed)| !is_after(&changed, &since))
    }

    fn partial(self, header: &str, body: Bytes) -> Stored {
        match range::wanted(header, body.len()) {
            Wanted::Whole => self,
            Wanted::Unsatisfiable => Stored {
                status: RANGE_NOT_SATISFIABLE,
                headers: format!("content-range\nbytes */{}", body.len()),
                body: None,
            },
            Wanted::Parts(parts) => match <[_; 1]>::try_from(parts) {
                Ok([part]) => self.part(part, body),
                Err(parts) => self.parts(parts, &body),
            },
        }
    }

    fn part(mut self, part: Range<usize>, body: Bytes) -> Stored {
        header_text::set(&mut self.headers, "content-range", &content_range(&part, body.len()));
        header_text::set(&mut self.headers, "content-length", &part.len().to_string());
        Stored {
            status: PARTIAL_CONTENT,
            body: Some(body.slice(part)),
            ..self
        }
    }

    fn parts(mut self, parts: Vec<Range<usize>>, body: &Bytes) -> Stored {
        let boundary = boundary();
        let kind = header_text::get(&self.headers, "content-type");
        let kind = kind.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        let mut all = Vec::new();
        for part in parts {
            let range = content_range(&part, body.len());
            all.extend_from_slice(format!("--{boundary}\r\n{kind}Content-Range: {range}\r\n\r\n").as_bytes());
            all.extend_from_slice(&body[part]);
            all.extend_from_slice(b"\r\n");
        }
        all.extend_from_slice(format!("--{boundary}--").as_bytes());
        let kind = format!("multipart/byteranges; boundary={boundary}");
        header_text::set(&mut self.headers, "content-type", &kind);
        header_text::remove(&mut self.headers, "content-length");
        Stored {
            status: PARTIAL_CONTENT,
            body: Some(all.into()),
            ..self
        }
    }
}

fn content_range(part: &Range<usize>, length: usize) -> String {
    format!("bytes {}-{}/{length}", part.start, part.end - 1)
}

/// No body has this by chance.
fn boundary() -> String {
    format!("miniflare-boundary-{:016}", getrandom::u64().unwrap_or_default() >> 11)
}

/// Whether a list of tags has this one, weak or not.
fn names(tags: &str, tag: &str) -> bool {
    opaque(tag).is_some_and(|tag| tags.trim() == "*" || tags.split(',').any(|each| opaque(each) == Some(tag)))
}

/// What stands between the quotes of a tag.
fn opaque(tag: &str) -> Option<&str> {
    let tag = tag.trim();
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.is_empty()).then_some(inner)
}

/// Whether one date is after another; an invalid date is after every other.
fn is_after(date: &str, other: &str) -> bool {
    match (parse_date(date), parse_date(other)) {
        (Some(date), Some(other)) => date > other,
        _ => true,
    }
}

/// A date as HTTP prefers to write it, and in no other form.
fn parse_date(text: &str) -> Option<SystemTime> {
    let date = httpdate::parse_http_date(text).ok()?;
    (httpdate::fmt_http_date(date) == text).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: &str = "Thu, 01 Jan 1970 00:00:10 GMT";
    const LATE: &str = "Thu, 01 Jan 1970 00:00:20 GMT";

    fn reply(request_headers: &str) -> (u16, Option<Bytes>) {
        let stored = Stored {
            status: 200,
            headers: format!("etag\nW/\"tag\"\nlast-modified\n{EARLY}\ncontent-type\ntext/plain"),
            body: Some("0123456789".into()),
        };
        let reply = stored.reply(request_headers);
        (reply.status, reply.body)
    }

    #[test]
    fn is_whole_without_conditions() {
        assert_eq!(reply("accept\ntext/plain"), (200, Some("0123456789".into())));
    }

    #[test]
    fn says_that_nothing_changed() {
        for unchanged in ["\"tag\"", "W/\"tag\"", "\"a\", \"tag\"", "*"] {
            assert_eq!(
                reply(&format!("if-none-match\n{unchanged}")),
                (304, None),
                "{unchanged}"
            );
        }
        assert_eq!(reply("if-none-match\n\"other\"").0, 200);
        assert_eq!(reply(&format!("if-modified-since\n{LATE}")), (304, None));
        assert_eq!(reply(&format!("if-modified-since\n{EARLY}")), (304, None));
        assert_eq!(reply("if-modified-since\nThursday, 01-Jan-70 00:00:20 GMT").0, 200);
    }

    #[test]
    fn has_the_parts_that_are_wanted() {
        assert_eq!(reply("range\nbytes=2-3"), (206, Some("23".into())));
        assert_eq!(reply("range\nbytes=20-"), (416, None));
        let (status, body) = reply("range\nbytes=0-1,9-");
        let body = String::from_utf8(body.expect("there are two parts").to_vec()).expect("it is ASCII");
        assert_eq!(status, 206);
        assert!(body.contains("\r\nContent-Type: text/plain\r\nContent-Range: bytes 9-9/10\r\n\r\n9\r\n--"));
    }
}
