//! A rewriter's functions as JavaScript calls them, from the worker's realm and from Node's alike, where they are more than
//! a method of [`Rewriter`].

use lol_html::html_content::ContentType;

use super::plan::Plan;
use super::rewriter::Rewriter;
use super::token::Content;
use crate::realm::value::{Text, Value};

/// Opens a rewriter. `handlers` is a list of selectors and steps by turns: text, or null for the whole document, and a bit
/// for each step of `html_step` that there is a handler for.
pub fn open(handlers: Value, charset: &str, esi: bool) -> Rewriter {
    Rewriter::new(plan(handlers, charset, esi))
}

fn plan(handlers: Value, charset: &str, esi: bool) -> Result<Plan, String> {
    let mut plan = Plan::new(charset, esi)?;
    let Value::List(items) = handlers else {
        return Ok(plan);
    };
    let mut items = items.into_iter();
    while let (Some(selector), Some(Value::Number(steps))) = (items.next(), items.next()) {
        let selector = match selector {
            Value::Text(text) => Some(text.to_utf8()),
            _ => None,
        };
        plan.add(selector.as_deref(), steps as u32)?;
    }
    Ok(plan)
}

/// Text is escaped, unless it is HTML.
fn content_type(html: bool) -> ContentType {
    if html { ContentType::Html } else { ContentType::Text }
}

/// Inserts a text at one of `html_place`.
pub fn insert(rewriter: &Rewriter, place: u32, text: &str, html: bool) {
    rewriter.with_token(|mut token| token.insert(place, Content::Text(text), content_type(html)));
}

/// As `insert`, of content that comes in pieces. Returns the number by which these are asked for.
pub fn insert_stream(rewriter: &Rewriter, place: u32, html: bool) -> Option<u32> {
    rewriter.insert_stream(place, content_type(html))
}

pub fn text(rewriter: &Rewriter, which: u32) -> Option<String> {
    rewriter.with_token(|token| token.text(which)).flatten()
}

/// Returns why the text cannot be that, or `None`.
pub fn set_text(rewriter: &Rewriter, text: String) -> Option<String> {
    rewriter.with_token(|mut token| token.set_text(text).err()).flatten()
}

pub fn flag(rewriter: &Rewriter, which: u32) -> bool {
    rewriter.with_token(|token| token.flag(which)).unwrap_or_default()
}

pub fn attribute(rewriter: &Rewriter, name: &str) -> Option<String> {
    rewriter.with_token(|token| token.attribute(name)).flatten()
}

pub fn has_attribute(rewriter: &Rewriter, name: &str) -> bool {
    rewriter
        .with_token(|token| token.has_attribute(name))
        .unwrap_or_default()
}

/// Names and values by turns.
pub fn attributes(rewriter: &Rewriter) -> Value {
    let texts = rewriter.with_token(|token| token.attributes()).unwrap_or_default();
    let values = texts.into_iter().map(|text| Value::Text(Text::from(text.as_str())));
    Value::List(values.collect())
}

/// Returns why there can be no such attribute, or `None`.
pub fn set_attribute(rewriter: &Rewriter, name: &str, value: &str) -> Option<String> {
    rewriter
        .with_token(|mut token| token.set_attribute(name, value).err())
        .flatten()
}

pub fn remove_attribute(rewriter: &Rewriter, name: &str) {
    rewriter.with_token(|mut token| token.remove_attribute(name));
}

pub fn remove(rewriter: &Rewriter, keep_content: bool) {
    rewriter.with_token(|mut token| {
        if keep_content {
            token.remove_and_keep_content();
        } else {
            token.remove();
        }
    });
}
