//! Selectors: parsed by `lol_html`, which takes some for others that they are not. These are refused before.

use cssparser::{ParseError, Parser, ParserInput, Token};
use lol_html::Selector;

use super::limits;

const NESTED: &str = "Nested negation in selector.";
const UNEXPECTED: &str = "Unexpected token in selector.";

/// Parses a selector; the error is the reason, in the words of `lol_html`.
pub fn parse(text: &str) -> Result<Selector, String> {
    check(text)?;
    text.parse::<Selector>().map_err(|error| error.to_string())
}

/// Refuses what the parser below would take for something else: `:not(.a.b)` for `:not(.a):not(.b)`, and negations in
/// negations, on each level of which it would call itself.
fn check(text: &str) -> Result<(), String> {
    let mut input = ParserInput::new(text);
    let mut parser = Parser::new(&mut input);
    let mut parts = 1;
    while let Ok(token) = parser.next_including_whitespace() {
        match token {
            Token::Comma => parts = 1,
            Token::WhiteSpace(_) | Token::Delim('>') => parts += 1,
            Token::Function(name) if name.eq_ignore_ascii_case("not") => check_negation(&mut parser)?,
            _ => {}
        }
        if parts > limits::SELECTOR_PARTS {
            return Err(format!("Selector has more than {} parts.", limits::SELECTOR_PARTS));
        }
    }
    Ok(())
}

/// Each item of a negation is one simple selector.
fn check_negation(parser: &mut Parser) -> Result<(), String> {
    let mut refusal = None;
    let _ = parser.parse_nested_block(|parser| -> Result<(), ParseError<'_, ()>> {
        refusal = refusal_of_items(parser);
        while parser.next().is_ok() {}
        Ok(())
    });
    refusal.map_or(Ok(()), |text: &str| Err(text.into()))
}

fn refusal_of_items(parser: &mut Parser) -> Option<&'static str> {
    let mut simple = 0;
    // Whether a name that follows belongs to what is counted already.
    let mut expects_name = false;
    while let Ok(token) = parser.next() {
        let mut expects_next = false;
        match token {
            Token::Comma => simple = 0,
            Token::Function(name) if name.eq_ignore_ascii_case("not") => return Some(NESTED),
            Token::Delim('|') => expects_next = true,
            Token::Ident(_) | Token::Function(_) | Token::Delim('*') if expects_name => {}
            Token::Colon if expects_name => expects_next = true,
            Token::Colon | Token::Delim('.') => {
                simple += 1;
                expects_next = true;
            }
            Token::Ident(_) | Token::Delim('*') | Token::IDHash(_) | Token::Hash(_) | Token::SquareBracketBlock => {
                simple += 1
            }
            _ => {}
        }
        expects_name = expects_next;
        if simple > 1 {
            return Some(UNEXPECTED);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<String> {
        parse(text).err()
    }

    #[test]
    fn accepts_negations_of_simple_selectors() {
        for text in [
            "p:not(.a)",
            "p:not(.a, #b, [c], [d=\"e f\"], :nth-child(2n + 1), q, *)",
            ":not( .a )",
            ":not(*|a)",
            "a:not(.b):not(.c) > d",
            "[title=':not(:not(']",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_negations_that_would_mean_something_else() {
        for text in [
            ":not(.a.b)",
            ":not(a.b)",
            ":not(a[b])",
            ":not(.a, .b#c)",
            ":not(a b)",
            ":not(a:nth-child(2))",
        ] {
            assert_eq!(refusal(text).as_deref(), Some(UNEXPECTED), "{text}");
        }
        for text in [":not(:not(a))", ":NOT(:Not(.a, .b))"] {
            assert_eq!(refusal(text).as_deref(), Some(NESTED), "{text}");
        }
        let deep = format!("{}a{}", ":not(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(refusal(&deep).as_deref(), Some(NESTED));
    }

    #[test]
    fn refuses_selectors_of_too_many_parts() {
        let of = |parts: usize| vec!["a"; parts].join(" ");
        assert_eq!(refusal(&of(limits::SELECTOR_PARTS)), None);
        assert_eq!(refusal(&[of(100), of(100)].join(", ")), None);
        assert!(refusal(&of(limits::SELECTOR_PARTS + 1)).is_some());
        assert!(refusal(&of(1_000_000)).is_some());
    }

    #[test]
    fn has_the_words_of_the_parser_for_what_it_refuses() {
        assert_eq!(refusal("").as_deref(), Some("The selector is empty."));
        assert_eq!(
            refusal("p + p").as_deref(),
            Some("Unsupported combinator `+` in selector.")
        );
        assert_eq!(refusal("p >").as_deref(), Some("Dangling combinator in selector."));
    }
}
