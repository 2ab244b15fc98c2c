//! States that a database can be brought back to: that of the time when its user first asked for one, and from then on that
//! of each commit. States share the pages that are equal, so a commit adds those that it has changed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::image::Image;
use super::limits::{HISTORY_BYTES, HISTORY_TIME};

/// What is compared and shared.
const PAGE: usize = 4096;

struct State {
    number: u64,
    time_ms: f64,
    pages: Vec<Rc<[u8]>>,
    /// Bytes that the states before have not.
    added: usize,
}

#[derive(Default)]
pub struct History {
    states: RefCell<VecDeque<State>>,
    last: Cell<u64>,
    bytes: Cell<usize>,
    /// The state that the next user starts from.
    next: Cell<Option<u64>>,
}

impl History {
    /// Adds a state, unless it is the last one; its number.
    pub fn record(&self, image: &Image, now_ms: f64) -> u64 {
        let mut states = self.states.borrow_mut();
        let last = states.back();
        let mut added = 0;
        let pages: Vec<Rc<[u8]>> = image
            .pages()
            .chunks(PAGE)
            .enumerate()
            .map(|(index, page)| match last.and_then(|state| state.pages.get(index)) {
                Some(known) if **known == *page => known.clone(),
                _ => {
                    added += page.len();
                    page.into()
                }
            })
            .collect();
        if last.is_some_and(|last| added == 0 && last.pages.len() == pages.len()) {
            return self.last.get();
        }
        let number = self.last.get() + 1;
        self.last.set(number);
        self.bytes.set(self.bytes.get() + added);
        states.push_back(State {
            number,
            time_ms: now_ms,
            pages,
            added,
        });
        let oldest_ms = now_ms - HISTORY_TIME.as_secs_f64() * 1000.0;
        // The last one before the time that is kept is that of its beginning.
        while states.len() > 1 && (states[1].time_ms <= oldest_ms || self.bytes.get() > HISTORY_BYTES) {
            if let (Some(gone), Some(first)) = (states.pop_front(), states.front_mut()) {
                // What was shared with it is now the first one's alone.
                let total: usize = first.pages.iter().map(|page| page.len()).sum();
                self.bytes
                    .set((self.bytes.get() + total).saturating_sub(gone.added + first.added));
                first.added = total;
            }
        }
        number
    }

    /// The number of the state that was in force at a time; `None` before the first one.
    pub fn at(&self, time_ms: f64) -> Option<u64> {
        let states = self.states.borrow();
        let before = states.iter().rev().find(|state| state.time_ms <= time_ms);
        before.map(|state| state.number)
    }

    /// The content of a state; `None` if it is not known, or not any more.
    pub fn image(&self, number: u64) -> Option<Image> {
        let states = self.states.borrow();
        let state = states.iter().find(|state| state.number == number)?;
        Some(Image::from_pages(state.pages.concat()))
    }

    /// Has the next user start from a state; false if it is not known.
    pub fn restore_next(&self, number: u64) -> bool {
        let is_known = self.states.borrow().iter().any(|state| state.number == number);
        if is_known {
            self.next.set(Some(number));
        }
        is_known
    }

    pub fn take_next(&self) -> Option<u64> {
        self.next.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(pages: &[u8]) -> Image {
        Image::from_pages(pages.iter().flat_map(|byte| [*byte; PAGE]).collect())
    }

    #[test]
    fn has_the_states_of_all_commits_and_shares_pages() {
        let history = History::default();
        assert_eq!(history.record(&image(&[1, 2]), 10.0), 1);
        assert_eq!(history.record(&image(&[1, 2]), 11.0), 1);
        assert_eq!(history.record(&image(&[1, 3, 4]), 20.0), 2);
        assert_eq!(history.record(&image(&[1]), 30.0), 3);
        assert_eq!(history.bytes.get(), 4 * PAGE);
        assert_eq!(
            (history.at(9.0), history.at(19.0), history.at(99.0)),
            (None, Some(1), Some(3))
        );
        assert_eq!(
            history.image(2).map(|state| state.to_file()),
            Some(image(&[1, 3, 4]).to_file())
        );
        assert!(history.restore_next(1) && !history.restore_next(9));
        assert_eq!((history.take_next(), history.take_next()), (Some(1), None));
    }

    #[test]
    fn forgets_what_is_too_old() {
        let history = History::default();
        let day = 86_400_000.0;
        for number in 0..40 {
            history.record(&image(&[number]), f64::from(number) * day);
        }
        assert_eq!((history.at(8.0 * day), history.at(9.0 * day)), (None, Some(10)));
        assert_eq!(history.bytes.get(), 31 * PAGE);
    }
}
