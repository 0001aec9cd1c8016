#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn list(lines: &[&str]) -> Patterns {
    Patterns::parse(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// Rows: the list's lines, a path, whether the list drops it.
const TABLE: &[(&[&str], &str, bool)] = &[
    (&[], "any/path", false),
    // A plain name counts at the root only, and takes everything below it.
    (&["foo"], "foo", true),
    (&["foo"], "foo/bar", true),
    (&["foo"], "foo/bar/baz", true),
    (&["foo"], "dir/foo", false),
    (&["foo"], "foobar", false),
    (&["foo/bar"], "foo/bar/x", true),
    (&["foo/bar"], "foo", false),
    (&["foo/bar"], "foo/barx", false),
    // Lines are cleaned.
    (&["foo/"], "foo/bar", true),
    (&["/foo"], "foo", true),
    (&["./foo"], "foo", true),
    (&["a/./b//c/"], "a/b/c", true),
    (&["a/../b"], "b", true),
    (&["  foo  "], "foo", true),
    (&["", "   "], "foo", false),
    (&["."], "foo", false),
    // `*` and `?` stay inside a component.
    (&["*"], "foo", true),
    (&["*"], "foo/bar", true),
    (&["*.go"], "main.go", true),
    (&["*.go"], "pkg/main.go", false),
    (&["*.go"], "main.gox", false),
    (&["*/*.go"], "pkg/main.go", true),
    (&["*/*.go"], "main.go", false),
    (&["*/foo"], "a/foo", true),
    (&["*/foo"], "a/b/foo", false),
    (&["a*"], "ab/c", true),
    (&["a*/b"], "abc/b", true),
    (&["a*/b"], "a/c/b", false),
    (&["a?c"], "abc", true),
    (&["a?c"], "a/c", false),
    (&["a?c"], "ac", false),
    (&["a?b"], "a☺b", true),
    (&[".*"], ".git", true),
    (&[".*"], "git", false),
    // `**` crosses components, any number of them.
    (&["**"], "foo", true),
    (&["**"], "foo/bar", true),
    (&["**/"], "foo", true),
    (&["**/**"], "foo/bar", true),
    (&["dir/**"], "dir/file", true),
    (&["dir/**"], "dir/sub/file", true),
    (&["dir/**"], "dir", false),
    (&["dir/**"], "dirx/file", false),
    (&["**/dir"], "dir", true),
    (&["**/dir"], "a/b/dir", true),
    (&["**/dir"], "a/dir/file", true),
    (&["**/dir"], "a/xdir", false),
    (&["**/.foo"], "bar.foo", false),
    (&["**/foo/bar"], "foo/bar", true),
    (&["**/foo/bar"], "a/b/foo/bar", true),
    (&["**/foo/bar"], "foo/x/bar", false),
    (&["**/*.txt"], "file.txt", true),
    (&["**/*.txt"], "a/b/file.txt", true),
    (&["**/**/*.txt"], "a/b/file.txt", true),
    (&["**/**/*.txt"], "a/b/file.txt2", false),
    (&["**/file*txt"], "a/b/file.txt", true),
    (&["**/dir2/*"], "dir/dir2/file", true),
    (&["**/dir2/**"], "dir/dir2/dir3/file", true),
    (&["a/**/b"], "a/b", true),
    (&["a/**/b"], "a/x/y/b", true),
    (&["a/**/b"], "a/x/yb", false),
    (&["a**/*.txt"], "a/file.txt", true),
    (&["a**/*.txt"], "a/dir/dir/file.txt", true),
    (&["a/*.txt"], "a/dir/file.txt", false),
    (&["a/*.txt**"], "a/file.txt", true),
    (&["**file"], "dir/file", true),
    (&["**file"], "dir/myfile", true),
    // Classes.
    (&["a[b-d]e"], "ace", true),
    (&["a[b-d]e"], "ae", false),
    (&["a[b-d]e"], "aae", false),
    (&["a[^b-d]e"], "aze", true),
    (&["[a-ζ]*"], "α", true),
    (&["[\\]a]"], "]", true),
    (&["[x\\-]"], "-", true),
    (&["[\\-x]"], "a", false),
    // Characters that are special elsewhere are plain here; a backslash makes any character plain.
    (&["abc.def"], "abcZdef", false),
    (&["a(b)c/def"], "a(b)c/def", true),
    (&["a.|)$(}+{bc"], "a.|)$(}+{bc", true),
    (&["a^b"], "a^b", true),
    (&["a\\*b"], "a*b", true),
    (&["a\\*b"], "axb", false),
    (&["a\\\\"], "a\\", true),
    (&["\\!foo"], "!foo", true),
    // `!` takes back; the last match wins.
    (&["*.md", "!README.md"], "README.md", false),
    (&["*.md", "!README.md"], "CHANGES.md", true),
    (&["!README.md", "*.md"], "README.md", true),
    (&["*.md", "!README*.md", "README-secret.md"], "README-secret.md", true),
    (&["*.md", "!README*.md", "README-secret.md"], "README-public.md", false),
    (&["docs", "!docs/README.md"], "docs/README.md", false),
    (&["docs", "!docs/README.md"], "docs/other.md", true),
    (&["docs/*", "!docs/README.md"], "docs/README.md", false),
    (&["docs", "! docs/README.md"], "docs/README.md", false),
    (&["**", "!util/docker/web"], "util/docker/web/foo", false),
    (&["**", "!util/docker/web"], "util/docker/other", true),
    (&["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", true),
    (&["**", "!dist/*.whl"], "dist/pkg-1.0+g08acad9.whl", false),
    (&["*", "!src"], "src/main/deep.ts", false),
    (&["*", "!src", "**/*.log"], "src/a/b.log", true),
    (&["x", "!x/y", "x"], "x/y", true),
];

#[test]
fn lists_decide_as_moby_patternmatcher_documents() {
    for (lines, path, dropped) in TABLE {
        assert_eq!(list(lines).dropping(path.as_bytes()).is_some(), *dropped, "{lines:?} against {path:?}");
    }
}

#[test]
fn walking_down_agrees_with_judging_a_whole_path() {
    for (lines, path, dropped) in TABLE {
        let list = list(lines);
        let above = list.walk_to(parent(path.as_bytes()));
        assert_eq!(list.drops(&above, path.as_bytes()), *dropped, "{lines:?} against {path:?}");
    }
}

#[test]
fn a_dropped_directory_is_never_pruned_when_something_below_it_is_kept() {
    for (lines, path, dropped) in TABLE {
        let list = list(lines);
        for (at, _) in path.bytes().enumerate().filter(|(_, byte)| *byte == b'/') {
            let directory = &path.as_bytes()[..at];
            let pruned =
                list.dropping(directory).is_some() && !list.may_keep_below(&list.walk_to(directory), directory);
            assert!(!pruned || *dropped, "{lines:?}: {path:?} is kept below a pruned directory");
        }
    }
}

#[test]
fn excluded_directories_are_pruned_where_no_exception_reaches() {
    let rows: &[(&[&str], &str, bool)] = &[
        (&["node_modules"], "node_modules", false),
        (&["node_modules", "!src"], "node_modules", false),
        (&["node_modules", "!node_modules/keep"], "node_modules", true),
        (&["!node_modules/keep", "node_modules"], "node_modules", false),
        (&["*", "!src/*.ts"], "src", true),
        (&["*", "!src/*.ts"], "lib", false),
        (&["*", "!src/*.ts"], "src/deep", false),
        (&["*", "!*/keep"], "anything", true),
        (&["*", "!**/keep"], "a/b", true),
        (&["*", "!a/**/keep"], "b", false),
        (&["*", "!a/**/keep"], "a/x/y", true),
    ];
    for (lines, directory, searched) in rows {
        let list = list(lines);
        let here = list.walk_to(directory.as_bytes());
        assert_eq!(list.may_keep_below(&here, directory.as_bytes()), *searched, "{lines:?} at {directory:?}");
    }
}

#[test]
fn malformed_lines_are_refused() {
    for line in ["!", "[", "a[", "[]a]", "[x-]", "\\"] {
        let failure = Patterns::parse(&[line.to_owned()]).unwrap_err();
        assert_eq!(failure.code, "pattern-invalid", "{line:?}");
    }
}

#[test]
fn the_line_that_drops_a_path_is_named() {
    assert_eq!(list(&["*.log", "tmp"]).dropping(b"tmp/x.log"), Some("tmp"));
    assert_eq!(list(&["*.log", "tmp"]).dropping(b"x.log"), Some("*.log"));
    assert_eq!(list(&["*.log"]).dropping(b"x.txt"), None);
}
