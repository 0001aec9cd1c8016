//! The file mode of `COPY --chmod`: octal, or symbolic as chmod(1) takes it.

use crate::failure::Failure;

/// A parsed mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    Octal(u32),
    Symbolic(Vec<Change>),
}

/// One operation of a symbolic mode, such as `go-w`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which of the mode's bits the operation may touch.
    who: u32,
    operator: Operator,
    permissions: Vec<Permission>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Remove,
    Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    /// These bits, of which the operation's `who` picks.
    Bits(u32),
    /// `X`: execution for directories and for what somebody may execute already.
    Search,
    /// `u`, `g`, `o`: what this class may do; the shift of its bits.
    CopyOf(u32),
}

const USER: u32 = 0o4700;
const GROUP: u32 = 0o2070;
const OTHERS: u32 = 0o0007;
const STICKY: u32 = 0o1000;
const ALL: u32 = USER | GROUP | OTHERS;

impl Mode {
    /// Parses `text`. No umask is applied, as in BuildKit: `+w` lets everybody write.
    ///
    /// Fails with `mode-invalid`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let parsed = match text.starts_with(|c: char| c.is_ascii_digit()) {
            true => u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777).map(Self::Octal),
            false => text
                .split(',')
                .map(parse_clause)
                .collect::<Option<Vec<_>>>()
                .map(|changes| Self::Symbolic(changes.concat())),
        };
        parsed.ok_or_else(|| {
            Failure::new("mode-invalid", format!("invalid mode {text:?}"))
                .with_hint("give an octal mode from 0 to 07777, or a symbolic one such as u=rwX,go=rX")
        })
    }

    /// The mode of an entry whose mode was `mode`.
    pub fn apply(&self, mode: u32, is_directory: bool) -> u32 {
        match self {
            Self::Octal(octal) => *octal,
            Self::Symbolic(changes) => {
                let searchable = is_directory || mode & 0o111 != 0;
                changes.iter().fold(mode, |mode, change| change.apply(mode, searchable))
            }
        }
    }
}

impl Change {
    fn apply(&self, mode: u32, searchable: bool) -> u32 {
        let bits = self.permissions.iter().fold(0, |bits, permission| bits | permission.bits(mode, searchable));
        let (who, bits) = (self.who | (bits & STICKY), bits & (self.who | STICKY));
        match self.operator {
            Operator::Add => mode | bits,
            Operator::Remove => mode & !bits,
            Operator::Set => (mode & !(who & self.cleared())) | bits,
        }
    }

    /// What `=` clears: copying another class's permissions leaves set-id bits alone, as in BuildKit.
    fn cleared(&self) -> u32 {
        if matches!(self.permissions.as_slice(), [Permission::CopyOf(_)]) { 0o777 } else { 0o7777 }
    }
}

impl Permission {
    fn bits(self, mode: u32, searchable: bool) -> u32 {
        match self {
            Self::Bits(bits) => bits,
            Self::Search if searchable => 0o111,
            Self::Search => 0,
            Self::CopyOf(shift) => ((mode >> shift) & 0o7) * 0o111,
        }
    }
}

/// The operations of one comma-separated clause, such as `u+rw-x`.
fn parse_clause(clause: &str) -> Option<Vec<Change>> {
    let operators = ['+', '-', '='];
    let start = clause.find(operators)?;
    let (classes, mut rest) = clause.split_at(start);
    let named = classes.chars().map(class_bits).try_fold(0, |who, bits| bits.map(|bits| who | bits))?;
    let who = if classes.is_empty() { ALL } else { named };
    let mut changes = Vec::new();
    while let Some(sign) = rest.chars().next() {
        let operator = match sign {
            '+' => Operator::Add,
            '-' => Operator::Remove,
            _ => Operator::Set,
        };
        let after = rest.get(1..)?;
        let (letters, next) = after.split_at(after.find(operators).unwrap_or(after.len()));
        let permissions = letters.chars().map(|letter| parse_permission(letter, who)).collect::<Option<Vec<_>>>()?;
        let copies = permissions.iter().any(|permission| matches!(permission, Permission::CopyOf(_)));
        // As in GNU chmod: what a mixture such as `g=us` means differs from system to system.
        if copies && permissions.len() > 1 {
            return None;
        }
        changes.push(Change { who, operator, permissions });
        rest = next;
    }
    Some(changes)
}

