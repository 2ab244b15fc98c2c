//! What the parser and its outside have in common. The parser leaves the token that it has come to here, and waits: it is
//! suspended in the middle of its work, so that the token stays where it is until it goes on.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ptr::NonNull;

use corosensei::Yielder;
use lol_html::HandlerResult;
use lol_html::html_content::{
    Comment, ContentType, Doctype, DocumentEnd, Element, EndTag, StreamingHandlerSink, TextChunk,
};

use super::token::Token;
use crate::protocol::html_step;

/// What a parser is told when it goes on.
pub enum Order {
    /// Parse this piece of the document.
    Write(Vec<u8>),
    /// The document is over.
    End,
    /// The handler is done.
    Go,
    /// A piece of the content that was asked for.
    Piece(Vec<u8>),
    /// That content is over.
    Last,
    /// Nothing is wanted of it any more.
    Stop,
}

/// Suspends the parser with a step: what it needs, and the number of what it needs, as [`step`] puts them together.
pub type Suspend = Yielder<Order, u32>;

/// A step with a number: that of a registration, of a handler of an end tag or of a stream.
pub const fn step(kind: u32, number: u32) -> u32 {
    number << 4 | kind
}

/// The token that the parser waits with.
#[derive(Clone, Copy)]
pub enum Held {
    Element(NonNull<Element<'static, 'static>>),
    EndTag(NonNull<EndTag<'static>>),
    Comment(NonNull<Comment<'static>>),
    Text(NonNull<TextChunk<'static>>),
    Doctype(NonNull<Doctype<'static>>),
    DocumentEnd(NonNull<DocumentEnd<'static>>),
}

#[derive(Default)]
pub struct Shared {
    /// What has been rewritten and not been taken.
    pub output: RefCell<Vec<u8>>,
    held: Cell<Option<Held>>,
    parser: Cell<Option<NonNull<Suspend>>>,
    numbers: Cell<u32>,
}

impl Shared {
    /// The parser has begun; it suspends itself by `parser`.
    pub fn begin(&self, parser: &Suspend) -> Link {
        self.parser.set(Some(NonNull::from(parser)));
        Link(NonNull::from(self))
    }

    /// A number that nothing else of this parser has.
    pub fn number(&self) -> u32 {
        self.numbers.replace(self.numbers.get() + 1)
    }

    /// The parser goes on: whatever it waited with is its own again.
    pub fn release(&self) {
        self.held.set(None);
    }

    /// Does something with the token that the parser waits with; `None` when it waits with none.
    pub fn with<R>(&self, work: impl FnOnce(Token) -> R) -> Option<R> {
        let held = self.held.get()?;
        // SAFETY: what is held is borrowed by a call of `Link::call` that has not returned, as `release` comes before it
        // goes on. `work` can neither keep the reference nor have the parser go on.
        let token = unsafe {
            match held {
                Held::Element(mut element) => Token::Element(element.as_mut()),
                Held::EndTag(mut tag) => Token::EndTag(tag.as_mut()),
                Held::Comment(mut comment) => Token::Comment(comment.as_mut()),
                Held::Text(mut chunk) => Token::Text(chunk.as_mut()),
                Held::Doctype(mut doctype) => Token::Doctype(doctype.as_mut()),
                Held::DocumentEnd(mut end) => Token::DocumentEnd(end.as_mut()),
            }
        };
        Some(work(token))
    }

    /// The link of the parser that has begun.
    pub fn link(&self) -> Link {
        Link(NonNull::from(self))
    }
}

/// The parser's end.
#[derive(Clone, Copy)]
pub struct Link(NonNull<Shared>);

// SAFETY: `lol_html` wants streams that may change threads. No parser ever does, nor anything that it holds.
unsafe impl Send for Link {}

impl Link {
    /// Waits until the handler for a token is done.
    pub fn call(self, step: u32, held: Held) -> HandlerResult {
        // SAFETY: handlers are called by the parser alone, which holds what is shared as long as it runs.
        let shared = unsafe { self.0.as_ref() };
        shared.held.set(Some(held));
        match self.suspend(step) {
            Order::Go => Ok(()),
            _ => Err(Stopped.into()),
        }
    }

    /// Writes the content of a stream, each piece when it is there.
    pub fn write(self, number: u32, sink: &mut StreamingHandlerSink, content_type: ContentType) -> HandlerResult {
        loop {
            match self.suspend(step(html_step::CONTENT, number)) {
                Order::Piece(bytes) => sink.write_utf8_chunk(&bytes, content_type)?,
                Order::Last => {
                    // What is left of a character that is not complete becomes U+FFFD.
                    sink.write_str("", content_type);
                    return Ok(());
                }
                _ => return Err(Stopped.into()),
            }
        }
    }

    fn suspend(self, step: u32) -> Order {
        // SAFETY: as in `call`; the parser's yielder is there as long as the parser.
        match unsafe { self.0.as_ref().parser.get().map(|parser| parser.as_ref().suspend(step)) } {
            Some(order) => order,
            None => Order::Stop,
        }
    }
}

/// Nothing is wanted of the parser any more.
#[derive(Debug)]
struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("The rewriter was stopped.")
    }
}

impl std::error::Error for Stopped {}
