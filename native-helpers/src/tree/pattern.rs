//! Ignore lists (`.dockerignore`, `--exclude`) with the meaning of moby/patternmatcher: the last pattern that matches a
//! path or one of its parents decides, `!` takes a path back. An include list (`--parents`) is the same list read the other
//! way round: what it matches is what is meant.

use crate::failure::Failure;
use crate::tree::glob::{Glob, Stars, has_wildcard};

/// A compiled ignore list.
#[derive(Debug, Default)]
pub struct Patterns {
    patterns: Vec<Pattern>,
}

/// Which patterns match a directory or one of its parents, one flag for each pattern. Default: none does.
#[derive(Debug, Clone, Default)]
pub struct Inherited(Vec<bool>);

#[derive(Debug)]
struct Pattern {
    text: String,
    /// A `!` pattern: what it matches is kept.
    keeps: bool,
    matcher: Matcher,
    /// The pattern path component by path component, for telling what it can match below a directory.
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Matcher {
    /// `**` and then plain text matches every path that ends so, even in the middle of a name: `**log` takes `catalog`.
    Ending(Vec<u8>),
    Glob(Glob),
}

#[derive(Debug)]
enum Step {
    One(Glob),
    /// A component with `**`: whatever follows can lie at any depth.
    Any,
}

impl Patterns {
    /// Compiles a list. Lines are trimmed and cleaned as paths; empty lines and a leading `/` count for nothing.
    ///
    /// Fails with `pattern-invalid` on a malformed pattern and on a lone `!`.
    pub fn parse(lines: &[String]) -> Result<Self, Failure> {
        let lines = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        Ok(Self { patterns: lines.map(Pattern::parse).collect::<Result<_, _>>()? })
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// True when the list drops `path`, given what matches its parent directory.
    pub fn drops(&self, above: &Inherited, path: &[u8]) -> bool {
        self.deciding(above, path).is_some_and(|pattern| !pattern.keeps)
    }

    /// The pattern that drops `path`, given what matches its parent directory; `None` when it is kept.
    pub fn dropping_below(&self, above: &Inherited, path: &[u8]) -> Option<&str> {
        self.deciding(above, path).filter(|pattern| !pattern.keeps).map(|pattern| pattern.text.as_str())
    }

    /// The pattern that drops `path`, judged from the root down; `None` when it is kept.
    pub fn dropping(&self, path: &[u8]) -> Option<&str> {
        self.dropping_below(&self.walk_to(parent(path)), path)
    }

    /// What the children of the directory `path` inherit, given what `path` itself inherits.
    pub fn inherit(&self, above: &Inherited, path: &[u8]) -> Inherited {
        let flags = self.patterns.iter().enumerate();
        Inherited(flags.map(|(index, pattern)| above.has(index) || pattern.matches(path)).collect())
    }

    /// What the children of `path` inherit, found from the root down; the empty path is the root.
    pub fn walk_to(&self, path: &[u8]) -> Inherited {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let prefixes = ends.chain([path.len()]).filter_map(|end| path.get(..end)).filter(|prefix| !prefix.is_empty());
        prefixes.fold(Inherited::default(), |above, prefix| self.inherit(&above, prefix))
    }

    /// For a dropped directory: true when a `!` pattern can still keep something below it, so that it must be searched.
    pub fn may_keep_below(&self, here: &Inherited, directory: &[u8]) -> bool {
        // Patterns before the last one that drops the directory are overruled for everything below it, too.
        let later =
            self.patterns.iter().enumerate().rev().take_while(|(index, pattern)| pattern.keeps || !here.has(*index));
        later.into_iter().any(|(_, pattern)| pattern.keeps && pattern.reaches_below(directory))
    }

    /// True when a pattern can match something below the directory, other than by matching the directory itself.
    pub fn may_match_below(&self, directory: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| !pattern.keeps && pattern.reaches_below(directory))
    }

    fn deciding(&self, above: &Inherited, path: &[u8]) -> Option<&Pattern> {
        let mut last_first = self.patterns.iter().enumerate().rev();
        last_first.find(|(index, pattern)| above.has(*index) || pattern.matches(path)).map(|(_, pattern)| pattern)
    }
}

impl Inherited {
    fn has(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

impl Pattern {
    fn parse(line: &str) -> Result<Self, Failure> {
        let invalid = || {
            Failure::new("pattern-invalid", format!("invalid pattern {line:?}"))
                .with_hint("close every `[`, write `\\` before a literal `-` or `]` in it, and do not end in `\\`")
        };
        let (keeps, rest) = match line.strip_prefix('!') {
            Some("") => return Err(invalid()),
            Some(rest) => (true, rest.trim_start()),
            None => (false, line),
        };
        let cleaned = clean(rest);
        let ending = cleaned.strip_prefix("**").filter(|rest| !has_wildcard(rest) && !rest.contains('\\'));
        let matcher = match ending {
            Some(rest) => Matcher::Ending(rest.as_bytes().to_vec()),
            None => Matcher::Glob(Glob::parse(&cleaned, Stars::Deep).map_err(|_| invalid())?),
        };
        let steps = cleaned.split('/').map(Step::parse).collect();
        Ok(Self { text: line.to_owned(), keeps, matcher, steps })
    }

    fn matches(&self, path: &[u8]) -> bool {
        match &self.matcher {
            Matcher::Glob(glob) => glob.matches(path),
            Matcher::Ending(end) => path.ends_with(end) || end.strip_prefix(b"/") == Some(path),
        }
    }

    /// True when the pattern can match a path below `directory`.
    fn reaches_below(&self, directory: &[u8]) -> bool {
        let mut steps = self.steps.iter();
        for component in directory.split(|byte| *byte == b'/') {
            match steps.next() {
                Some(Step::One(glob)) if glob.matches(component) => {}
                Some(Step::Any) => return true,
                _ => return false,
            }
        }
        steps.next().is_some()
    }
}

impl Step {
    fn parse(component: &str) -> Self {
        match component.contains("**") {
            true => Self::Any,
            // What cannot stand alone, such as half a class around a slash, is taken to match anything.
            false => Glob::parse(component, Stars::Plain).map_or(Self::Any, Self::One),
        }
    }
}

fn parent(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    path.get(..end).unwrap_or_default()
}

/// A pattern as Go's `filepath.Clean` leaves it, without a leading slash.
fn clean(pattern: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for component in pattern.split('/') {
        match component {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if pattern.starts_with('/') => {}
            component => kept.push(component),
        }
    }
    if kept.is_empty() { ".".to_owned() } else { kept.join("/") }
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