fn class_bits(class: char) -> Option<u32> {
    match class {
        'u' => Some(USER),
        'g' => Some(GROUP),
        'o' => Some(OTHERS),
        'a' => Some(ALL),
        _ => None,
    }
}

fn parse_permission(letter: char, who: u32) -> Option<Permission> {
    Some(match letter {
        'r' => Permission::Bits(0o444),
        'w' => Permission::Bits(0o222),
        'x' => Permission::Bits(0o111),
        's' => Permission::Bits(0o6000),
        // The sticky bit belongs to no class; naming only the others leaves it alone (setmode(3)).
        't' if who != OTHERS => Permission::Bits(STICKY),
        't' => Permission::Bits(0),
        'X' => Permission::Search,
        'u' => Permission::CopyOf(6),
        'g' => Permission::CopyOf(3),
        'o' => Permission::CopyOf(0),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn modes_apply_as_chmod_applies_them() {
        let table: &[(&str, u32, bool, u32)] = &[
            ("644", 0o777, false, 0o644),
            ("0644", 0o777, true, 0o644),
            ("4755", 0o600, false, 0o4755),
            ("07777", 0o000, false, 0o7777),
            ("0", 0o777, false, 0),
            ("u+x", 0o644, false, 0o744),
            ("+x", 0o644, false, 0o755),
            ("a+x", 0o644, false, 0o755),
            ("+w", 0o444, false, 0o666),
            ("go-w", 0o666, false, 0o644),
            ("go=", 0o777, false, 0o700),
            ("u=rw,go=r", 0o777, false, 0o644),
            ("u=rwX,go=rX", 0o600, false, 0o644),
            ("u=rwX,go=rX", 0o600, true, 0o755),
            ("u=rwX,go=rX", 0o700, false, 0o755),
            ("+X", 0o644, false, 0o644),
            ("+X", 0o644, true, 0o755),
            ("-x,+X", 0o755, false, 0o755),
            ("g=u", 0o640, false, 0o660),
            ("go=u-w", 0o640, false, 0o644),
            ("o=g", 0o750, false, 0o755),
            ("g=u", 0o2750, true, 0o2770),
            ("u=", 0o4755, false, 0o055),
            ("-X", 0o755, true, 0o644),
            ("u+s", 0o755, false, 0o4755),
            ("g+s", 0o755, true, 0o2755),
            ("+s", 0o755, false, 0o6755),
            ("o+s", 0o755, false, 0o755),
            ("u-s", 0o4755, false, 0o755),
            ("+t", 0o777, true, 0o1777),
            ("o+t", 0o777, true, 0o777),
            ("-t", 0o1777, true, 0o777),
            ("u+rw-x", 0o500, false, 0o600),
            ("a=rx", 0o6777, false, 0o555),
            ("=r", 0o1777, true, 0o1444),
            ("ug=rw,o=", 0o777, false, 0o660),
        ];
        for (text, before, is_directory, after) in table {
            let mode = Mode::parse(text).unwrap().apply(*before, *is_directory);
            assert_eq!(mode, *after, "{text} on {before:o}: {mode:o} instead of {after:o}");
        }
    }

    #[test]
    fn malformed_modes_are_refused() {
        for text in [
            "", "8", "99", "10000", "0x1", "rw", "u", "u+q", "z+r", ",", "u+r,", "+é", "u+r g+r", "-1", "+7", "g=us",
            "g=uo",
        ] {
            assert_eq!(Mode::parse(text).unwrap_err().code, "mode-invalid", "{text:?}");
        }
    }
}
