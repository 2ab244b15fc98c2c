//! What a rewriter is made with: which handlers there are, for what, and how the document is to be read.

use std::borrow::Cow;
use std::ptr::NonNull;

use encoding_rs::Encoding;
use lol_html::html_content::{Comment, Doctype, DocumentEnd, Element, TextChunk};
use lol_html::{
    AsciiCompatibleEncoding, DocumentContentHandlers, ElementContentHandlers, MemorySettings, Selector, Settings,
};

use super::limits;
use super::link::{Held, Link, step};
use super::selector;
use crate::protocol::html_step;

/// Handlers of a selector, or of the whole document.
struct Registration {
    selector: Option<Selector>,
    /// A bit for each step that there is a handler for, at the place of its number in `html_step`.
    steps: u32,
}

impl Registration {
    fn has(&self, kind: u32) -> bool {
        self.steps & (1 << kind) != 0
    }
}

pub struct Plan {
    registrations: Vec<Registration>,
    encoding: AsciiCompatibleEncoding,
    esi: bool,
}

impl Plan {
    /// A plan without handlers. `charset` is the label of an encoding; with `esi`, `esi:include` is an element without
    /// content. The error is the reason, in the words of `lol_html`.
    pub fn new(charset: &str, esi: bool) -> Result<Plan, String> {
        let encoding =
            Encoding::for_label(charset.as_bytes()).ok_or("Unknown character encoding has been provided.")?;
        Ok(Plan {
            registrations: Vec::new(),
            encoding: AsciiCompatibleEncoding::new(encoding).ok_or("Expected ASCII-compatible encoding.")?,
            esi,
        })
    }

    /// Adds handlers for the steps whose bits are set, of a selector or of the whole document.
    pub fn add(&mut self, selector: Option<&str>, steps: u32) -> Result<(), String> {
        let selector = selector.map(selector::parse).transpose()?;
        self.registrations.push(Registration { selector, steps });
        Ok(())
    }

    /// The plan as `lol_html` takes it. A step has the place of its registration for a number.
    pub fn settings(self, link: Link) -> Settings<'static, 'static> {
        let memory = MemorySettings::new().with_max_allowed_memory_usage(limits::PARSER_BYTES);
        let mut settings = Settings::new()
            .with_encoding(self.encoding)
            .with_memory_settings(memory)
            .with_strict(true)
            .with_enable_esi_tags(self.esi);
        for (number, registration) in (0..).zip(self.registrations) {
            settings = match &registration.selector {
                Some(selector) => settings.append_element_content_handler((
                    Cow::Owned(selector.clone()),
                    element_handlers(&registration, number, link),
                )),
                None => settings.append_document_content_handler(document_handlers(&registration, number, link)),
            };
        }
        settings
    }
}

fn element_handlers(registration: &Registration, number: u32, link: Link) -> ElementContentHandlers<'static> {
    let mut handlers = ElementContentHandlers::default();
    if registration.has(html_step::ELEMENT) {
        handlers = handlers.element(move |element: &mut Element<'_, '_>| {
            link.call(
                step(html_step::ELEMENT, number),
                Held::Element(NonNull::from(element).cast()),
            )
        });
    }
    if registration.has(html_step::COMMENT) {
        handlers = handlers.comments(move |comment: &mut Comment<'_>| call_for_comment(link, number, comment));
    }
    if registration.has(html_step::TEXT) {
        handlers = handlers.text(move |chunk: &mut TextChunk<'_>| call_for_text(link, number, chunk));
    }
    handlers
}

fn document_handlers(registration: &Registration, number: u32, link: Link) -> DocumentContentHandlers<'static> {
    let mut handlers = DocumentContentHandlers::default();
    if registration.has(html_step::DOCTYPE) {
        handlers = handlers.doctype(move |doctype: &mut Doctype<'_>| {
            link.call(
                step(html_step::DOCTYPE, number),
                Held::Doctype(NonNull::from(doctype).cast()),
            )
        });
    }
    if registration.has(html_step::COMMENT) {
        handlers = handlers.comments(move |comment: &mut Comment<'_>| call_for_comment(link, number, comment));
    }
    if registration.has(html_step::TEXT) {
        handlers = handlers.text(move |chunk: &mut TextChunk<'_>| call_for_text(link, number, chunk));
    }
    if registration.has(html_step::DOCUMENT_END) {
        handlers = handlers.end(move |end: &mut DocumentEnd<'_>| {
            link.call(
                step(html_step::DOCUMENT_END, number),
                Held::DocumentEnd(NonNull::from(end).cast()),
            )
        });
    }
    handlers
}

fn call_for_comment(link: Link, number: u32, comment: &mut Comment<'_>) -> lol_html::HandlerResult {
    let held = Held::Comment(NonNull::from(comment).cast());
    link.call(step(html_step::COMMENT, number), held)
}

fn call_for_text(link: Link, number: u32, chunk: &mut TextChunk<'_>) -> lol_html::HandlerResult {
    let held = Held::Text(NonNull::from(chunk).cast());
    link.call(step(html_step::TEXT, number), held)
}
