//! What a path that does not exist was probably meant to be.

use std::os::fd::AsFd;

use crate::tree::directory::{self, join};
use crate::tree::pattern::Patterns;
use crate::tree::resolve::{Resolution, Rest};

/// More names than this are not looked through for a hint.
const MOST_NAMES: usize = 10_000;

/// The existing path that is most like one of which a component is missing: at most two edits away there, and at most one
/// for each two letters. Nothing that `ignore` drops is named.
pub fn nearest(resolution: &Resolution, ignore: &Patterns) -> Option<String> {
    let Rest::Missing(missing) = &resolution.rest else { return None };
    let wanted = missing.first()?.to_str().ok()?.to_lowercase();
    let handle = directory::open_at(resolution.directory.as_fd(), c".").ok()?;
    let names = directory::list(handle.as_fd()).ok()?;
    let farthest = (wanted.chars().count() / 2).min(2);
    names
        .iter()
        .take(MOST_NAMES)
        .filter_map(|entry| {
            let name = entry.name.to_str().ok()?;
            let distance = edits(&wanted, &name.to_lowercase());
            let path = join(&resolution.path, entry.name.to_bytes());
            (distance <= farthest && ignore.dropping(&path).is_none()).then_some((distance, path))
        })
        .min_by(|one, other| one.cmp(other))
        .and_then(|(_, path)| String::from_utf8(path).ok())
}

/// Fewest insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
fn edits(from: &str, to: &str) -> usize {
    let cell = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.chars().count()).collect();
    let mut above = None;
    for (row, character) in from.chars().enumerate() {
        let mut current = vec![row + 1];
        let mut left = None;
        for (column, other) in to.chars().enumerate() {
            let replaced = cell(&last, column) + usize::from(character != other);
            let swapped = match above == Some(other) && left == Some(character) {
                true => cell(&before_last, column.wrapping_sub(1)) + 1,
                false => usize::MAX,
            };
            current.push(replaced.min(cell(&last, column + 1) + 1).min(cell(&current, column) + 1).min(swapped));
            left = Some(other);
        }
        before_last = std::mem::replace(&mut last, current);
        above = Some(character);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::edits;

    #[test]
    fn a_swap_is_one_edit() {
        assert_eq!(edits("src", "scr"), 1);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("same", "same"), 0);
    }
}
