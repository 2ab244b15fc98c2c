//! The token that a handler has in hand: what can be read of it and done to it.

use lol_html::html_content::{
    Comment, ContentType, Doctype, DocumentEnd, Element, EndTag, StreamingHandler, TextChunk, UserData,
};

use crate::protocol::{html_flag, html_place, html_text};

/// A token while its handler runs.
pub enum Token<'t> {
    Element(&'t mut Element<'static, 'static>),
    EndTag(&'t mut EndTag<'static>),
    Comment(&'t mut Comment<'static>),
    Text(&'t mut TextChunk<'static>),
    Doctype(&'t mut Doctype<'static>),
    DocumentEnd(&'t mut DocumentEnd<'static>),
}

/// What is inserted: a text, or one that comes in pieces while the output is written.
pub enum Content<'c> {
    Text(&'c str),
    Stream(Box<dyn StreamingHandler + Send>),
}

impl Token<'_> {
    /// A text of the token, by one of `html_text`; `None` when it has none.
    pub fn text(&self, which: u32) -> Option<String> {
        match (self, which) {
            (Token::Element(element), html_text::NAME) => Some(element.tag_name()),
            (Token::Element(element), html_text::NAMESPACE) => Some(element.namespace_uri().into()),
            (Token::EndTag(tag), html_text::NAME) => Some(tag.name()),
            (Token::Comment(comment), html_text::TEXT) => Some(comment.text()),
            (Token::Text(chunk), html_text::TEXT) => Some(chunk.as_str().into()),
            (Token::Doctype(doctype), html_text::NAME) => doctype.name(),
            (Token::Doctype(doctype), html_text::PUBLIC_ID) => doctype.public_id(),
            (Token::Doctype(doctype), html_text::SYSTEM_ID) => doctype.system_id(),
            _ => None,
        }
    }

    /// Sets the name of a tag or the text of a comment; the error is the reason why it cannot be that.
    pub fn set_text(&mut self, text: String) -> Result<(), String> {
        match self {
            Token::Element(element) => element.set_tag_name(&text).map_err(|error| error.to_string()),
            Token::Comment(comment) => comment.set_text(&text).map_err(|error| error.to_string()),
            Token::EndTag(tag) => {
                tag.set_name(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether something holds of the token, by one of `html_flag`.
    pub fn flag(&self, which: u32) -> bool {
        match (self, which) {
            (Token::Element(element), html_flag::REMOVED) => element.removed(),
            (Token::Comment(comment), html_flag::REMOVED) => comment.removed(),
            (Token::Text(chunk), html_flag::REMOVED) => chunk.removed(),
            (Token::Text(chunk), html_flag::LAST_IN_TEXT_NODE) => chunk.last_in_text_node(),
            _ => false,
        }
    }

    pub fn attribute(&self, name: &str) -> Option<String> {
        match self {
            Token::Element(element) => element.get_attribute(name),
            _ => None,
        }
    }

    pub fn has_attribute(&self, name: &str) -> bool {
        matches!(self, Token::Element(element) if element.has_attribute(name))
    }

    /// Names and values by turns.
    pub fn attributes(&self) -> Vec<String> {
        let Token::Element(element) = self else {
            return Vec::new();
        };
        let pairs = element.attributes().iter();
        pairs
            .flat_map(|attribute| [attribute.name(), attribute.value()])
            .collect()
    }

    pub fn set_attribute(&mut self, name: &str, value: &str) -> Result<(), String> {
        match self {
            Token::Element(element) => element.set_attribute(name, value).map_err(|error| error.to_string()),
            _ => Ok(()),
        }
    }

    pub fn remove_attribute(&mut self, name: &str) {
        if let Token::Element(element) = self {
            element.remove_attribute(name);
        }
    }

    pub fn remove(&mut self) {
        match self {
            Token::Element(element) => element.remove(),
            Token::EndTag(tag) => tag.remove(),
            Token::Comment(comment) => comment.remove(),
            Token::Text(chunk) => chunk.remove(),
            Token::Doctype(_) | Token::DocumentEnd(_) => {}
        }
    }

    pub fn remove_and_keep_content(&mut self) {
        if let Token::Element(element) = self {
            element.remove_and_keep_content();
        }
    }

    /// Inserts content at one of `html_place`.
    pub fn insert(&mut self, place: u32, content: Content, content_type: ContentType) {
        match (self, place, content) {
            (Token::Element(element), _, Content::Text(text)) => insert_text(element, place, text, content_type),
            (Token::Element(element), _, Content::Stream(stream)) => insert_stream(element, place, stream),
            (Token::EndTag(tag), html_place::BEFORE, Content::Text(text)) => tag.before(text, content_type),
            (Token::EndTag(tag), html_place::BEFORE, Content::Stream(stream)) => tag.streaming_before(stream),
            (Token::EndTag(tag), html_place::AFTER, Content::Text(text)) => tag.after(text, content_type),
            (Token::EndTag(tag), html_place::AFTER, Content::Stream(stream)) => tag.streaming_after(stream),
            (Token::Comment(comment), html_place::BEFORE, Content::Text(text)) => comment.before(text, content_type),
            (Token::Comment(comment), html_place::AFTER, Content::Text(text)) => comment.after(text, content_type),
            (Token::Comment(comment), html_place::REPLACE, Content::Text(text)) => comment.replace(text, content_type),
            (Token::Text(chunk), html_place::BEFORE, Content::Text(text)) => chunk.before(text, content_type),
            (Token::Text(chunk), html_place::BEFORE, Content::Stream(stream)) => chunk.streaming_before(stream),
            (Token::Text(chunk), html_place::AFTER, Content::Text(text)) => chunk.after(text, content_type),
            (Token::Text(chunk), html_place::AFTER, Content::Stream(stream)) => chunk.streaming_after(stream),
            (Token::Text(chunk), html_place::REPLACE, Content::Text(text)) => chunk.replace(text, content_type),
            (Token::Text(chunk), html_place::REPLACE, Content::Stream(stream)) => chunk.streaming_replace(stream),
            (Token::DocumentEnd(end), html_place::APPEND, Content::Text(text)) => end.append(text, content_type),
            _ => {}
        }
    }

    /// The number of the element's handler of its end tag. An element has one at most: `make` gives the handler and the
    /// number of a first one. `None` when the element has no end tag.
    pub fn end_tag_number(&mut self, make: impl FnOnce() -> (u32, lol_html::EndTagHandler<'static>)) -> Option<u32> {
        let Token::Element(element) = self else {
            return None;
        };
        if let Some(number) = element.user_data().downcast_ref::<u32>() {
            return Some(*number);
        }
        let handlers = element.end_tag_handlers()?;
        let (number, handler) = make();
        handlers.push(handler);
        element.set_user_data(number);
        Some(number)
    }
}

fn insert_text(element: &mut Element, place: u32, text: &str, content_type: ContentType) {
    match place {
        html_place::BEFORE => element.before(text, content_type),
        html_place::AFTER => element.after(text, content_type),
        html_place::PREPEND => element.prepend(text, content_type),
        html_place::APPEND => element.append(text, content_type),
        html_place::REPLACE => element.replace(text, content_type),
        html_place::INNER => element.set_inner_content(text, content_type),
        _ => {}
    }
}

fn insert_stream(element: &mut Element, place: u32, stream: Box<dyn StreamingHandler + Send>) {
    match place {
        html_place::BEFORE => element.streaming_before(stream),
        html_place::AFTER => element.streaming_after(stream),
        html_place::PREPEND => element.streaming_prepend(stream),
        html_place::APPEND => element.streaming_append(stream),
        html_place::REPLACE => element.streaming_replace(stream),
        html_place::INNER => element.streaming_set_inner_content(stream),
        _ => {}
    }
}
