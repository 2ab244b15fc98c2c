//! Headers as they cross and as they are stored: one text, `name\nvalue\nname\nvalue`. `src/web/header-text.ts` is the same
//! in JavaScript.

use http::HeaderMap;

/// Name and value of each.
pub fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = text.split('\n');
    std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
}

/// Name and value of each, in a text of Latin-1.
pub fn latin1_pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut parts = text.split(|byte| *byte == b'\n');
    std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
}

/// The text of headers, in Latin-1.
pub fn latin1_of(headers: &HeaderMap) -> Vec<u8> {
    let parts = headers
        .iter()
        .flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
    parts.collect::<Vec<_>>().join(&b'\n')
}

/// The values of a header, whose name is in lower case as all names in the text, combined as if they stood in one; `None` when there are none.
pub fn get(flat: &str, wanted: &str) -> Option<String> {
    let values: Vec<_> = pairs(flat)
        .filter(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Sets a header, in the place of those of its name.
pub fn set(flat: &mut String, wanted: &str, value: &str) {
    remove(flat, wanted);
    if !flat.is_empty() {
        flat.push('\n');
    }
    flat.extend([wanted, "\n", value]);
}

pub fn remove(flat: &mut String, unwanted: &str) {
    if pairs(flat).any(|(name, _)| name == unwanted) {
        let rest: Vec<_> = pairs(flat).filter(|(name, _)| *name != unwanted).collect();
        *flat = rest
            .into_iter()
            .flat_map(|(name, value)| [name, value])
            .collect::<Vec<_>>()
            .join("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_found_set_and_removed_by_name() {
        let mut flat = String::from("a\n1\nb\n\na\n2");
        assert_eq!(get(&flat, "a").as_deref(), Some("1, 2"));
        assert_eq!(get(&flat, "b").as_deref(), Some(""));
        assert_eq!(get("", "a"), None);
        set(&mut flat, "a", "3");
        assert_eq!(flat, "b\n\na\n3");
        remove(&mut flat, "b");
        remove(&mut flat, "a");
        set(&mut flat, "c", "4");
        assert_eq!(flat, "c\n4");
    }
}
