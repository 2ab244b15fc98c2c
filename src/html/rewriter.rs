//! A rewriter of one document: `lol_html`'s parser on a stack of its own.
//!
//! `lol_html` calls handlers and goes on when they return. Handlers in JavaScript may take their time, and no JavaScript
//! may run on another stack than that of its thread. So the handlers here only suspend the parser: the caller, on its own
//! stack, gets to know which handler is due, calls it, and has the parser go on when it is done.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use corosensei::{Coroutine, CoroutineResult};
use futures::channel::oneshot;
use lol_html::HtmlRewriter;
use lol_html::html_content::{ContentType, StreamingHandlerSink};

use super::limits;
use super::link::{Held, Order, Shared, Suspend, step};
use super::plan::Plan;
use super::stack::KeptStack;
use super::token::{Content, Token};
use crate::protocol::html_step;

type Parser = Coroutine<Order, u32, Result<(), String>, KeptStack>;

thread_local! {
    /// How long documents have been parsed for since Node's loop had its last turn for them.
    static WORKED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    /// The documents that wait for such a turn.
    static RESTING: RefCell<Vec<oneshot::Sender<()>>> = const { RefCell::new(Vec::new()) };
}

/// Whether Node's loop should have a turn before the next piece.
pub fn is_tired() -> bool {
    WORKED.get() > Duration::from_millis(limits::TURN_MS)
}

/// Resolves when Node's loop has had a turn.
pub fn rest() -> impl Future<Output = ()> + use<> {
    let (resting, rested) = oneshot::channel();
    RESTING.with_borrow_mut(|all| all.push(resting));
    async {
        let _ = rested.await;
    }
}

/// Node's loop has had a turn.
pub fn rested() {
    WORKED.set(Duration::ZERO);
    for resting in RESTING.take() {
        let _ = resting.send(());
    }
}

pub struct Rewriter {
    shared: Rc<Shared>,
    /// `None` when it has ended, and while it runs.
    parser: RefCell<Option<Parser>>,
    failure: RefCell<String>,
    begun: Cell<Option<Instant>>,
}

impl Rewriter {
    /// A rewriter by a plan. One whose plan has failed fails with the first piece.
    pub fn new(plan: Result<Plan, String>) -> Rewriter {
        let shared = Rc::<Shared>::default();
        let parser = plan.and_then(|plan| parser(shared.clone(), plan));
        let (parser, failure) = match parser {
            Ok(parser) => (Some(parser), String::new()),
            Err(reason) => (None, reason),
        };
        Rewriter {
            shared,
            parser: RefCell::new(parser),
            failure: RefCell::new(failure),
            begun: Cell::default(),
        }
    }

    /// Parses a piece of the document. Returns the next step (`html_step`), as the other methods do that go on.
    pub fn write(&self, piece: Vec<u8>) -> u32 {
        self.begun.set(Some(Instant::now()));
        self.go_on(Order::Write(piece))
    }

    /// The document is over.
    pub fn end(&self) -> u32 {
        self.go_on(Order::End)
    }

    /// The handler is done.
    pub fn go(&self) -> u32 {
        self.go_on(Order::Go)
    }

    /// A piece of the content that was asked for; `None` when it is over.
    pub fn content(&self, piece: Option<Vec<u8>>) -> u32 {
        self.go_on(piece.map_or(Order::Last, Order::Piece))
    }

    /// What has been rewritten since this was asked last.
    pub fn output(&self) -> Vec<u8> {
        self.shared.output.take()
    }

    /// Why the parser has failed.
    pub fn failure(&self) -> String {
        self.failure.borrow().clone()
    }

    /// Frees what the parser holds. The token that a handler has in hand is gone.
    pub fn close(&self) {
        self.shared.release();
        let Some(mut parser) = self.parser.take() else {
            return;
        };
        if parser.started() && !parser.done() {
            // Its handlers return with an error, so that it returns itself.
            parser.resume(Order::Stop);
        }
    }

