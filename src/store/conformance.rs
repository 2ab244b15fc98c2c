//! What every store must do, written once and asked of all of them.

use std::rc::Rc;

use bytes::Bytes;

use super::joint;
use super::range::Range;
use super::snapshots::SnapshotStore;
use super::{Reply, Space, Store, Write};

pub fn put(key: &str, value: &str) -> Write {
    (key.into(), Some(Bytes::from(value.to_string())))
}

pub fn delete(key: &str) -> Write {
    (key.into(), None)
}

/// The answer of a store, now or later.
pub fn answer<T>(reply: Reply<T>) -> super::Result<T> {
    match reply {
        Reply::Now(answer) => answer,
        Reply::Pending(answer) => futures::executor::block_on(answer),
    }
}

pub fn get(space: &Rc<dyn Space>, key: &str) -> Option<String> {
    let value = answer(space.get(key.as_bytes())).expect("the store reads");
    value.map(|value| String::from_utf8_lossy(&value).into_owned())
}

pub fn keys(space: &Rc<dyn Space>, range: &Range) -> Vec<String> {
    let entries = answer(space.list(range)).expect("the store lists");
    let keys = entries.into_iter().map(|(key, _)| key);
    keys.map(|key| String::from_utf8_lossy(&key).into_owned()).collect()
}

pub fn apply(space: &Rc<dyn Space>, writes: Vec<Write>) {
    answer(space.commit(writes)).expect("the store writes");
}

pub fn restore(store: &Rc<SnapshotStore>, number: usize) -> super::Result<()> {
    futures::executor::block_on(async {
        let restoration = store.clone().restore(number).await?;
        joint::commit(vec![(restoration.batch)()?]).await?;
        (restoration.done)();
        Ok(())
    })
}

fn claim(store: &dyn Store, name: &str) -> Rc<dyn Space> {
    let (space, claimed) = store.claim(name);
    answer(claimed).expect("the space can be claimed");
    space
}

/// Asks everything of an empty store: as it is, and where it can be brought back to a moment.
pub fn check_all(store: Rc<dyn Store>) {
    check(&*store);
    let names = || answer(store.spaces("")).expect("the store names its spaces");
    for name in names() {
        let space = claim(&*store, &name);
        let entries = answer(space.list(&Range::all())).expect("the store lists");
        apply(&space, entries.into_iter().map(|(key, _)| (key, None)).collect());
    }
    let kept = SnapshotStore::new(store.clone());
    kept.take(1);
    check(&*kept);
    restore(&kept, 1).expect("the store can be written");
    assert_eq!(names(), [""; 0]);
}

fn check(store: &dyn Store) {
    writes_are_read(store);
    writes_are_ordered(store);
    spaces_are_apart(store);
    ranges_are_listed(store);
    bytes_are_any(store);
    spaces_are_named(store);
    claimed_spaces_answer_at_once(store);
    many_keys_are_listed(store);
    spaces_are_found_by_a_key(store);
    claimed_spaces_are_written_together(store);
}

fn writes_are_read(store: &dyn Store) {
    let space = store.space("written");
    assert_eq!(get(&space, "a"), None);
    apply(&space, vec![put("a", "1"), put("b", ""), delete("never")]);
    assert_eq!(
        (get(&space, "a"), get(&space, "b")),
        (Some("1".into()), Some("".into()))
    );
    apply(&space, vec![put("a", "2"), delete("b")]);
    assert_eq!((get(&space, "a"), get(&space, "b")), (Some("2".into()), None));
    apply(&space, vec![]);
    let again = store.space("written");
    assert_eq!(get(&again, "a"), Some("2".into()));
}

/// In one batch the last write to a key counts.
fn writes_are_ordered(store: &dyn Store) {
    let space = store.space("ordered");
    apply(
        &space,
        vec![
            put("a", "1"),
            delete("a"),
            put("b", "1"),
            put("b", "2"),
            delete("c"),
            put("c", "3"),
        ],
    );
    assert_eq!(keys(&space, &Range::all()), ["b", "c"]);
    assert_eq!(get(&space, "b"), Some("2".into()));
}

fn spaces_are_apart(store: &dyn Store) {
    let names = ["apart", "apart:", "apart\0", "apart\0\u{1}", ""];
    for name in names {
        apply(&store.space(name), vec![put("key", name), put("", name)]);
    }
    for name in names {
        let space = store.space(name);
        assert_eq!(
            (get(&space, "key"), get(&space, "")),
            (Some(name.into()), Some(name.into()))
        );
        assert_eq!(keys(&space, &Range::all()), ["", "key"]);
    }
}

