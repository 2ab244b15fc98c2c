//! The statements of a text. A statement ends where `sqlite3_complete` says that it does: at a semicolon that is in no text,
//! name or comment, and in a trigger at the one after its END (<https://www.sqlite.org/c3ref/complete.html>).

/// The statements of a text, without those that hold nothing but blanks and comments.
pub fn statements(sql: &str) -> Vec<&str> {
    if !may_have_several(sql) {
        // SQLite says what is wrong with it.
        return vec![sql];
    }
    let mut found = Vec::new();
    let (mut start, mut state, mut is_blank) = (0, State::Start, true);
    let mut tokens = Tokens { sql, at: 0 };
    while let Some(token) = tokens.next_token() {
        if token == Token::Blank {
            continue;
        }
        is_blank &= token == Token::Semicolon;
        state = state.after(token);
        if state == State::Complete {
            if !is_blank {
                found.push(sql[start..tokens.at].trim_start());
            }
            (start, state, is_blank) = (tokens.at, State::Start, true);
        }
    }
    if !is_blank {
        found.push(sql[start..].trim_start());
    }
    found
}

/// Whether there is a semicolon before the end.
fn may_have_several(sql: &str) -> bool {
    let sql = sql.trim_end();
    sql.find(';').is_some_and(|at| at + 1 < sql.len())
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Semicolon,
    Blank,
    Create,
    Temp,
    Trigger,
    Explain,
    End,
    Other,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    Explained,
    Created,
    Normal,
    /// In the body of a trigger, after one of its semicolons, and after an END that follows one.
    Trigger,
    Semicolon,
    End,
    Complete,
}

impl State {
    fn after(self, token: Token) -> State {
        match (self, token) {
            (State::Trigger | State::Semicolon | State::End, Token::Semicolon) => match self {
                State::End => State::Complete,
                _ => State::Semicolon,
            },
            (State::Semicolon, Token::End) => State::End,
            (State::Trigger | State::Semicolon | State::End, _) => State::Trigger,
            (_, Token::Semicolon) => State::Complete,
            (State::Start, Token::Explain) => State::Explained,
            (State::Start | State::Explained, Token::Create) => State::Created,
            // QUERY PLAN
            (State::Explained, Token::Other) => State::Explained,
            (State::Created, Token::Temp) => State::Created,
            (State::Created, Token::Trigger) => State::Trigger,
            _ => State::Normal,
        }
    }
}

struct Tokens<'s> {
    sql: &'s str,
    at: usize,
}

impl Tokens<'_> {
    /// Goes past the next token.
    fn next_token(&mut self) -> Option<Token> {
        let rest = &self.sql.as_bytes()[self.at..];
        let (token, length) = match *rest.first()? {
            b';' => (Token::Semicolon, 1),
            b' ' | b'\t' | b'\r' | b'\n' | b'\x0c' => (Token::Blank, 1),
            b'-' if rest.get(1) == Some(&b'-') => (Token::Blank, until(rest, 2, b"\n")),
            b'/' if rest.get(1) == Some(&b'*') => (Token::Blank, until(rest, 2, b"*/")),
            b'[' => (Token::Other, until(rest, 1, b"]")),
            quote @ (b'\'' | b'"' | b'`') => (Token::Other, until(rest, 1, &[quote])),
            _ => {
                let length = rest.iter().take_while(|byte| is_word(**byte)).count();
                (word(&rest[..length]), length.max(1))
            }
        };
        self.at += length;
        Some(token)
    }
}

/// The length with the end that follows, or of all if there is none.
fn until(rest: &[u8], from: usize, end: &[u8]) -> usize {
    let found = rest[from..].windows(end.len()).position(|window| window == end);
    found.map_or(rest.len(), |at| from + at + end.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

fn word(word: &[u8]) -> Token {
    match word.to_ascii_lowercase().as_slice() {
        b"create" => Token::Create,
        b"temp" | b"temporary" => Token::Temp,
        b"trigger" => Token::Trigger,
        b"explain" => Token::Explain,
        b"end" => Token::End,
        _ => Token::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(sql: &str) -> Vec<&str> {
        statements(sql).into_iter().map(str::trim_end).collect()
    }

    #[test]
    fn end_at_semicolons() {
        assert_eq!(trimmed("SELECT 1; SELECT 2"), ["SELECT 1;", "SELECT 2"]);
        assert_eq!(trimmed(";; SELECT 1;\n;-- x;\n"), ["SELECT 1;"]);
        assert_eq!(trimmed("SELECT 1; -- the end"), ["SELECT 1;"]);
        assert!(trimmed("; /* ; */ ;").is_empty());
        assert_eq!(trimmed("SELECT 1;"), ["SELECT 1;"]);
        assert_eq!(trimmed(""), [""]);
    }

    #[test]
    fn may_have_semicolons_in_texts_names_and_comments() {
        for sql in [
            "SELECT ';', ''';', \"a;\", `b;`, [c;]",
            "SELECT 1 -- ; x\n + 2",
            "SELECT /* ; */ ü;",
        ] {
            assert_eq!(trimmed(&format!("{sql}; SELECT 2")).len(), 2, "{sql}");
        }
        assert_eq!(trimmed("SELECT ';' -- é;"), ["SELECT ';' -- é;"]);
        assert_eq!(trimmed("SELECT 'open; SELECT 2"), ["SELECT 'open; SELECT 2"]);
    }

    #[test]
    fn may_be_triggers() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT CASE WHEN 1 THEN 2 END; DELETE FROM b; END;";
        assert_eq!(trimmed(&format!("{trigger} SELECT 1")), [trigger, "SELECT 1"]);
        let temp = "EXPLAIN QUERY PLAN create temporary trigger t AFTER INSERT ON a BEGIN SELECT 1; end;";
        assert_eq!(trimmed(&format!("{temp} SELECT 1")), [temp, "SELECT 1"]);
        assert_eq!(trimmed("CREATE TABLE trigger_log (a); SELECT 1").len(), 2);
    }
}