    /// Does something with the token that a handler has in hand; `None` when there is none.
    pub fn with_token<R>(&self, work: impl FnOnce(Token) -> R) -> Option<R> {
        self.shared.with(work)
    }

    /// Has content inserted that comes in pieces; the step `CONTENT` asks for them by the number that is returned.
    pub fn insert_stream(&self, place: u32, content_type: ContentType) -> Option<u32> {
        let number = self.shared.number();
        let link = self.shared.link();
        let write = move |sink: &mut StreamingHandlerSink| link.write(number, sink, content_type);
        self.with_token(|mut token| token.insert(place, Content::Stream(Box::new(write)), content_type))?;
        Some(number)
    }

    /// The number of the handler of the element's end tag, by which the step `END_TAG` asks for it.
    pub fn on_end_tag(&self) -> Option<u32> {
        let link = self.shared.link();
        self.with_token(|mut token| {
            token.end_tag_number(|| {
                let number = self.shared.number();
                let call = move |tag: &mut lol_html::html_content::EndTag<'_>| {
                    let held = Held::EndTag(std::ptr::NonNull::from(tag).cast());
                    link.call(step(html_step::END_TAG, number), held)
                };
                (number, Box::new(call))
            })
        })?
    }

    fn go_on(&self, order: Order) -> u32 {
        self.shared.release();
        let Some(mut parser) = self.parser.take() else {
            return html_step::FAILED;
        };
        let step = match parser.resume(order) {
            CoroutineResult::Yield(step) => {
                self.parser.replace(Some(parser));
                step
            }
            CoroutineResult::Return(Ok(())) => html_step::DONE,
            CoroutineResult::Return(Err(reason)) => {
                self.failure.replace(reason);
                html_step::FAILED
            }
        };
        if step == html_step::HUNGRY
            && let Some(begun) = self.begun.take()
        {
            WORKED.set(WORKED.get() + begun.elapsed());
        }
        step
    }
}

impl Drop for Rewriter {
    fn drop(&mut self) {
        // The code that closes the parser reports its panic.
        let _ = catch_unwind(AssertUnwindSafe(|| self.close()));
    }
}

fn parser(shared: Rc<Shared>, plan: Plan) -> Result<Parser, String> {
    let stack = KeptStack::take().map_err(|error| format!("No memory is left for the parser: {error}."))?;
    Ok(Coroutine::with_stack(stack, move |suspend, first| {
        parse(&shared, plan, suspend, first)
    }))
}

