//! COPY --parents.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::failure::Failure;
use crate::protocol::messages::{CopyResult, Selection};
use crate::tree::copy;
use crate::tree::scratch::{Scratch, run};

fn code(result: Result<impl std::fmt::Debug, Failure>) -> &'static str {
    result.unwrap_err().code
}

fn with_parents(s: &Scratch, sources: &[&str], destination: &str) -> Result<CopyResult, Failure> {
    let selection = Selection { parents: true, ..s.selection(sources) };
    copy(&s.params(selection, destination))
}

#[test]
fn trap_43_parents_keeps_the_path_and_the_metadata_of_the_directories_on_it() {
    let s = Scratch::new();
    s.file("src/a/b/f", "x").file("src/a/b/other", "x").file("src/a/g", "x");
    s.mode("src/a", 0o750).owner("src/a", 7, 8).mode("src/a/b", 0o1777);
    with_parents(&s, &["a/b/f"], "/to").unwrap();
    assert_eq!(s.show("root/to"), "d 755 0:0");
    assert_eq!(s.show("root/to/a"), "d 750 0:0");
    assert_eq!(s.show("root/to/a/b"), "d 1777 0:0");
    assert_eq!(s.show("root/to/a/b/f"), "f 644 0:0 x");
    assert_eq!((s.names("root/to/a"), s.names("root/to/a/b")), (vec!["b".to_owned()], vec!["f".to_owned()]));
}

#[test]
fn trap_43_parents_counts_the_path_from_the_pivot() {
    let s = Scratch::new();
    s.file("src/a/b/c/f", "x").file("src/a/d/c/f", "y").link("src/link", "a");
    with_parents(&s, &["./a/b/./c/f"], "/one").unwrap();
    with_parents(&s, &["a/*/./c"], "/two").unwrap();
    with_parents(&s, &["link/./b"], "/three").unwrap();
    with_parents(&s, &["a/./b/./c/../c"], "/four").unwrap();
    assert_eq!(s.show("root/one/c/f"), "f 644 0:0 x");
    assert_eq!(s.show("root/two/c/f"), "f 644 0:0 y", "the later source wins");
    assert_eq!(s.show("root/three/b/c/f"), "f 644 0:0 x", "a link in front of the pivot is followed");
    assert_eq!(s.show("root/four/b/c/f"), "f 644 0:0 x", "only the first /./ is a pivot");
}

#[test]
fn trap_43_parents_matches_patterns_at_any_depth() {
    let s = Scratch::new();
    s.file("src/a.txt", "x").file("src/x/b.txt", "x").file("src/x/y/c.txt", "x").file("src/x/y/c.bin", "x");
    s.directory("src/x/empty").file("src/z/only.bin", "x").link("src/x/l.txt", "nowhere");
    with_parents(&s, &["**/*.txt"], "/deep").unwrap();
    assert_eq!(run("find", &[".", "-mindepth", "1", "-printf", "%P "], &s.path("root/deep")).split(' ').count(), 7);
    assert_eq!(s.names("root/deep"), ["a.txt", "x"]);
    assert_eq!(s.names("root/deep/x"), ["b.txt", "l.txt", "y"]);
    assert_eq!(s.names("root/deep/x/y"), ["c.txt"]);
    with_parents(&s, &["*/*.txt"], "/flat").unwrap();
    assert_eq!(s.names("root/flat/x"), ["b.txt", "l.txt"]);
    with_parents(&s, &["x"], "/whole").unwrap();
    assert_eq!(s.names("root/whole/x"), ["b.txt", "empty", "l.txt", "y"]);
    with_parents(&s, &["."], "/all").unwrap();
    assert_eq!(s.names("root/all"), ["a.txt", "x", "z"]);
}

#[test]
fn parents_misses_what_is_named_exactly_and_not_what_no_pattern_finds() {
    let s = Scratch::new();
    s.file("src/a/f", "x").link("src/link", "a");
    assert_eq!(code(with_parents(&s, &["a/g"], "/to")), "copy-source-missing");
    assert_eq!(code(with_parents(&s, &["b/./f"], "/to")), "copy-source-missing");
    assert_eq!(code(with_parents(&s, &["a/f/./x"], "/to")), "copy-source-missing");
    with_parents(&s, &["**/*.md"], "/none/").unwrap();
    assert!(s.names("root").is_empty());
    assert_eq!(code(with_parents(&s, &["link/f"], "/to")), "copy-source-missing", "links below the root stay links");
    with_parents(&s, &["**/*.md", "a/f"], "/to/").unwrap();
    assert_eq!(s.show("root/to/a/f"), "f 644 0:0 x");
}

#[test]
fn parents_leaves_out_what_the_ignore_and_exclude_lists_drop() {
    let s = Scratch::new();
    s.file("src/a/f.md", "x").file("src/a/f.txt", "x").file("src/a/secret/f.txt", "x").file("src/b/f.md", "x");
    let selection = Selection { parents: true, ..s.filtered(&["a", "b"], &["**/secret"], &["**/*.md"]) };
    copy(&s.params(selection, "/to/")).unwrap();
    assert_eq!(s.names("root/to"), ["a", "b"]);
    assert_eq!(s.names("root/to/a"), ["f.txt"]);
    assert!(s.names("root/to/b").is_empty(), "a directory that is emptied stays (trap 44)");
    let selection = Selection { parents: true, ..s.filtered(&["a/secret/f.txt"], &["**/secret"], &[]) };
    assert_eq!(code(copy(&s.params(selection, "/to/"))), "copy-source-missing");
}
