//! Which kind of module a file is: Miniflare's module rules.
//!
//! Rules are tried in order, the user's before the defaults. A rule without `fallthrough` hides the later rules of its
//! own type. Globs follow picomatch with `dot`, `bash` and `contains`, as Miniflare 2 uses it: a star crosses folders,
//! and a glob may match any part of the absolute path.

use globset::GlobBuilder;
use regex::Regex;

/// The kinds of modules that a worker can import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleType {
    EsModule,
    CommonJs,
    Text,
    Data,
    CompiledWasm,
}

impl ModuleType {
    pub fn name(self) -> &'static str {
        match self {
            ModuleType::EsModule => "ESModule",
            ModuleType::CommonJs => "CommonJS",
            ModuleType::Text => "Text",
            ModuleType::Data => "Data",
            ModuleType::CompiledWasm => "CompiledWasm",
        }
    }

    fn parse(name: &str) -> Option<ModuleType> {
        use ModuleType::*;
        [EsModule, CommonJs, Text, Data, CompiledWasm]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

struct Rule {
    /// `Err` is the name of a type that cannot be imported; it is reported when a file matches.
    kind: Result<ModuleType, String>,
    globs: Vec<Regex>,
}

/// A worker's rules, the defaults included.
#[derive(Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Compiles the user's rules, `(type, globs, fallthrough)` each, and adds the defaults.
    pub fn new(user: Vec<(String, Vec<String>, bool)>) -> Result<Rules, String> {
        let defaults = [
            ("ESModule", vec!["**/*.mjs"]),
            ("CommonJS", vec!["**/*.js", "**/*.cjs"]),
        ];
        let defaults =
            defaults.map(|(kind, globs)| (kind.into(), globs.into_iter().map(String::from).collect(), false));
        let mut rules = Vec::new();
        let mut finished: Vec<String> = Vec::new();
        for (kind, globs, fallthrough) in user.into_iter().chain(defaults) {
            if finished.contains(&kind) {
                continue;
            }
            let globs = globs.iter().map(|glob| compile(glob)).collect::<Result<_, _>>()?;
            rules.push(Rule {
                kind: ModuleType::parse(&kind).ok_or(kind.clone()),
                globs,
            });
            if !fallthrough {
                finished.push(kind);
            }
        }
        Ok(Rules(rules))
    }

    /// The type of the file at `path`; `None` when no rule matches.
    pub fn kind(&self, path: &str) -> Option<&Result<ModuleType, String>> {
        self.0
            .iter()
            .find(|rule| rule.globs.iter().any(|glob| glob.is_match(path)))
            .map(|rule| &rule.kind)
    }
}

fn compile(glob: &str) -> Result<Regex, String> {
    let invalid = |reason: String| format!("Invalid glob \"{glob}\" in modulesRules: {reason}");
    let parsed = GlobBuilder::new(glob)
        .literal_separator(false)
        .backslash_escape(false)
        .build();
    let pattern = parsed
        .map_err(|error| invalid(error.kind().to_string()))?
        .regex()
        .to_owned();
    let anywhere = pattern
        .trim_start_matches("(?-u)")
        .trim_start_matches('^')
        .trim_end_matches('$');
    Regex::new(anywhere).map_err(|error| invalid(error.to_string()))
}
