//! Wildcard patterns over names of any bytes: Go's `filepath.Match`, and the same with `**` for ignore lists.

use std::collections::VecDeque;

/// Whether `**` crosses directories (ignore lists, moby/patternmatcher) or is just two stars (`filepath.Match`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stars {
    Plain,
    Deep,
}

/// The pattern is malformed: an open class, an empty range or a trailing backslash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPattern;

/// A compiled pattern, matched as a non-deterministic automaton: time is bounded by pattern length times name length,
/// whatever the pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    tokens: Vec<Token>,
    /// What every match starts and ends with; most names are turned down by these alone.
    prefix: Vec<u8>,
    suffix: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`: one character but `/`.
    Any,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `*`: any characters but `/`.
    Star,
    /// `**` in the middle stands for no directories or several: a fork over the `Directories` that follows it.
    Fork,
    Directories,
    /// `**` at the end: everything.
    Everything,
}

impl Glob {
    pub fn parse(pattern: &str, stars: Stars) -> Result<Self, BadPattern> {
        let mut tokens = Vec::new();
        let mut chars: VecDeque<char> = pattern.chars().collect();
        while let Some(c) = chars.pop_front() {
            match c {
                '*' if stars == Stars::Deep && chars.front() == Some(&'*') => {
                    chars.pop_front();
                    if chars.front() == Some(&'/') {
                        chars.pop_front();
                    }
                    match chars.is_empty() {
                        true => tokens.push(Token::Everything),
                        false => tokens.extend([Token::Fork, Token::Directories]),
                    }
                }
                '*' => tokens.push(Token::Star),
                '?' => tokens.push(Token::Any),
                '[' => tokens.push(parse_class(&mut chars)?),
                '\\' => tokens.push(Token::Literal(chars.pop_front().ok_or(BadPattern)?)),
                literal => tokens.push(Token::Literal(literal)),
            }
        }
        let prefix = literal_run(tokens.iter());
        let reversed: String = literal_run(tokens.iter().rev()).chars().rev().collect();
        Ok(Self { tokens, prefix: prefix.into_bytes(), suffix: reversed.into_bytes() })
    }

    pub fn matches(&self, name: &[u8]) -> bool {
        name.starts_with(&self.prefix) && name.ends_with(&self.suffix) && self.run(name)
    }

    fn run(&self, name: &[u8]) -> bool {
        let mut here = States::new(self.tokens.len());
        let mut next = States::new(self.tokens.len());
        self.reach(0, &mut here);
        for symbol in symbols(name) {
            next.clear();
            for (at, token) in self.tokens.iter().enumerate().filter(|(at, _)| here.contains(*at)) {
                let (stay, advance) = token.take(symbol);
                if stay {
                    self.reach(at, &mut next);
                }
                if advance {
                    self.reach(at + 1, &mut next);
                }
            }
            std::mem::swap(&mut here, &mut next);
        }
        here.contains(self.tokens.len())
    }

    /// Adds state `at` and all that follow from it without reading a character.
    fn reach(&self, at: usize, states: &mut States) {
        if !states.insert(at) {
            return;
        }
        match self.tokens.get(at) {
            Some(Token::Star | Token::Everything) => self.reach(at + 1, states),
            Some(Token::Fork) => {
                self.reach(at + 1, states);
                self.reach(at + 2, states);
            }
            _ => {}
        }
    }
}

/// True when `pattern` has a wildcard that no backslash takes away.
pub fn has_wildcard(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|c| {
        let special = !escaped && matches!(c, '*' | '?' | '[');
        escaped = !escaped && c == '\\';
        special
    })
}

impl Token {
    /// What reading `symbol` allows: to stay at this token, and to go on to the next one.
    fn take(&self, symbol: Symbol) -> (bool, bool) {
        match self {
            Self::Literal(c) => (false, symbol == Symbol::Char(*c)),
            Self::Any => (false, symbol != Symbol::Char('/')),
            Self::Class { negated, ranges } => match symbol {
                Symbol::Char('/') => (false, false),
                Symbol::Char(c) => (false, ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated),
                Symbol::Stray => (false, *negated),
            },
            Self::Star => (symbol != Symbol::Char('/'), false),
            Self::Everything => (true, false),
            Self::Directories => (true, symbol == Symbol::Char('/')),
            Self::Fork => (false, false),
        }
    }
}

/// The inside of `[...]` up to its `]`; the rules are `filepath.Match`'s: `^` negates, `]` and `-` must be escaped.
fn parse_class(chars: &mut VecDeque<char>) -> Result<Token, BadPattern> {
    let negated = chars.front() == Some(&'^');
    if negated {
        chars.pop_front();
    }
    let mut ranges = Vec::new();
    loop {
        if chars.front() == Some(&']') && !ranges.is_empty() {
            chars.pop_front();
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let high = match chars.front() {
            Some('-') => {
                chars.pop_front();
                class_char(chars)?
            }
            _ => low,
        };
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut VecDeque<char>) -> Result<char, BadPattern> {
    match chars.pop_front() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => chars.pop_front().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}

/// The literal characters a run of tokens begins with.
fn literal_run<'a>(tokens: impl Iterator<Item = &'a Token>) -> String {
    tokens.map_while(|token| if let Token::Literal(c) = token { Some(*c) } else { None }).collect()
}

/// A character of a name, or a byte that is not UTF-8, which only wildcards and negated classes match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Char(char),
    Stray,
}

fn symbols(name: &[u8]) -> impl Iterator<Item = Symbol> + '_ {
    name.utf8_chunks()
        .flat_map(|chunk| chunk.valid().chars().map(Symbol::Char).chain(chunk.invalid().iter().map(|_| Symbol::Stray)))
}

/// A set of automaton states.
struct States(Vec<bool>);

impl States {
    fn new(tokens: usize) -> Self {
        Self(vec![false; tokens + 1])
    }

    fn clear(&mut self) {
        self.0.fill(false);
    }

    fn contains(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(false)
    }

    /// False when `at` was in the set already.
    fn insert(&mut self, at: usize) -> bool {
        self.0.get_mut(at).is_some_and(|state| !std::mem::replace(state, true))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Rows: pattern, name, whether it matches. The rules are those of Go's `filepath.Match`.
    #[test]
    fn plain_patterns_follow_filepath_match() {
        let table: &[(&str, &str, bool)] = &[
            ("abc", "abc", true),
            ("abc", "abd", false),
            ("", "", true),
            ("", "a", false),
            ("*", "abc", true),
            ("*", "", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "abc", true),
            ("a*", "ab/c", false),
            ("**", "a/b", false),
            ("**", "ab", true),
            ("*x", "xxx", true),
            ("a*b*c*d", "a1b2c3d", true),
            ("a*b*c*d", "a1b2c3e", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a?c", "a/c", false),
            ("a?b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^c]", "abc", false),
            ("ab[^e-g]", "abc", true),
            ("a[^a]b", "a/b", false),
            ("[a-ζ]*", "α", true),
            ("*[a-ζ]", "A", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("[[]x", "[x", true),
            ("x]", "x]", true),
            ("[\\]a]", "]", true),
            ("[x\\-]", "-", true),
            ("[\\-x]", "a", false),
            ("file.txt", "fileXtxt", false),
        ];
        for (pattern, name, expected) in table {
            let glob = Glob::parse(pattern, Stars::Plain).unwrap();
            assert_eq!(glob.matches(name.as_bytes()), *expected, "{pattern:?} against {name:?}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for pattern in ["[", "[^", "[]a]", "[^bc", "a[", "[-]", "[x-]", "[-x]", "[a-b-c]", "\\", "a\\", "[a\\"] {
            assert_eq!(Glob::parse(pattern, Stars::Plain), Err(BadPattern), "{pattern:?}");
        }
    }

    #[test]
    fn names_that_are_not_utf8_match_wildcards_only() {
        let star = Glob::parse("a*z", Stars::Plain).unwrap();
        assert!(star.matches(b"a\xff\xfez"));
        assert!(Glob::parse("a?z", Stars::Plain).unwrap().matches(b"a\xffz"));
        assert!(Glob::parse("a[^b]z", Stars::Plain).unwrap().matches(b"a\xffz"));
        assert!(!Glob::parse("a[b]z", Stars::Plain).unwrap().matches(b"a\xffz"));
        assert!(!Glob::parse("a\u{fffd}z", Stars::Plain).unwrap().matches(b"a\xffz"));
    }

    #[test]
    fn a_pattern_of_many_stars_ends_on_a_long_name() {
        let pattern = "*a".repeat(60) + "b";
        let name = "a".repeat(4000);
        assert!(!Glob::parse(&pattern, Stars::Plain).unwrap().matches(name.as_bytes()));
        let deep = "**/".repeat(40) + "*a*a*a*a*b";
        assert!(!Glob::parse(&deep, Stars::Deep).unwrap().matches("a/".repeat(1000).as_bytes()));
    }

    #[test]
    fn wildcards_are_seen_unless_escaped() {
        for (pattern, expected) in
            [("a", false), ("a*", true), ("a?", true), ("[a]", true), ("a\\*", false), ("a\\\\*", true), ("a]", false)]
        {
            assert_eq!(has_wildcard(pattern), expected, "{pattern:?}");
        }
    }
}
