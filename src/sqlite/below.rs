//! Databases that belong to another one: their names are its name, a dot, and more.

use std::rc::Rc;

use super::error::{Result, SqlError};
use super::image::Image;
use super::session::Session;
use super::sessions::Sessions;

impl Sessions {
    /// Runs `work` with a session of its own. What another user has not committed is undone.
    fn with<T>(&self, name: &str, work: impl FnOnce(&Session) -> Result<T>) -> Result<T> {
        let user = self.begin(name);
        let done = self.open(name, user).and_then(|session| work(&session));
        self.end(name, user);
        done
    }

    /// Deletes all that the database `top`, and those below it, have.
    pub fn clear_below(&self, top: &str) -> Result<()> {
        for name in self.databases.names_below(top).map_err(SqlError::Store)? {
            self.with(&name, |session| {
                session.drop_all()?;
                session.commit()
            })?;
        }
        Ok(())
    }

    /// Gives the database `to`, and those below it, the contents of `from` and those below that.
    pub fn copy_below(&self, from: &str, to: &str) -> Result<()> {
        self.clear_below(to)?;
        for name in self.databases.names_below(from).map_err(SqlError::Store)? {
            let copy = format!("{to}{}", &name[from.len()..]);
            let image = self.open_to_read(&name)?;
            self.with(&copy, |session| session.exchange(&image))?;
        }
        Ok(())
    }

    /// The content that was committed last, of a database that others may be using.
    fn open_to_read(&self, name: &str) -> Result<Rc<Image>> {
        if let Some(session) = self.living_of(name) {
            session.commit()?;
            if session.is_in_scope() {
                return Err(SqlError::CopyInTransaction);
            }
            return session.database.image().map_err(SqlError::Store);
        }
        let database = self.databases.get(name).map_err(SqlError::Store)?;
        let image = database.image().map_err(SqlError::Store)?;
        self.databases.rest(name).map_err(SqlError::Store)?;
        Ok(image)
    }
}
