//! Goes back to states of a database. Each has a number, and a text that stands for it; the state that is in force has them as
//! well.

use std::rc::Rc;

use super::error::{Result, SqlError};
use super::history::History;
use super::image::Image;
use super::session::Session;

impl Session {
    fn history(&self) -> Option<Rc<History>> {
        self.history.borrow().clone()
    }

    fn now_ms(&self) -> f64 {
        self.all().map_or(0.0, |all| all.now_ms())
    }

    /// The bookmark of the state that was committed last. From now on, all have one.
    pub fn bookmark(&self) -> Result<String> {
        let history = self.begin_history()?;
        history.age(self.now_ms())?;
        Ok(history.bookmark(history.latest()?))
    }

    fn begin_history(&self) -> Result<Rc<History>> {
        self.commit()?;
        if let Some(history) = self.history() {
            // Within a transaction, what is not committed is no state.
            if self.is_unknown_state.get() && !self.is_in_scope() {
                self.compare_state(&history)?;
            }
            return Ok(history);
        }
        if self.is_in_scope() {
            return Err(SqlError::FirstState);
        }
        let all = self.all().ok_or(SqlError::Closed)?;
        let history = all.begin_history(self.name(), &self.database)?;
        self.history.replace(Some(history.clone()));
        self.compare_state(&history)?;
        Ok(history)
    }

    /// That of the state that was in force at a time, if it is known.
    pub fn bookmark_at(&self, time_ms: f64) -> Result<Option<String>> {
        let history = self.begin_history()?;
        history.age(self.now_ms())?;
        Ok(history.at(time_ms)?.map(|number| history.bookmark(number)))
    }

    /// Whether a bookmark is of a state that can be gone back to.
    pub fn has_bookmark(&self, bookmark: &str) -> Result<bool> {
        let history = self.begin_history()?;
        history.age(self.now_ms())?;
        Ok(history.state_of(bookmark)?.is_some())
    }

    /// Has the next user start from a state; false if it is not known.
    pub fn restore_next(&self, bookmark: &str) -> Result<bool> {
        let history = self.begin_history()?;
        history.age(self.now_ms())?;
        let Some(number) = history.state_of(bookmark)? else {
            return Ok(false);
        };
        history.set_next(Some(number))?;
        self.note_next(Some(number));
        Ok(true)
    }

    /// The same for a content that is another database's. It becomes a state, before the one that is in force.
    pub fn restore_next_image(&self, image: &Rc<Image>) -> Result<()> {
        let history = self.begin_history()?;
        if self.is_in_scope() {
            return Err(SqlError::FirstState);
        }
        history.compare(image, self.now_ms())?;
        let number = history.latest()?;
        self.compare_state(&history)?;
        history.set_next(Some(number))?;
        self.note_next(Some(number));
        Ok(())
    }

    fn note_next(&self, number: Option<u64>) {
        if let Some(all) = self.all() {
            all.note_next(self.name(), number);
        }
    }

    /// Notes the state that was committed, if the database has a history.
    pub(super) fn note_state(&self) -> Result<()> {
        let Some(history) = self.history() else { return Ok(()) };
        if self.is_unknown_state.get() {
            return self.compare_state(&history);
        }
        // Whatever goes wrong, what is stored is compared the next time.
        self.is_unknown_state.set(true);
        match self.database.last_changes() {
            Ok(Some(changes)) => history.record(&changes, self.now_ms())?,
            Ok(None) => {}
            Err(_) => return self.compare_state(&history),
        }
        self.is_unknown_state.set(false);
        Ok(())
    }

    /// Adds what is stored to the history, unless it is its last state.
    fn compare_state(&self, history: &History) -> Result<()> {
        self.is_unknown_state.set(true);
        let knows_changes = self.database.follow_changes().map_err(SqlError::Store)?;
        let image = self.database.image().map_err(SqlError::Store)?;
        history.compare(&image, self.now_ms())?;
        self.is_unknown_state
            .set(!knows_changes || self.database.last_changes().is_err());
        Ok(())
    }

    /// Goes back to the state that the last user has asked for; whether there was one. Otherwise, a database that has a history
    /// may have been written without it.
    pub fn restore_state(&self) -> Result<bool> {
        let Some(history) = self.history() else {
            return Ok(false);
        };
        let Some(number) = history.next()? else {
            if self.is_unknown_state.get() {
                self.abort();
                self.compare_state(&history)?;
            }
            return Ok(false);
        };
        self.abort();
        let Some(image) = history.image(number)? else {
            return Err(SqlError::LostState);
        };
        self.exchange(&Rc::new(image))?;
        // Until then, whoever opens the database next goes back as well, which changes nothing.
        history.set_next(None)?;
        self.note_next(None);
        Ok(true)
    }

    /// Makes what is stored that of an image.
    pub fn exchange(&self, image: &Rc<Image>) -> Result<()> {
        let kept = self.database.moments.keep(&self.database);
        kept.and_then(|()| self.database.exchange(image))
            .map_err(SqlError::Store)?;
        self.exchanged();
        self.note_state()
    }
}
