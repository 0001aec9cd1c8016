//! What two archives say differently.

use super::raw::{Raw, archive, directory, entry, file, hard_link, pax, symlink};
use super::{LIMITS, Scratch};
use crate::failure::Failure;
use crate::layer::compare_layers;
use crate::protocol::messages::{CompareLayersParams, CompareLayersResult, Compression, LayerBlob};

fn compare_most(before: Vec<Raw>, after: Vec<Raw>, most: u32) -> Result<CompareLayersResult, Failure> {
    let scratch = Scratch::new();
    let blob = |name: &str, entries: Vec<Raw>| {
        std::fs::write(scratch.path(name), archive(entries)).unwrap();
        LayerBlob { path: scratch.text(name), compression: Compression::None }
    };
    let (before, after) = (blob("before", before), blob("after", after));
    compare_layers(&CompareLayersParams { before, after, limits: LIMITS, most })
}

fn compare(before: Vec<Raw>, after: Vec<Raw>) -> CompareLayersResult {
    compare_most(before, after, 100).unwrap()
}

/// A line for each difference.
fn told(result: &CompareLayersResult) -> Vec<String> {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let lines = result.differences.iter().map(|found| {
        let mut line = format!("{:?} {} {}", found.change, found.kind, found.path);
        for change in &found.attributes {
            line += &format!(", {} {} -> {}", change.name, shown(&change.before), shown(&change.after));
        }
        if let Some(content) = &found.content {
            line += &format!(", at {} {} -> {}", content.offset, content.before, content.after);
        }
        line
    });
    lines.collect()
}

#[test]
fn layers_with_the_same_entries_do_not_differ_however_their_names_are_spelled() {
    let before = vec![directory("a/"), file("a/f", "x"), symlink("l", "a/f")];
    let after = vec![directory("./a"), file("./a/f", "x"), symlink("/l", "a/f")];
    let result = compare(before, after);
    assert_eq!((told(&result), result.count, result.moved), (vec![], 0, None));
}

#[test]
fn every_attribute_is_told() {
    let before = vec![
        directory("d"),
        file("f", "same").mode(0o644),
        hard_link("h", "f"),
        symlink("l", "old"),
        pax(&[("SCHILY.xattr.user.x", b"\0\xffa\\"), ("mtime", b"5.25")]),
        file("x", ""),
        entry("z", '6'),
    ];
    let after = vec![
        directory("d").octal(108, 8, 7).octal(116, 8, 8),
        file("f", "same").mode(0o4755),
        file("h", "same"),
        symlink("l", "new"),
        pax(&[("SCHILY.xattr.user.y", b"1"), ("mtime", b"6")]),
        file("x", ""),
        entry("z", '3').octal(329, 8, 1).octal(337, 8, 3),
    ];
    let owner = format!("{}:{}", rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    assert_eq!(
        told(&compare(before, after)),
        [
            format!("Changed directory d, owner {owner} -> 7:8"),
            "Changed file f, mode 0644 -> 4755".to_owned(),
            "Changed file h, type hard link -> file, target f -> none, size none -> 4, at 0  -> 73616d65".to_owned(),
            "Changed symbolic link l, target old -> new".to_owned(),
            "Changed file x, mtime 5+0.250000000 -> 6, user.x \\x00\\xffa\\x5c -> none, user.y none -> 1".to_owned(),
            "Changed character device z, type fifo -> character device, device none -> 1:3".to_owned(),
        ]
    );
}

#[test]
fn entries_of_one_layer_alone_are_added_or_removed() {
    let result = compare(vec![file("a", "x"), file("b", "y")], vec![file("b", "y"), file("c", "zz")]);
    let lines = told(&result);
    assert!(lines[0].starts_with("Removed file a, type file -> none, mode 0644 -> none"), "{lines:?}");
    assert!(lines[1].starts_with("Added file c, type none -> file"), "{lines:?}");
    assert_eq!(result.count, 2);
}

#[test]
fn contents_part_at_a_byte_wherever_it_is() {
    const MIB: usize = 1 << 20;
    for (at, length) in [(0, 1), (5, 20), (MIB - 1, 3 * MIB), (MIB, 3 * MIB), (3 * MIB - 1, 3 * MIB)] {
        let before = "a".repeat(length);
        let mut changed = before.clone().into_bytes();
        changed[at] = b'b';
        let after = String::from_utf8(changed).unwrap();
        let lines = told(&compare(vec![file("f", &before)], vec![file("f", &after)]));
        let following = "61".repeat((length - at - 1).min(15));
        assert_eq!(lines, [format!("Changed file f, at {at} 61{following} -> 62{following}")]);
    }
}

#[test]
fn a_content_that_goes_on_parts_where_the_other_ends() {
    for length in [0, 3, 1 << 20] {
        let before = "a".repeat(length);
        let lines = told(&compare(vec![file("f", &before)], vec![file("f", &format!("{before}!"))]));
        assert_eq!(lines, [format!("Changed file f, size {length} -> {}, at {length}  -> 21", length + 1)]);
    }
}

#[test]
fn of_two_entries_with_one_name_the_last_counts() {
    let before = vec![file("f", "old"), file("f", "new")];
    assert_eq!(compare(before.clone(), vec![file("f", "new")]).count, 0);
    assert_eq!(told(&compare(before, vec![file("f", "nEw")])), ["Changed file f, at 1 6577 -> 4577"]);
}

#[test]
fn another_order_names_the_first_entry_that_moved() {
    let result =
        compare(vec![file("a", ""), file("b", ""), file("c", "")], vec![file("a", ""), file("c", ""), file("b", "")]);
    assert_eq!((result.count, result.moved.as_deref()), (0, Some("b")));
}

#[test]
fn no_more_than_is_asked_for_is_told_but_all_are_counted() {
    let many = |content: &str| (0..50).map(|i| file(&format!("f{i:02}"), content)).collect::<Vec<_>>();
    let result = compare_most(many("a"), many("b"), 3).unwrap();
    assert_eq!((result.count, result.differences.len()), (50, 3));
}

#[test]
fn a_damaged_layer_is_refused() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path("damaged"), [archive([file("f", "x")]), vec![1; 100]].concat().split_off(100)).unwrap();
    std::fs::write(scratch.path("sound"), archive([file("f", "x")])).unwrap();
    let blob = |name: &str, compression| LayerBlob { path: scratch.text(name), compression };
    for (before, code) in [
        (blob("damaged", Compression::None), "layer-malformed"),
        (blob("sound", Compression::Gzip), "layer-malformed"),
        (blob("sound", Compression::Zstd), "layer-malformed"),
    ] {
        let after = blob("sound", Compression::None);
        let result = compare_layers(&CompareLayersParams { before, after, limits: LIMITS, most: 1 });
        assert_eq!(result.err().map(|failure| failure.code), Some(code));
    }
}
