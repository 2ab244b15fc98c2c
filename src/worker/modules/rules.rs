//! Which kind of module a file is: Miniflare's module rules.
//!
//! Rules are tried in order, the user's before the defaults. A rule without `fallthrough` hides the later rules of its
//! own type. Globs follow picomatch with `dot`, `bash` and `contains`, as Miniflare 2 uses it: a star crosses folders,
//! and a glob may match any part of the absolute path.

use std::sync::LazyLock;

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

/// The defaults, compiled when the first import asks for them.
static DEFAULTS: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |kind, globs: &[&str]| Rule {
        kind: Ok(kind),
        globs: globs.iter().filter_map(|glob| compile(glob).ok()).collect(),
    };
    vec![
        rule(ModuleType::EsModule, &["**/*.mjs"]),
        rule(ModuleType::CommonJs, &["**/*.js", "**/*.cjs"]),
    ]
});

/// A worker's rules, the defaults included.
#[derive(Default)]
pub struct Rules {
    user: Vec<Rule>,
    /// Names of types whose later rules are hidden.
    finished: Vec<String>,
}

impl Rules {
    /// Compiles the user's rules, `(type, globs, fallthrough)` each.
    pub fn new(user: Vec<(String, Vec<String>, bool)>) -> Result<Rules, String> {
        let mut rules = Rules::default();
        for (kind, globs, fallthrough) in user {
            if rules.finished.contains(&kind) {
                continue;
            }
            let globs = globs.iter().map(|glob| compile(glob)).collect::<Result<_, _>>()?;
            rules.user.push(Rule {
                kind: ModuleType::parse(&kind).ok_or(kind.clone()),
                globs,
            });
            if !fallthrough {
                rules.finished.push(kind);
            }
        }
        Ok(rules)
    }

    /// The type of the file at `path`; `None` when no rule matches.
    pub fn kind(&self, path: &str) -> Option<&Result<ModuleType, String>> {
        let shown =
            |rule: &&Rule| !matches!(&rule.kind, Ok(kind) if self.finished.iter().any(|name| name == kind.name()));
        let mut rules = self.user.iter().chain(DEFAULTS.iter().filter(shown));
        rules
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
