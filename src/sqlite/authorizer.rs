//! What a statement may do, as Workers have it. SQLite asks while it compiles a statement, so a compiled one costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// Pragmas that report, and may be given what to report on.
const REPORTING: &[&str] = &[
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "optimize",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];
/// Pragmas that can be read, and not set.
const READ_ONLY: &[&str] = &["data_version", "page_size"];
/// Pragmas that are switches.
const SWITCHES: &[&str] = &[
    "case_sensitive_like",
    "defer_foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "recursive_triggers",
    "reverse_unordered_selects",
];
/// What a switch can be set to.
const SWITCHED: &[&str] = &["0", "1", "false", "no", "off", "on", "true", "yes"];
/// Virtual tables that can be created.
const MODULES: &[&str] = &["fts5", "fts5vocab", "rtree"];
/// Functions of SQLite's build that Workers do not have.
const FUNCTIONS: &[&str] = &[
    "fts3_tokenizer",
    "fts5",
    "fts5_source_id",
    "soundex",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_log",
    "sqlite_offset",
    "sqlite_source_id",
    "sqlite_version",
    "subtype",
];
/// Virtual tables that exist without being created, and that Workers do not have.
const TABLES: &[&str] = &["dbstat", "sqlite_dbpage", "sqlite_stmt", "bytecode", "tables_used"];

/// The schema of what goes with the connection. `CREATE TABLE temp.t` is no action of its own.
const TEMPORARY: &str = "temp";

/// What the authorizer of a connection and its owner tell each other.
#[derive(Default)]
pub struct Permits {
    /// The statements that are compiled are this package's own.
    own: AtomicBool,
    /// A statement was refused because it would begin or end a transaction.
    transaction: AtomicBool,
}

impl Permits {
    /// Runs `work`, in which statements of this package are compiled.
    pub fn own<T>(&self, work: impl FnOnce() -> T) -> T {
        self.own.store(true, Ordering::Relaxed);
        let result = work();
        self.own.store(false, Ordering::Relaxed);
        result
    }

    /// Whether a statement was refused, since this was last asked, because it would begin or end a transaction.
    pub fn take_transaction(&self) -> bool {
        self.transaction.swap(false, Ordering::Relaxed)
    }
}

/// The authorizer of a connection.
pub fn authorizer(permits: Arc<Permits>) -> impl for<'c> FnMut(AuthContext<'c>) -> Authorization + Send + 'static {
    move |context| {
        if permits.own.load(Ordering::Relaxed) {
            return Authorization::Allow;
        }
        if matches!(
            context.action,
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. }
        ) {
            permits.transaction.store(true, Ordering::Relaxed);
            return Authorization::Deny;
        }
        match adds(&context.action) && context.database_name == Some(TEMPORARY) {
            true => Authorization::Deny,
            false => decide(&context.action),
        }
    }
}

/// Whether something is added to a schema. A trigger is a row of its table.
fn adds(action: &AuthAction) -> bool {
    use AuthAction::*;
    matches!(
        action,
        CreateIndex { .. } | CreateTable { .. } | CreateView { .. } | CreateVtable { .. } | Insert { .. }
    )
}

fn decide(action: &AuthAction) -> Authorization {
    use AuthAction::*;
    let names: [&str; 2] = match *action {
        Attach { .. } | Detach { .. } => return Authorization::Deny,
        CreateTempTable { .. } | CreateTempIndex { .. } | CreateTempTrigger { .. } | CreateTempView { .. } => {
            return Authorization::Deny;
        }
        Pragma {
            pragma_name,
            pragma_value,
        } => return pragma(pragma_name, pragma_value),
        Function { function_name } => return unless(has(FUNCTIONS, function_name)),
        CreateVtable {
            table_name,
            module_name,
        } => return unless(is_reserved(table_name) || !has(MODULES, module_name)),
        Read { table_name, .. } => return unless(is_reserved(table_name) || has(TABLES, table_name)),
        CreateTable { table_name } | DropTable { table_name } | Insert { table_name } | Delete { table_name } => {
            [table_name, ""]
        }
        Update { table_name, .. } | AlterTable { table_name, .. } | DropVtable { table_name, .. } => [table_name, ""],
        CreateIndex { index_name, table_name } | DropIndex { index_name, table_name } => [index_name, table_name],
        CreateTrigger {
            trigger_name,
            table_name,
        }
        | DropTrigger {
            trigger_name,
            table_name,
        } => [trigger_name, table_name],
        CreateView { view_name } | DropView { view_name } => [view_name, ""],
        _ => return Authorization::Allow,
    };
    unless(names.into_iter().any(is_reserved))
}

fn pragma(name: &str, value: Option<&str>) -> Authorization {
    // Foreign keys are always enforced: it cannot be switched within a transaction, and each statement runs in one.
    if name.eq_ignore_ascii_case("foreign_keys") {
        return match value {
            None => Authorization::Allow,
            Some(value) if has(SWITCHED, value) => Authorization::Ignore,
            Some(_) => Authorization::Deny,
        };
    }
    let is_allowed = has(REPORTING, name) && !value.is_some_and(is_reserved)
        || has(READ_ONLY, name) && value.is_none()
        || has(SWITCHES, name) && value.is_none_or(|value| has(SWITCHED, value));
    unless(!is_allowed)
}

fn unless(is_refused: bool) -> Authorization {
    if is_refused {
        Authorization::Deny
    } else {
        Authorization::Allow
    }
}

fn has(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Names that the runtime keeps for its own tables.
fn is_reserved(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("_cf_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_names_of_the_runtime() {
        assert!(is_reserved("_cf_a") && is_reserved("_CF_a") && !is_reserved("_c") && !is_reserved("t_cf_"));
        assert_eq!(pragma("table_info", Some("_cf_a")), Authorization::Deny);
    }

    #[test]
    fn allows_pragmas_that_report() {
        for (name, value, decided) in [
            ("table_info", Some("t"), Authorization::Allow),
            ("TABLE_LIST", None, Authorization::Allow),
            ("page_size", None, Authorization::Allow),
            ("page_size", Some("512"), Authorization::Deny),
            ("foreign_keys", Some("off"), Authorization::Ignore),
            ("foreign_keys", Some("maybe"), Authorization::Deny),
            ("recursive_triggers", Some("TRUE"), Authorization::Allow),
            ("recursive_triggers", Some("2"), Authorization::Deny),
            ("journal_mode", None, Authorization::Deny),
            ("user_version", Some("1"), Authorization::Deny),
        ] {
            assert_eq!(pragma(name, value), decided, "{name} {value:?}");
        }
    }
}