/// What runs on the stack of its own, until the document is over.
fn parse(shared: &Shared, plan: Plan, suspend: &Suspend, first: Order) -> Result<(), String> {
    let sink = |chunk: &[u8]| shared.output.borrow_mut().extend_from_slice(chunk);
    let mut rewriter = HtmlRewriter::new(plan.settings(shared.begin(suspend)), sink);
    let mut order = first;
    loop {
        match order {
            Order::Write(piece) => rewriter.write(&piece).map_err(|error| error.to_string())?,
            Order::End => return rewriter.end().map_err(|error| error.to_string()),
            Order::Stop => return Ok(()),
            Order::Go | Order::Piece(_) | Order::Last => {}
        }
        order = suspend.suspend(html_step::HUNGRY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{html_place, html_text};

    fn open(selector: &str, steps: &[u32]) -> Rewriter {
        let steps = steps.iter().fold(0, |bits, step| bits | 1 << step);
        let plan = Plan::new("utf-8", false).and_then(|mut plan| {
            plan.add(Some(selector), steps)?;
            Ok(plan)
        });
        Rewriter::new(plan)
    }

    fn text_of(rewriter: &Rewriter) -> String {
        String::from_utf8_lossy(&rewriter.output()).into_owned()
    }

    fn insert(rewriter: &Rewriter, place: u32, text: &str) -> Option<()> {
        rewriter.with_token(|mut token| token.insert(place, Content::Text(text), ContentType::Text))
    }

    #[test]
    fn waits_with_a_token_until_its_handler_is_done() {
        let rewriter = open("p", &[html_step::ELEMENT]);
        assert_eq!(rewriter.write(b"<i>1</i><p>".to_vec()), step(html_step::ELEMENT, 0));
        assert_eq!(text_of(&rewriter), "<i>1</i>");
        let name = rewriter.with_token(|token| token.text(html_text::NAME));
        assert_eq!(name, Some(Some("p".into())));
        assert_eq!(insert(&rewriter, html_place::PREPEND, "<"), Some(()));
        assert_eq!(rewriter.go(), html_step::HUNGRY);
        assert_eq!(insert(&rewriter, html_place::PREPEND, "later"), None);
        assert_eq!(rewriter.end(), html_step::DONE);
        assert_eq!(text_of(&rewriter), "<p>&lt;");
        assert_eq!(rewriter.go(), html_step::FAILED);
    }

    #[test]
    fn has_one_handler_of_an_end_tag() {
        let rewriter = open("p", &[html_step::ELEMENT]);
        assert_eq!(rewriter.write(b"<p></p>".to_vec()), step(html_step::ELEMENT, 0));
        let number = rewriter.on_end_tag();
        assert!(number.is_some());
        assert_eq!(rewriter.on_end_tag(), number);
        assert_eq!(
            Some(rewriter.go()),
            number.map(|number| step(html_step::END_TAG, number))
        );
        assert_eq!(rewriter.on_end_tag(), None);
        assert_eq!(rewriter.go(), html_step::HUNGRY);
    }

    #[test]
    fn asks_for_content_in_pieces() {
        let rewriter = open("p", &[html_step::ELEMENT]);
        rewriter.write(b"<p>".to_vec());
        let number = rewriter.insert_stream(html_place::BEFORE, ContentType::Text);
        assert_eq!(
            Some(rewriter.go()),
            number.map(|number| step(html_step::CONTENT, number))
        );
        let euro = "\u{20ac}".as_bytes();
        rewriter.content(Some(euro[..2].to_vec()));
        rewriter.content(Some(euro[2..].to_vec()));
        rewriter.content(Some(euro[..1].to_vec()));
        assert_eq!(rewriter.content(None), html_step::HUNGRY);
        assert_eq!(text_of(&rewriter), "\u{20ac}\u{fffd}<p>");
    }

    #[test]
    fn ends_wherever_it_waits() {
        let pieces: [&[u8]; 3] = [b"", b"<i>", b"<p>"];
        for (piece, with_content) in pieces.iter().flat_map(|piece| [(piece, false), (piece, true)]) {
            let rewriter = open("p", &[html_step::ELEMENT]);
            rewriter.write(piece.to_vec());
            if with_content && rewriter.insert_stream(html_place::BEFORE, ContentType::Html).is_some() {
                rewriter.go();
            }
            rewriter.close();
            assert_eq!(insert(&rewriter, html_place::BEFORE, "x"), None);
            assert_eq!(rewriter.write(b"<p>".to_vec()), html_step::FAILED);
            drop(rewriter);
        }
        drop(open("p", &[html_step::ELEMENT]));
    }

    #[test]
    fn says_why_it_fails() {
        for (selector, charset, reason) in [
            ("p +", "utf-8", "Dangling combinator in selector."),
            ("p", "unknown", "Unknown character encoding has been provided."),
            ("p", "utf-16le", "Expected ASCII-compatible encoding."),
        ] {
            let plan = Plan::new(charset, false).and_then(|mut plan| {
                plan.add(Some(selector), 0)?;
                Ok(plan)
            });
            let rewriter = Rewriter::new(plan);
            assert_eq!(rewriter.write(Vec::new()), html_step::FAILED);
            assert_eq!(rewriter.failure(), reason);
        }
    }

    #[test]
    fn has_a_stack_that_is_deep_enough_for_every_selector() {
        let long = format!("a{}", " a".repeat(limits::SELECTOR_PARTS - 1));
        let rewriter = open(&long, &[html_step::ELEMENT]);
        let html = "<a>".repeat(2 * limits::SELECTOR_PARTS);
        assert_eq!(rewriter.write(html.into_bytes()), step(html_step::ELEMENT, 0));
    }
}
