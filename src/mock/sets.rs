//! The patterns of a table, tested together: one pass over a text finds all that match it, however many there are.
//!
//! A set is compiled once and cannot be changed. So there are several, each less than half as long as the one before: a
//! few new patterns are tested one by one, more become a set, which takes up those before it that are hardly longer. What is
//! taken out is masked, and a set is compiled again once most of it is. Either way a pattern is compiled a few times,
//! whatever comes and goes.

use std::cell::OnceCell;

use regex::bytes::RegexSet;

use super::pattern::{self, Pattern};

/// Patterns that are tested one by one: most last for one request only.
const MOST_FRESH: usize = 16;

/// Numbered patterns; the numbers grow.
#[derive(Default)]
pub struct Sets {
    sets: Vec<Set>,
    /// Not yet in a set.
    fresh: Vec<(u32, Pattern)>,
}

struct Member {
    number: u32,
    /// In the crate's syntax; `None` once it was taken out.
    pattern: Option<String>,
}

/// What may match a text.
pub enum Found {
    /// These do, in no order.
    Certain(Vec<u32>),
    /// These may.
    Possible(Vec<u32>),
}

impl Sets {
    pub fn add(&mut self, number: u32, pattern: Pattern) {
        self.fresh.push((number, pattern));
    }

    pub fn remove(&mut self, number: u32) {
        if let Ok(index) = self.fresh.binary_search_by_key(&number, |(number, _)| *number) {
            self.fresh.remove(index);
            return;
        }
        let holder = self.sets.partition_point(|set| set.last() < number);
        if let Some(set) = self.sets.get_mut(holder) {
            set.mask(number);
            if set.alive == 0 {
                self.sets.remove(holder);
            }
        }
    }

    pub fn search(&mut self, text: &str) -> Found {
        self.settle();
        if !text.is_ascii() {
            return Found::Possible(self.numbers());
        }
        let mut numbers = Vec::new();
        for (number, pattern) in &self.fresh {
            match pattern.test(text) {
                Some(true) => numbers.push(*number),
                Some(false) => {}
                None => return Found::Possible(self.numbers()),
            }
        }
        for set in &self.sets {
            let Some(regexes) = set.regexes() else {
                return Found::Possible(self.numbers());
            };
            let matched = regexes.matches(text.as_bytes());
            let alive = matched.iter().map(|index| &set.members[index]);
            numbers.extend(
                alive
                    .filter(|member| member.pattern.is_some())
                    .map(|member| member.number),
            );
        }
        Found::Certain(numbers)
    }

    fn numbers(&self) -> Vec<u32> {
        let members = self.sets.iter().flat_map(|set| &set.members);
        let alive = members.filter(|member| member.pattern.is_some());
        let fresh = self.fresh.iter().map(|(number, _)| *number);
        alive.map(|member| member.number).chain(fresh).collect()
    }

    fn settle(&mut self) {
        for set in &mut self.sets {
            if set.alive * 2 < set.members.len() {
                *set = Set::new(set.take());
            }
        }
        if self.fresh.len() <= MOST_FRESH {
            return;
        }
        let member = |(number, pattern): (u32, Pattern)| Member {
            number,
            pattern: Some(pattern.into_translated()),
        };
        let mut members: Vec<_> = self.fresh.drain(..).map(member).collect();
        while let Some(before) = self.sets.pop_if(|before| before.alive <= members.len() * 2) {
            let mut earlier = before;
            let mut all = earlier.take();
            all.append(&mut members);
            members = all;
        }
        self.sets.push(Set::new(members));
    }
}

fn position(members: &[Member], number: u32) -> Option<usize> {
    members.binary_search_by_key(&number, |member| member.number).ok()
}

struct Set {
    members: Vec<Member>,
    alive: usize,
    regexes: OnceCell<Option<RegexSet>>,
}

impl Set {
    fn new(members: Vec<Member>) -> Set {
        Set {
            alive: members.len(),
            members,
            regexes: OnceCell::new(),
        }
    }

    fn last(&self) -> u32 {
        self.members.last().map_or(0, |member| member.number)
    }

    fn mask(&mut self, number: u32) {
        if let Some(index) = position(&self.members, number)
            && self.members[index].pattern.take().is_some()
        {
            self.alive -= 1;
        }
    }

    /// Those that were not taken out.
    fn take(&mut self) -> Vec<Member> {
        let members = std::mem::take(&mut self.members);
        members.into_iter().filter(|member| member.pattern.is_some()).collect()
    }

    fn regexes(&self) -> Option<&RegexSet> {
        let compile = || {
            pattern::set(
                self.members
                    .iter()
                    .map(|member| member.pattern.as_deref().unwrap_or("")),
            )
        };
        self.regexes.get_or_init(compile).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(source: &str) -> Pattern {
        Pattern::read(source, "").expect("it is on the list")
    }

    fn certain(sets: &mut Sets, text: &str) -> Vec<u32> {
        let Found::Certain(mut numbers) = sets.search(text) else {
            panic!("patterns over ASCII are certain");
        };
        numbers.sort();
        numbers
    }

    #[test]
    fn what_comes_and_goes_is_found_while_it_is_there() {
        let mut sets = Sets::default();
        let mut expected = Vec::new();
        for number in 0..300 {
            sets.add(number, plain(&format!("^(?:{}|all)$", number % 7)));
            expected.push(number);
            if number % 3 == 2 {
                let gone = expected.remove(expected.len() * (number as usize % 5) / 5);
                sets.remove(gone);
            }
            assert_eq!(certain(&mut sets, "all"), expected);
            let some: Vec<_> = expected.iter().copied().filter(|number| number % 7 == 3).collect();
            assert_eq!(certain(&mut sets, "3"), some);
            assert!(sets.sets.len() < 10);
        }
        for gone in expected {
            sets.remove(gone);
        }
        assert!(sets.sets.is_empty() && sets.fresh.is_empty());
    }

    #[test]
    fn a_pattern_is_compiled_a_few_times_at_most() {
        let mut sets = Sets::default();
        let mut compiled = 0;
        for number in 0..1000 {
            sets.add(number, plain("a"));
            sets.settle();
            compiled += sets
                .sets
                .iter()
                .filter(|set| set.regexes.get().is_none())
                .map(|set| set.members.len())
                .sum::<usize>();
            certain(&mut sets, "a");
        }
        assert!(compiled < 10_000, "{compiled}");
    }

    #[test]
    fn beyond_ascii_all_are_possible() {
        let mut sets = Sets::default();
        sets.add(4, plain("a"));
        assert!(matches!(sets.search("é"), Found::Possible(numbers) if numbers == [4]));
    }
}
