//! Which sources a COPY means: names, patterns, links, and what the ignore and exclude lists leave of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::failure::Failure;
use crate::tree::copy;
use crate::tree::scratch::Scratch;

fn code(result: Result<impl std::fmt::Debug, Failure>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn trap_12_named_and_matched_links_are_followed_and_links_inside_directories_are_kept() {
    let s = Scratch::new();
    s.file("src/real/f", "x").link("src/link", "real/f").link("src/dlink", "real").link("src/real/inner", "f");
    s.copy(&["link"], "/one/").unwrap();
    s.copy(&["dlink"], "/two").unwrap();
    s.copy(&["*link"], "/three/").unwrap();
    assert_eq!(s.show("root/one/link"), "f 644 0:0 x");
    assert_eq!(s.show("root/two/inner"), "l 777 0:0 f");
    assert_eq!(s.names("root/three"), ["f", "inner", "link"]);
}

#[test]
fn trap_14_a_missing_source_is_named_and_a_pattern_may_match_nothing() {
    let s = Scratch::new();
    s.file("src/f", "x").link("src/dangling", "nowhere");
    let failure = s.copy(&["x/y"], "/to/").unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), ("copy-source-missing", "\"x/y\": not found"));
    assert_eq!(code(s.copy(&["f", "gone"], "/to/")), "copy-source-missing");
    assert_eq!(code(s.copy(&["f/below"], "/to/")), "copy-source-missing");
    assert_eq!(code(s.copy(&["dangling"], "/to/")), "copy-source-missing");
    let failure = s.copy(&["gone/*.txt"], "/to/").unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), ("copy-source-missing", "\"gone\": not found"));
    s.copy(&["f", "*.txt"], "/to/").unwrap();
    assert_eq!(s.names("root/to"), ["f"]);
    s.copy(&["*.txt", "f/*", "?"], "/some/").unwrap();
    assert_eq!(s.names("root/some"), ["f"]);
    s.copy(&["*.txt"], "/none/").unwrap();
    assert_eq!(s.names("root"), ["some", "to"], "a destination without sources is not made");
}

#[test]
fn the_nearest_name_beside_a_missing_source_is_suggested_unless_it_is_ignored() {
    let s = Scratch::new();
    s.file("src/lib/main.c", "x").file("src/package.json", "x");
    let hint = |source: &str| s.copy(&[source], "/to/").unwrap_err().hint;
    assert_eq!(hint("pakcage.json").as_deref(), Some("did you mean \"package.json\"?"));
    assert_eq!(hint("Package.JSON").as_deref(), Some("did you mean \"package.json\"?"));
    assert_eq!(hint("lib/man.c").as_deref(), Some("did you mean \"lib/main.c\"?"));
    assert_eq!(hint("lob/main.c").as_deref(), Some("did you mean \"lib\"?"));
    assert_eq!(hint("nothing/like/it"), None);
    let ignoring = copy(&s.params(s.filtered(&["pakcage.json"], &["package.json"], &[]), "/to/"));
    assert_eq!(ignoring.unwrap_err().hint, None);
}

#[test]
fn trap_14_an_ignored_source_is_missing_and_the_hint_names_the_line() {
    let s = Scratch::new();
    s.file("src/logs/a.log", "x").file("src/logs/keep", "x").file("src/Dockerfile", "FROM scratch");
    let try_copy = |source: &str, ignore: &[&str]| copy(&s.params(s.filtered(&[source], ignore, &[]), "/to/"));
    let failure = try_copy("logs/a.log", &["**/*.log"]).unwrap_err();
    assert!(failure.hint.unwrap().contains("**/*.log"));
    assert_eq!(code(try_copy("logs", &["logs"])), "copy-source-missing");
    assert_eq!(code(try_copy("Dockerfile", &["Dockerfile"])), "copy-source-missing");
    try_copy("logs/*.log", &["**/*.log"]).unwrap();
    assert!(s.names("root").is_empty(), "what a pattern would match is dropped without a word");
    try_copy("logs", &["logs", "!logs/keep"]).unwrap();
    assert_eq!(s.names("root/to"), ["keep"]);
}

#[test]
fn trap_15_a_pattern_merges_the_contents_of_directories_it_matches() {
    let s = Scratch::new();
    s.file("src/x1/inner", "x").file("src/x2", "y").file("src/y", "z");
    s.copy(&["x*"], "/to/").unwrap();
    assert_eq!(s.names("root/to"), ["inner", "x2"]);
}

#[test]
fn trap_16_brackets_are_escaped_by_a_class() {
    let s = Scratch::new();
    s.file("src/[a]", "x").file("src/a", "y");
    s.copy(&["[[]a]"], "/to/").unwrap();
    assert_eq!(s.names("root/to"), ["[a]"]);
}

#[test]
fn patterns_match_component_by_component() {
    let s = Scratch::new();
    s.file("src/a/1.txt", "")
        .file("src/b/2.txt", "")
        .file("src/b/c/3.txt", "")
        .link("src/l", "a")
        .file("src/4.txt", "");
    s.copy(&["*/?.txt"], "/to/").unwrap();
    assert_eq!(s.names("root/to"), ["1.txt", "2.txt"]);
    s.copy(&["l/*"], "/through/").unwrap();
    assert_eq!(s.names("root/through"), ["1.txt"]);
}

#[test]
fn trap_39_exceptions_below_an_ignored_directory_are_copied_and_nothing_else_of_it() {
    let s = Scratch::new();
    s.file("src/dir/keep/f", "x")
        .file("src/dir/drop", "x")
        .file("src/other/x", "x")
        .file("src/top", "x")
        .mode("src/dir", 0o711);
    copy(&s.params(s.filtered(&["."], &["dir", "other", "!dir/keep"], &[]), "/to")).unwrap();
    assert_eq!((s.names("root/to"), s.names("root/to/dir")), (vec!["dir".into(), "top".into()], vec!["keep".into()]));
    assert_eq!(s.show("root/to/dir"), "d 711 0:0");
}

#[test]
fn trap_44_excludes_are_relative_to_each_source_and_leave_emptied_directories() {
    let s = Scratch::new();
    s.file("src/d1/a.md", "")
        .file("src/d1/b.txt", "")
        .file("src/d1/sub/c.md", "")
        .file("src/d2/only/x.md", "")
        .file("src/home.md", "");
    copy(&s.params(s.filtered(&["d1", "d2"], &[], &["*.md", "only/*"]), "/to/")).unwrap();
    assert_eq!(s.names("root/to"), ["b.txt", "only", "sub"]);
    assert_eq!((s.names("root/to/sub"), s.names("root/to/only")), (vec!["c.md".to_owned()], vec![]));
    let result = copy(&s.params(s.filtered(&["hom*"], &[], &["*.md"]), "/none/")).unwrap();
    assert_eq!(result.entries, 0);
}
