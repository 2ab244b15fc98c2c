//! The interceptors of an origin: which of them come into question for a request, and the first of them that takes it.

use std::collections::HashMap;
use std::rc::Rc;

use super::interceptor::{ALL, Interceptor, Matcher};
use super::request::Request;
use super::sets::{Found, Sets};
use crate::realm::value::Value;

/// Interceptors that are left to JavaScript at a time: the first of many may well take a request.
const MOST_ASKED: usize = 32;

/// Numbered interceptors, in the order of their numbers. Those whose path is text are found by it and those whose path is a
/// pattern by one pass over it, however many there are.
#[derive(Default)]
pub struct Table {
    entries: HashMap<u32, Entry>,
    by_path: HashMap<Rc<str>, Vec<u32>>,
    patterns: Sets,
    /// Whether they take a path, only JavaScript can tell.
    asked: Vec<u32>,
    /// Above all numbers.
    end: u32,
}

struct Entry {
    place: Place,
    interceptor: Interceptor,
}

enum Place {
    Path(Rc<str>),
    Pattern,
    Asked,
}

/// What there is for a request.
#[derive(Debug, PartialEq)]
pub struct Matches {
    /// How many stages the nearest of those that certainly do not take it let it pass.
    pub furthest: usize,
    /// The first that certainly takes it.
    pub certain: Option<u32>,
    /// Those before that one which only JavaScript can ask, in order.
    pub asked: Vec<u32>,
    /// From which number on there may be more.
    pub end: u32,
}

impl Matches {
    pub const NONE: Matches = Matches {
        furthest: 0,
        certain: None,
        asked: Vec::new(),
        end: u32::MAX,
    };

    /// As `search` in `src/mock/node/matching.ts` takes it: the number of the one that is asked first and takes it, or
    /// else `[furthest, certain, end, ...asked]`.
    pub fn into_value(self) -> Value {
        let number = |number: u32| Value::Number(f64::from(number));
        match self.certain {
            Some(certain) if self.asked.is_empty() => number(certain),
            certain => {
                let certain = certain.map_or(Value::Null, number);
                let head = [Value::Number(self.furthest as f64), certain, number(self.end)];
                Value::List(head.into_iter().chain(self.asked.into_iter().map(number)).collect())
            }
        }
    }
}

impl Table {
    /// Adds an interceptor behind all others. A path that is text has its query in order.
    pub fn add(&mut self, number: u32, path: Matcher, interceptor: Interceptor) {
        let place = match path {
            Matcher::Text(path) => {
                let path: Rc<str> = path.into();
                self.by_path.entry(path.clone()).or_default().push(number);
                Place::Path(path)
            }
            Matcher::Pattern(pattern) => {
                self.patterns.add(number, pattern);
                Place::Pattern
            }
            Matcher::Ask => {
                self.asked.push(number);
                Place::Asked
            }
        };
        self.entries.insert(number, Entry { place, interceptor });
        self.end = number + 1;
    }

    /// Takes out an interceptor.
    pub fn remove(&mut self, number: u32) {
        match self.entries.remove(&number).map(|entry| entry.place) {
            Some(Place::Path(path)) => {
                if let Some(numbers) = self.by_path.get_mut(&path) {
                    take_out(numbers, number);
                    if numbers.is_empty() {
                        self.by_path.remove(&path);
                    }
                }
            }
            Some(Place::Pattern) => self.patterns.remove(number),
            Some(Place::Asked) => take_out(&mut self.asked, number),
            None => {}
        }
    }

    /// Matches a request with the interceptors from a number on.
    pub fn search(&mut self, request: &Request, from: u32) -> Matches {
        let (mut patterns, ask_patterns) = match self.patterns.search(&request.path) {
            Found::Certain(numbers) => (numbers, false),
            Found::Possible(numbers) => (numbers, true),
        };
        patterns.sort_unstable();
        let exact = self.by_path.get(request.path.as_ref()).map_or(&[][..], Vec::as_slice);
        let sources = [(exact, false), (&patterns, ask_patterns), (&self.asked, true)];
        let candidates = Candidates(sources.map(|(numbers, ask)| (starting(numbers, from), ask)));
        self.judge(candidates, request)
    }

    fn judge(&self, candidates: Candidates, request: &Request) -> Matches {
        let mut matches = Matches {
            end: self.end,
            ..Matches::NONE
        };
        for (number, ask) in candidates {
            let entry = self.entries.get(&number).filter(|_| !ask);
            match entry.and_then(|entry| entry.interceptor.stages_passed(request)) {
                Some(ALL) => {
                    matches.certain = Some(number);
                    matches.end = number + 1;
                    break;
                }
                Some(passed) => matches.furthest = matches.furthest.max(passed),
                None => matches.asked.push(number),
            }
            if matches.asked.len() == MOST_ASKED {
                matches.end = number + 1;
                break;
            }
        }
        matches
    }
}

fn take_out(numbers: &mut Vec<u32>, number: u32) {
    if let Ok(index) = numbers.binary_search(&number) {
        numbers.remove(index);
    }
}

fn starting(numbers: &[u32], from: u32) -> &[u32] {
    &numbers[numbers.partition_point(|number| *number < from)..]
}

/// Those that may take a path, in order, and whether only JavaScript can tell if they do.
struct Candidates<'t>([(&'t [u32], bool); 3]);

impl Iterator for Candidates<'_> {
    type Item = (u32, bool);

    fn next(&mut self) -> Option<(u32, bool)> {
        let ahead = self.0.iter_mut().filter(|(numbers, _)| !numbers.is_empty());
        let (numbers, ask) = ahead.min_by_key(|(numbers, _)| numbers[0])?;
        let (first, rest) = numbers.split_first()?;
        *numbers = rest;
        Some((*first, *ask))
    }
}
