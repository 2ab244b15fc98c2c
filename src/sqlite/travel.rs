//! Goes back to states of a database. Each has a number; the state that is in force has one as well.

use std::rc::Rc;

use super::error::{Result, SqlError};
use super::session::Session;

impl Session {
    /// The number of the state that was committed last. From now on, all have one.
    pub fn current_state(&self) -> Result<u64> {
        self.commit()?;
        let Some(all) = self.all() else { return Ok(0) };
        let history = all.begin_history(self.name());
        // Within a transaction, what is not committed is no state.
        if self.is_in_scope()
            && let Some(known) = history.at(f64::INFINITY)
        {
            return Ok(known);
        }
        let image = self.database.image().map_err(SqlError::Store)?;
        Ok(history.record(&image, all.now_ms()))
    }

    /// Notes the state that was committed, if the database has a history.
    pub(super) fn note_state(&self) -> Result<()> {
        let Some(all) = self.all() else { return Ok(()) };
        if let Some(history) = all.history(self.name()) {
            let image = self.database.image().map_err(SqlError::Store)?;
            history.record(&image, all.now_ms());
        }
        Ok(())
    }

    /// Goes back to the state that the last user has asked for; whether there was one.
    pub fn restore_state(&self) -> Result<bool> {
        let Some(all) = self.all() else { return Ok(false) };
        let history = all.history(self.name());
        let state = history.and_then(|history| history.image(history.take_next()?));
        let Some(image) = state else { return Ok(false) };
        self.abort();
        let exchanged = self.database.moments.keep(&self.database);
        exchanged
            .and_then(|()| self.database.exchange(&Rc::new(image)))
            .map_err(SqlError::Store)?;
        self.exchanged();
        self.note_state()?;
        Ok(true)
    }
}
