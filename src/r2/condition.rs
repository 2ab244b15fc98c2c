//! The condition under which an object is read or written (`onlyIf`). Comparisons of tags are those of RFC 9110; the order
//! of the checks, and which of them are skipped, is that of Miniflare 2 and of R2.

use crate::realm::value::{Value, fields, into_text};

#[derive(Debug, PartialEq, Eq)]
enum Tag {
    /// `*`
    Any,
    Weak(String),
    Strong(String),
}

impl Tag {
    /// A tag with its quotes or without.
    fn read(text: &str) -> Tag {
        let text = text.trim();
        if text == "*" {
            return Tag::Any;
        }
        match text.strip_prefix("W/").filter(|quoted| quoted.starts_with('"')) {
            Some(quoted) => Tag::Weak(unquoted(quoted).into()),
            None => Tag::Strong(unquoted(text).into()),
        }
    }

    fn is(&self, etag: &str, weakly: bool) -> bool {
        match self {
            Tag::Any => true,
            Tag::Weak(tag) => weakly && tag == etag,
            Tag::Strong(tag) => tag == etag,
        }
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.strip_prefix('"').unwrap_or(text);
    text.strip_suffix('"').unwrap_or(text)
}

#[derive(Debug, PartialEq, Eq)]
struct Tags(Vec<Tag>);

impl Tags {
    /// Of text, which may be a list as headers have it, or of a list of texts.
    fn read(value: Value) -> Option<Tags> {
        match value {
            Value::Text(text) => Some(Tags(text.to_utf8().split(',').map(Tag::read).collect())),
            Value::List(items) => Some(Tags(
                items.into_iter().map(|item| Tag::read(&into_text(item))).collect(),
            )),
            _ => None,
        }
    }

    /// An empty text is no condition for an object that exists. An empty list is one, which nothing meets.
    fn is_blank(&self) -> bool {
        matches!(&*self.0, [Tag::Strong(tag)] if tag.is_empty())
    }

    fn include(&self, etag: &str, weakly: bool) -> bool {
        self.0.iter().any(|tag| tag.is(etag, weakly))
    }
}

#[derive(Debug, Default, PartialEq)]
pub struct Condition {
    matches: Option<Tags>,
    differs: Option<Tags>,
    /// Milliseconds since the Unix epoch.
    before_ms: Option<f64>,
    after_ms: Option<f64>,
    /// Whether times are compared in whole seconds, as those of headers are.
    whole_seconds: bool,
}

impl Condition {
    /// `[etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, wholeSeconds]`, with times in milliseconds; undefined
    /// is no condition.
    pub fn read(value: Value) -> Condition {
        let [matches, differs, before, after, whole_seconds] = fields(value);
        Condition {
            matches: Tags::read(matches),
            differs: Tags::read(differs),
            before_ms: time(before),
            after_ms: time(after),
            whole_seconds: matches!(whole_seconds, Value::Bool(true)),
        }
    }

    /// Whether it asks for an object's tag.
    pub fn asks_tag(&self) -> bool {
        self.matches.is_some() || self.differs.is_some()
    }

    /// Whether it holds for an object with this tag that was uploaded at this time, in milliseconds, or for none.
    pub fn holds(&self, object: Option<(&str, f64)>) -> bool {
        let Some((etag, uploaded_ms)) = object else {
            return self.matches.is_none() && self.after_ms.is_none();
        };
        let given = |tags: &Option<Tags>| tags.as_ref().is_some_and(|tags| !tags.is_blank());
        let (has_matches, has_differs) = (given(&self.matches), given(&self.differs));
        let includes = |tags: &Option<Tags>, weakly| tags.as_ref().is_some_and(|tags| tags.include(etag, weakly));
        if has_matches && !includes(&self.matches, false) || has_differs && includes(&self.differs, true) {
            return false;
        }
        let rounded = |ms: f64| if self.whole_seconds { (ms / 1000.0).floor() } else { ms };
        let uploaded = rounded(uploaded_ms);
        let is_before = self.before_ms.is_none_or(|before| uploaded < rounded(before));
        let is_after = self.after_ms.is_none_or(|after| uploaded > rounded(after));
        (has_matches || is_before) && (has_differs || is_after)
    }
}

/// An invalid time, as of an unreadable header, is no condition.
fn time(value: Value) -> Option<f64> {
    match value {
        Value::Number(ms) if !ms.is_nan() => Some(ms),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: Option<(&str, f64)> = Some(("tag", 5500.0));

    fn condition(matches: Option<&str>, differs: Option<&str>, before: Option<f64>, after: Option<f64>) -> Condition {
        let tags = |text: Option<&str>| text.map_or(Value::Undefined, Value::from);
        let times = |time: Option<f64>| time.map_or(Value::Undefined, Value::Number);
        Condition::read(Value::List(vec![
            tags(matches),
            tags(differs),
            times(before),
            times(after),
        ]))
    }

    #[test]
    fn tags_are_compared_strongly_when_they_must_match_and_weakly_when_they_must_not() {
        for (tags, matches, differs) in [
            ("tag", true, false),
            ("\"tag\"", true, false),
            ("\"other\", \"tag\"", true, false),
            ("other", false, true),
            ("*", true, false),
            ("W/\"tag\"", false, false),
            ("W/\"other\"", false, true),
            ("\"*\"", false, true),
            ("", true, true),
        ] {
            let holds = |condition: Condition| condition.holds(OBJECT);
            assert_eq!(holds(condition(Some(tags), None, None, None)), matches, "{tags}");
            assert_eq!(holds(condition(None, Some(tags), None, None)), differs, "{tags}");
        }
    }

    #[test]
    fn times_lie_strictly_before_or_after_unless_a_tag_has_decided() {
        let holds = |matches, differs, before, after| condition(matches, differs, before, after).holds(OBJECT);
        assert!(holds(None, None, Some(5501.0), Some(5499.0)));
        assert!(!holds(None, None, Some(5500.0), None) && !holds(None, None, None, Some(5500.0)));
        assert!(holds(Some("tag"), None, Some(1.0), None) && !holds(Some("tag"), None, None, Some(9000.0)));
        assert!(holds(None, Some("other"), None, Some(9000.0)) && !holds(None, Some("other"), Some(1.0), None));
        assert!(holds(None, None, Some(f64::NAN), None));
    }

    #[test]
    fn times_of_headers_are_whole_seconds() {
        let whole = |before, after| Condition {
            before_ms: before,
            after_ms: after,
            whole_seconds: true,
            ..Condition::default()
        };
        assert!(!whole(None, Some(5000.0)).holds(OBJECT) && whole(None, Some(4000.0)).holds(OBJECT));
        assert!(!whole(Some(5000.0), None).holds(OBJECT) && whole(Some(6000.0), None).holds(OBJECT));
    }

    #[test]
    fn nothing_meets_all_but_what_asks_for_an_object() {
        let holds = |matches, differs, before, after| condition(matches, differs, before, after).holds(None);
        assert!(holds(None, None, None, None) && holds(None, Some("*"), Some(0.0), None));
        assert!(!holds(Some("*"), None, None, None) && !holds(Some(""), None, None, None));
        assert!(!holds(None, None, None, Some(0.0)));
    }
}
