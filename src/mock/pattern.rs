//! Which RegExps mean the same in the `regex` crate.
//!
//! Only a pattern all of whose parts are on this list is tested here; every other is left to V8, whose RegExp it is. The
//! list is the regular part of the language over ASCII: characters, classes, groups, alternatives, quantifiers, and the
//! assertions `^`, `$`, `\b` and `\B`. Not on it are lookaround and backreferences, the flags that remember (`g`, `y`) or
//! that change the syntax (`u`, `v`), and what is only tolerated for old scripts. Whether it matches is all that is asked,
//! so that greedy and lazy are the same, and groups capture nothing. For text beyond ASCII nothing is certain.

use std::cell::OnceCell;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Groups within each other, and parts with their repetitions counted, which bound what compiling costs.
const MOST_DEPTH: usize = 50;
const MOST_PARTS: usize = 4096;

/// States of a set that are kept between searches, in bytes.
const STATES_BYTES: usize = 32 << 20;

/// A RegExp that can be tested here.
pub struct Pattern {
    translated: String,
    regex: OnceCell<Option<Regex>>,
}

impl Pattern {
    /// Reads a RegExp's source and flags; `None` when only V8 knows what it means.
    pub fn read(source: &str, flags: &str) -> Option<Pattern> {
        Some(Pattern {
            translated: translate(source, flags)?,
            regex: OnceCell::new(),
        })
    }

    /// Whether it matches; `None` when only V8 can tell.
    pub fn test(&self, text: &str) -> Option<bool> {
        let regex = self.regex.get_or_init(|| {
            let mut builder = RegexBuilder::new(&self.translated);
            builder.unicode(false).build().ok()
        });
        let regex = regex.as_ref().filter(|_| text.is_ascii())?;
        Some(regex.is_match(text.as_bytes()))
    }

    /// The pattern in the crate's syntax.
    pub fn into_translated(self) -> String {
        self.translated
    }
}

/// Many translated patterns that are tested at once; `None` should they be too much for the crate.
pub fn set<'p>(translated: impl Iterator<Item = &'p str>) -> Option<RegexSet> {
    let mut builder = RegexSetBuilder::new(translated);
    let builder = builder
        .unicode(false)
        .size_limit(usize::MAX)
        .dfa_size_limit(STATES_BYTES);
    builder.build().ok()
}

fn translate(source: &str, flags: &str) -> Option<String> {
    let has = |flag| flags.contains(flag);
    if !flags.chars().all(|flag| "dims".contains(flag)) {
        return None;
    }
    let mut translation = Translation {
        rest: source.as_bytes(),
        out: String::from(if has('i') { "(?i:" } else { "(?:" }),
        dot: if has('s') { r"[\x00-\x7F]" } else { r"[^\n\r]" },
        lines: has('m'),
    };
    translation.disjunction(0)?;
    if !translation.rest.is_empty() {
        return None;
    }
    translation.out.push(')');
    Some(translation.out)
}

/// Escapes of several characters, as members of a class.
const DIGITS: &str = "0-9";
const WORDS: &str = "0-9A-Za-z_";
const SPACES: &str = r"\t\n\x0B\x0C\r\x20";

/// A part of a class, or an escape outside of one.
enum Member {
    One(u8),
    /// Members of a class, and whether all others are meant.
    Many(&'static str, bool),
}

struct Translation<'s> {
    rest: &'s [u8],
    out: String,
    dot: &'static str,
    lines: bool,
}

