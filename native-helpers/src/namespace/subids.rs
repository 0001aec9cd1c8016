//! The ranges of /etc/subuid and /etc/subgid, and the mapping made of them.

/// A run of ids that a user may use in user namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start: u32,
    pub count: u32,
}

/// One line of a mapping: `count` ids from `inside` on are those from `outside` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub inside: u32,
    pub outside: u32,
    pub count: u32,
}

/// The ranges that `table` (subuid(5): lines of `owner:start:count`) gives to the user called `name` with the id `uid`.
/// Lines that do not parse are passed over, as newuidmap passes over them.
pub fn ranges(table: &str, name: Option<&str>, uid: u32) -> Vec<Range> {
    let uid = uid.to_string();
    let mine = |owner: &str| owner == uid || name == Some(owner);
    let parse = |line: &str| {
        let mut fields = line.trim().split(':');
        let (owner, start, count) = (fields.next()?, fields.next()?, fields.next()?);
        let range = Range { start: start.parse().ok()?, count: count.parse().ok()? };
        (fields.next().is_none() && mine(owner) && range.count > 0).then_some(range)
    };
    table.lines().filter_map(parse).collect()
}

/// Maps id 0 to the user's own id and 1, 2, … to the ranges, one after another.
pub fn mapping(own: u32, ranges: &[Range]) -> Vec<Extent> {
    let mut extents = vec![Extent { inside: 0, outside: own, count: 1 }];
    let mut next: u32 = 1;
    for range in ranges {
        // 2^32 - 1 is the id that means "none", so the ids inside end before it.
        let count = range.count.min(u32::MAX - next);
        if count > 0 {
            extents.push(Extent { inside: next, outside: range.start, count });
            next += count;
        }
    }
    extents
}

/// Maps every id that the process has onto itself: what root of a container may do without sub-ids. `table` is
/// /proc/self/uid_map or gid_map.
pub fn identity(table: &str) -> Vec<Extent> {
    let parse = |line: &str| {
        let mut fields = line.split_whitespace().map(str::parse::<u32>);
        let (inside, _outside, count) = (fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?);
        Some(Extent { inside, outside: inside, count })
    };
    table.lines().filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_belong_to_a_name_or_a_number() {
        let table =
            "root:1:2\nann:100000:65536\n\n# x\nbob:1:1\n1000:300000:10\nann:1:0\nann:x:1\nann:5:6:7\n ann:7:8\n";
        let range = |start, count| Range { start, count };
        assert_eq!(ranges(table, Some("ann"), 1000), [range(100_000, 65_536), range(300_000, 10), range(7, 8)]);
        assert_eq!(ranges(table, None, 1000), [range(300_000, 10)]);
        assert_eq!(ranges(table, Some("eve"), 7), []);
    }

    #[test]
    fn ranges_are_laid_end_to_end_after_the_own_id() {
        let ranges = [Range { start: 100_000, count: 65_536 }, Range { start: 500_000, count: 10 }];
        let extents = mapping(1000, &ranges);
        assert_eq!(
            extents.iter().map(|e| (e.inside, e.outside, e.count)).collect::<Vec<_>>(),
            [(0, 1000, 1), (1, 100_000, 65_536), (65_537, 500_000, 10)]
        );
    }

    #[test]
    fn a_mapping_never_runs_over_the_last_id() {
        let ranges = [Range { start: 1, count: u32::MAX }, Range { start: 1, count: 5 }];
        let extents = mapping(0, &ranges);
        assert_eq!(extents.last(), Some(&Extent { inside: 1, outside: 1, count: u32::MAX - 1 }));
    }

    #[test]
    fn the_identity_keeps_what_there_is() {
        let extents = identity("         0       1000          1\n         1     100000      65536\n");
        assert_eq!(
            extents.iter().map(|e| (e.inside, e.outside, e.count)).collect::<Vec<_>>(),
            [(0, 0, 1), (1, 1, 65_536)]
        );
    }
}