fn ranges_are_listed(store: &dyn Store) {
    let space = store.space("listed");
    apply(&space, ["a", "b", "ba", "bb", "c"].map(|key| put(key, key)).into());
    let all = Range::all;
    let cases: [(Range, &[&str]); 11] = [
        (all(), &["a", "b", "ba", "bb", "c"]),
        (all().at_most(2, false), &["a", "b"]),
        (all().at_most(2, true), &["c", "bb"]),
        (all().at_most(0, false), &[]),
        (all().from("b".into()).before("bb".into()), &["b", "ba"]),
        (
            all().from("b".into()).before("bb".into()).at_most(9, true),
            &["ba", "b"],
        ),
        (all().after("b".into()), &["ba", "bb", "c"]),
        (all().after("b".into()).at_most(2, true), &["c", "bb"]),
        (all().prefixed("b".into()), &["b", "ba", "bb"]),
        (all().prefixed("b".into()).after("b".into()).at_most(1, true), &["bb"]),
        (all().from("b".into()).before("a".into()), &[]),
    ];
    for (range, expected) in cases {
        assert_eq!(keys(&space, &range), expected, "{range:?}");
    }
}

/// Keys and values are bytes, whatever they mean elsewhere.
fn bytes_are_any(store: &dyn Store) {
    let space = store.space("bytes");
    let names: [&[u8]; 7] = [b"", b"\0", b"\0\x01", b"\r\n", b"*", b"\xf0\x9f\x91\x8b", b"\xff\xff"];
    let writes = names.map(|key| (key.to_vec(), Some(Bytes::copy_from_slice(key))));
    apply(&space, writes.clone().into());
    let entries = answer(space.list(&Range::all())).expect("the store lists");
    assert_eq!(entries, writes.map(|(key, value)| (key, value.unwrap_or_default())));
    let last = answer(space.list(&Range::all().prefixed(vec![0xff]))).expect("the store lists");
    assert_eq!(last.len(), 1);
}

fn spaces_are_named(store: &dyn Store) {
    for name in ["named:b", "named:a", "named:gone", "name"] {
        apply(&store.space(name), vec![put("key", "value"), put("other", "value")]);
    }
    apply(&store.space("named:gone"), vec![delete("key"), delete("other")]);
    store.space("named:empty");
    assert_eq!(
        answer(store.spaces("named:")),
        Ok(vec!["named:a".into(), "named:b".into()])
    );
    assert_eq!(answer(store.spaces("none")), Ok(vec![]));
}

fn claimed_spaces_answer_at_once(store: &dyn Store) {
    apply(&store.space("claimed"), vec![put("before", "1")]);
    let space = claim(store, "claimed");
    assert!(matches!(space.get(b"before"), Reply::Now(Ok(Some(_)))));
    assert!(matches!(space.apply(vec![put("after", "2")]), Reply::Now(Ok(()))));
    assert!(matches!(space.list(&Range::all()), Reply::Now(Ok(entries)) if entries.len() == 2));
    answer(space.sync()).expect("the store syncs");
    drop(space);
    assert_eq!(keys(&claim(store, "claimed"), &Range::all()), ["after", "before"]);
}

fn many_keys_are_listed(store: &dyn Store) {
    let space = store.space("many");
    let names: Vec<String> = (0..5000).map(|index| format!("key{index:05}")).collect();
    apply(&space, names.iter().map(|name| put(name, name)).collect());
    assert_eq!(keys(&space, &Range::all()), names);
    assert_eq!(keys(&claim(store, "many"), &Range::all()), names);
    apply(&space, names[1..].iter().map(|name| delete(name)).collect());
    assert_eq!(keys(&space, &Range::all()), names[..1]);
}

fn spaces_are_found_by_a_key(store: &dyn Store) {
    for (name, key) in [
        ("found:b", "mark"),
        ("found:a", "mark"),
        ("found:c", "mar"),
        ("found:d", "mark2"),
    ] {
        apply(&store.space(name), vec![put(key, name), put("z", ""), put("a", "")]);
    }
    let found = answer(store.spaces_with(b"mark"));
    assert_eq!(
        found,
        Ok(["found:a", "found:b"].map(|name| (name.into(), name.into())).into())
    );
}

fn claimed_spaces_are_written_together(store: &dyn Store) {
    let (one, two) = (claim(store, "together 1"), claim(store, "together 2"));
    apply(&one, vec![put("a", "1")]);
    let changes = vec![
        ("together 1".into(), vec![delete("a"), put("b", "2")]),
        ("together 2".into(), vec![put("c", "3")]),
    ];
    let batch = store.batch(changes).expect("the spaces are claimed");
    futures::executor::block_on(joint::commit(vec![batch])).expect("the store writes");
    assert_eq!((get(&one, "a"), get(&one, "b")), (None, Some("2".into())));
    assert_eq!(get(&two, "c"), Some("3".into()));
    drop((one, two));
    assert_eq!(get(&claim(store, "together 1"), "b"), Some("2".into()));
}