/// Each reads what it is named after, writes it in the crate's syntax, and returns how many parts it has; or `None` when it
/// is not on the list.
impl Translation<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn skip(&mut self, text: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn disjunction(&mut self, depth: usize) -> Option<usize> {
        let mut parts = 1;
        while let Some(first) = self.rest.first() {
            match first {
                b')' => break,
                b'|' => {
                    self.next();
                    self.out.push('|');
                    parts += 1;
                }
                _ => parts += self.term(depth)?,
            }
        }
        (parts <= MOST_PARTS).then_some(parts)
    }

    fn term(&mut self, depth: usize) -> Option<usize> {
        if let Some(assertion) = self.assertion() {
            self.out.push_str(assertion);
            return Some(1);
        }
        let parts = self.atom(depth)?;
        let times = self.quantifier()?;
        parts.checked_mul(times).filter(|parts| *parts <= MOST_PARTS)
    }

    /// The assertions that are on the list. The first and the last line are the only ones that the crate sees as V8 does.
    fn assertion(&mut self) -> Option<&'static str> {
        let known: [(&[u8], &str); 4] = [(b"^", r"\A"), (b"$", r"\z"), (br"\b", r"\b"), (br"\B", r"\B")];
        let usable = if self.lines { &known[2..] } else { &known };
        usable
            .iter()
            .find(|(text, _)| self.skip(text))
            .map(|(_, meaning)| *meaning)
    }

    fn atom(&mut self, depth: usize) -> Option<usize> {
        match self.next()? {
            b'.' => self.out.push_str(self.dot),
            b'(' => return self.group(depth),
            b'[' => self.class()?,
            b'\\' => match self.escape()? {
                Member::One(one) => self.literal(one),
                Member::Many(members, negated) => self.members(members, negated),
            },
            b'^' | b'$' | b'*' | b'+' | b'?' | b'{' | b'}' | b']' | b')' | b'|' => return None,
            one @ b' '..=b'~' => self.literal(one),
            _ => return None,
        }
        Some(1)
    }

    fn group(&mut self, depth: usize) -> Option<usize> {
        if self.skip(b"?<") {
            let end = self.rest.iter().position(|byte| *byte == b'>')?;
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$';
            if end == 0 || !self.rest[..end].iter().all(is_name) {
                return None;
            }
            self.rest = &self.rest[end + 1..];
        } else if !self.skip(b"?:") && self.rest.first() == Some(&b'?') {
            return None;
        }
        if depth == MOST_DEPTH {
            return None;
        }
        self.out.push_str("(?:");
        let parts = self.disjunction(depth + 1)?;
        self.out.push(')');
        self.skip(b")").then_some(parts)
    }

    /// How many times at most what it counts has to be written out.
    fn quantifier(&mut self) -> Option<usize> {
        let times = match self.rest.first() {
            Some(sign @ (b'*' | b'+' | b'?')) => {
                self.out.push(char::from(*sign));
                self.next();
                1
            }
            Some(b'{') => self.counts()?,
            _ => return Some(1),
        };
        // Lazy.
        self.skip(b"?");
        Some(times)
    }

    fn counts(&mut self) -> Option<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'}')?;
        let text = std::str::from_utf8(&self.rest[1..end]).ok()?;
        let (least, most) = text.split_once(',').unwrap_or((text, text));
        let number = |digits: &str| {
            digits
                .bytes()
                .all(|digit| digit.is_ascii_digit())
                .then(|| digits.parse().ok())?
        };
        let least: usize = number(least)?;
        let most: usize = if most.is_empty() {
            least.saturating_add(1)
        } else {
            number(most)?
        };
        if most < least {
            return None;
        }
        self.out.push('{');
        self.out.push_str(text);
        self.out.push('}');
        self.rest = &self.rest[end + 1..];
        Some(most.max(1))
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Option<Member> {
        Some(match self.next()? {
            b'd' => Member::Many(DIGITS, false),
            b'D' => Member::Many(DIGITS, true),
            b'w' => Member::Many(WORDS, false),
            b'W' => Member::Many(WORDS, true),
            b's' => Member::Many(SPACES, false),
            b'S' => Member::Many(SPACES, true),
            b't' => Member::One(b'\t'),
            b'n' => Member::One(b'\n'),
            b'v' => Member::One(0x0B),
            b'f' => Member::One(0x0C),
            b'r' => Member::One(b'\r'),
            b'x' => Member::One(self.hex(2)?),
            b'u' => Member::One(self.hex(4)?),
            sign if sign.is_ascii_punctuation() && sign != b'_' => Member::One(sign),
            _ => return None,
        })
    }

    fn hex(&mut self, digits: usize) -> Option<u8> {
        let (text, rest) = self.rest.split_at_checked(digits)?;
        if !text.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        self.rest = rest;
        let code = u8::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok();
        code.filter(u8::is_ascii)
    }

    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.skip(b"^") {
            self.out.push('^');
        }
        if self.rest.first() == Some(&b']') {
            return None;
        }
        while !self.skip(b"]") {
            let first = self.member()?;
            let is_range = self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(|after| *after != b']');
            let last = if is_range {
                self.next();
                Some(self.member()?)
            } else {
                None
            };
            match (first, last) {
                (Member::One(one), None) => self.literal(one),
                (Member::Many(members, false), None) => self.out.push_str(members),
                (Member::Many(members, true), None) => self.members(members, true),
                (Member::One(first), Some(Member::One(last))) if first <= last => {
                    self.literal(first);
                    self.out.push('-');
                    self.literal(last);
                }
                _ => return None,
            }
        }
        self.out.push(']');
        Some(())
    }

    fn member(&mut self) -> Option<Member> {
        match self.next()? {
            b'\\' if self.skip(b"b") => Some(Member::One(0x08)),
            b'\\' => self.escape(),
            one @ b' '..=b'~' => Some(Member::One(one)),
            _ => None,
        }
    }

    fn members(&mut self, members: &str, negated: bool) {
        self.out.push_str(if negated { "[^" } else { "[" });
        self.out.push_str(members);
        self.out.push(']');
    }

    fn literal(&mut self, one: u8) {
        if one.is_ascii_alphanumeric() {
            self.out.push(char::from(one));
        } else {
            self.out.push_str(&format!("\\x{one:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(source: &str, flags: &str, text: &str) -> Option<bool> {
        Pattern::read(source, flags)?.test(text)
    }

    #[test]
    fn regular_patterns_are_tested() {
        for (source, flags, text, matches) in [
            (r"^\/users\/\d+$", "", "/users/12", true),
            (r"^\/users\/\d+$", "", "/users/a", false),
            ("(?:)", "", "", true),
            ("(?<name>a|b){2,3}?c", "", "xabac", true),
            (r"[^\w\-/]", "", "/a-b_c", false),
            (r"[\]\-a-c^]+$", "", "]-b^", true),
            (r"\bget\b", "i", "please GET it", true),
            (r"\x41\u0042", "i", "ab", true),
            ("a.b", "", "a\nb", false),
            ("a.b", "s", "a\nb", true),
            (r"[\S]", "", " \t\x0B", false),
            ("a$", "", "a\n", false),
            ("[&&~~[]x", "", "[x", true),
        ] {
            assert_eq!(
                test(source, flags, text),
                Some(matches),
                "/{source}/{flags} on {text:?}"
            );
        }
    }

    #[test]
    fn what_only_v8_knows_is_left_to_it() {
        for (source, flags) in [
            ("a(?=b)", ""),
            ("(?<!a)b", ""),
            ("(?i:a)", ""),
            (r"(a)\1", ""),
            (r"(?<x>a)\k<x>", ""),
            (r"\0", ""),
            (r"\cA", ""),
            (r"\p{L}", ""),
            (r"\xFF", ""),
            (r"\x4", ""),
            (r"\u{41}", ""),
            ("é", ""),
            ("a", "g"),
            ("a", "y"),
            ("a", "u"),
            ("a", "v"),
            ("^a", "m"),
            ("a{", ""),
            ("{id}", ""),
            ("a{,2}", ""),
            ("]", ""),
            ("[]", ""),
            ("[^]", ""),
            (r"[\w-z]", ""),
            ("(?:a{100}){100}", ""),
            ("a{4294967296}", ""),
        ] {
            assert_eq!(translate(source, flags), None, "/{source}/{flags}");
        }
        assert_eq!(test("a", "", "aé"), None);
        let deep = "(".repeat(1000) + &")".repeat(1000);
        assert_eq!(translate(&deep, ""), None);
    }
}
