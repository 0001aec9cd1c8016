#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::net::UnixListener;
use std::thread::sleep;
use std::time::Duration;

use super::*;
use crate::protocol::messages::Selection;
use crate::tree::scratch::{Scratch, run};

fn params(selection: Selection) -> DigestParams {
    DigestParams { selection, ownership: false, stat_cache: None, known: None, listing: None }
}

/// As the first request of a session.
fn digest(params: &DigestParams) -> Result<DigestResult, Failure> {
    super::digest(params, &StatCaches::default())
}

fn digest_of(s: &Scratch, sources: &[&str]) -> String {
    digest(&params(s.selection(sources))).unwrap().digest
}

fn tree() -> Scratch {
    let s = Scratch::new();
    s.file("src/dir/a", "one").file("src/dir/sub/b", "two").link("src/dir/link", "a").directory("src/dir/empty");
    s
}

/// The expected digest comes from another implementation, a few lines of Python.
#[test]
fn the_digest_is_fixed() {
    let s = tree();
    s.mode("src/dir/sub", 0o755).mode("src/dir/empty", 0o755);
    let result = digest(&params(s.selection(&["dir"]))).unwrap();
    assert_eq!((result.entries, result.bytes), (5, 6));
    assert_eq!(result.digest, "sha256:04ae92f798eb0d5d231c999ae1f1ff55d37e29079373596de7bce9abd2b835fa");
}

#[test]
fn trap_94_and_96_everything_that_is_copied_counts() {
    type Change = fn(&Scratch);
    let changes: &[(&str, Change)] = &[
        ("content", |s| {
            s.file("src/dir/a", "eno");
        }),
        ("size", |s| {
            s.file("src/dir/a", "one ");
        }),
        ("mode of a file", |s| {
            s.mode("src/dir/a", 0o600);
        }),
        ("mode of a directory", |s| {
            s.mode("src/dir/sub", 0o700);
        }),
        ("set-id bit", |s| {
            s.mode("src/dir/a", 0o4644);
        }),
        ("link target", |s| {
            fs::remove_file(s.path("src/dir/link")).unwrap();
            s.link("src/dir/link", "sub/b");
        }),
        ("name", |s| fs::rename(s.path("src/dir/a"), s.path("src/dir/c")).unwrap()),
        ("new empty directory", |s| {
            s.directory("src/dir/more");
        }),
        ("attribute of a file", |s| {
            s.attribute("src/dir/a", "user.x", "1");
        }),
        ("attribute of a directory", |s| {
            s.attribute("src/dir/sub", "user.x", "1");
        }),
        ("type", |s| {
            fs::remove_file(s.path("src/dir/a")).unwrap();
            run("mkfifo", &["a"], &s.path("src/dir"));
        }),
    ];
    for (what, change) in changes {
        let s = tree();
        let before = digest_of(&s, &["dir"]);
        change(&s);
        assert_ne!(digest_of(&s, &["dir"]), before, "{what}");
    }
}

#[test]
fn trap_95_times_links_of_links_sockets_and_owners_do_not_count() {
    let s = tree();
    let before = digest_of(&s, &["dir"]);
    run("touch", &["-d", "2001-01-01", "a", "sub"], &s.path("src/dir"));
    s.owner("src/dir/a", 5, 6).mode("src/dir", 0o700);
    let _socket = UnixListener::bind(s.path("src/dir/socket")).unwrap();
    s.attribute("src/dir/a", "trusted.x", "1");
    assert_eq!(digest_of(&s, &["dir"]), before);
    fs::hard_link(s.path("src/dir/a"), s.path("src/outside")).unwrap();
    assert_eq!(digest_of(&s, &["dir"]), before);
}

#[test]
fn with_ownership_owners_count() {
    let s = tree();
    let with = || digest(&DigestParams { ownership: true, ..params(s.selection(&["dir"])) }).unwrap().digest;
    let before = with();
    assert_ne!(before, digest_of(&s, &["dir"]));
    s.owner("src/dir/a", 5, 6);
    assert_ne!(with(), before);
}

#[test]
fn trap_94_only_what_is_selected_counts() {
    let s = tree();
    s.file("src/other", "x").file("src/dir/debug.log", "x");
    let filtered = || digest(&params(s.filtered(&["dir"], &["**/*.log"], &["sub"]))).unwrap();
    let before = filtered();
    assert_eq!(before.entries, 3);
    s.file("src/other", "y").file("src/dir/debug.log", "y").file("src/dir/sub/b", "y");
    assert_eq!(filtered().digest, before.digest);
    s.file("src/dir/new", "");
    assert_ne!(filtered().digest, before.digest);
}

#[test]
fn trap_105_no_two_trees_are_framed_alike() {
    let trees: &[&[(&str, &str)]] = &[
        &[("ab", "c")],
        &[("a", "bc")],
        &[("a", "b"), ("c", "")],
        &[("a", ""), ("b", "c")],
        &[("a/b", "c")],
        &[("a/b", ""), ("c", "")],
        &[("a", ""), ("b/c", "")],
    ];
    let digests: std::collections::BTreeSet<_> = trees
        .iter()
        .map(|files| {
            let s = Scratch::new();
            for (path, content) in *files {
                s.file(&format!("src/{path}"), content);
            }
            digest_of(&s, &["."])
        })
        .collect();
    assert_eq!(digests.len(), trees.len());
}

#[test]
fn the_name_of_a_file_source_counts_and_that_of_a_directory_source_does_not() {
    let s = Scratch::new();
    s.file("src/a", "x").file("src/b", "x").link("src/c", "a").file("src/d1/f", "x").file("src/d2/f", "x");
    let all: Vec<_> = ["a", "b", "c"].iter().map(|source| digest_of(&s, &[source])).collect();
    assert!(all.first() != all.get(1) && all.first() != all.get(2));
    assert_eq!(digest_of(&s, &["d1"]), digest_of(&s, &["d2"]));
    assert_ne!(digest_of(&s, &["d1/f"]), digest_of(&s, &["d1"]));
    assert_eq!(
        digest_of(&s, &["d1/f"]),
        digest_of(&s, &["d*/f", "d2/f"][..0].iter().chain(&["d1/[f]"]).copied().collect::<Vec<_>>())
    );
    assert_ne!(digest_of(&s, &["a", "b"]), digest_of(&s, &["b", "a"]));
}

#[test]
fn what_a_copy_wrote_has_the_digest_of_what_was_copied() {
    let s = tree();
    s.file("src/dir/skip.log", "x");
    let selection = s.filtered(&["dir"], &["**/*.log"], &[]);
    crate::tree::copy(&s.params(selection.clone(), "/to")).unwrap();
    let copied = Selection { root: s.path("root/to").display().to_string(), ..s.selection(&["."]) };
    assert_eq!(digest(&params(selection)).unwrap().digest, digest(&params(copied)).unwrap().digest);
}

#[test]
fn a_stat_cache_changes_no_digest_and_sees_every_change() {
    let s = tree();
    let cache = s.path("cache").display().to_string();
    let cached =
        || digest(&DigestParams { stat_cache: Some(cache.clone()), ..params(s.selection(&["dir"])) }).unwrap().digest;
    let plain = || digest_of(&s, &["dir"]);
    assert_eq!(cached(), plain());
    sleep(Duration::from_millis(60));
    assert_eq!(cached(), plain());
    let size = || fs::metadata(&cache).unwrap().len();
    assert_eq!(size(), 8 + 2 * 84 + 32);
    // The same size, and the modification time put back: only the change time tells.
    s.file("src/dir/a", "two");
    run("touch", &["-r", "sub/b", "a"], &s.path("src/dir"));
    assert_eq!(cached(), plain());
    s.attribute("src/dir/sub/b", "user.x", "1");
    assert_eq!(cached(), plain());
    // Replaced by another file of the same size.
    s.file("src/new", "six");
    fs::rename(s.path("src/new"), s.path("src/dir/a")).unwrap();
    assert_eq!(cached(), plain());
}

#[test]
fn a_stat_cache_is_really_used_and_a_damaged_one_is_not() {
    let s = tree();
    let cache = s.path("cache").display().to_string();
    let cached =
        || digest(&DigestParams { stat_cache: Some(cache.clone()), ..params(s.selection(&["dir"])) }).unwrap().digest;
    let truth = cached();
    sleep(Duration::from_millis(60));
    cached();
    let good = fs::read(&cache).unwrap();
    // A forged digest with a right checksum is believed: nothing was read.
    let mut forged = good.clone();
    forged.truncate(good.len() - 32);
    *forged.last_mut().unwrap() ^= 1;
    let checksum = Sha256::digest(&forged);
    forged.extend(checksum);
    fs::write(&cache, &forged).unwrap();
    assert_ne!(cached(), truth);
    type Damage = fn(&mut Vec<u8>);
    let damage: [Damage; 5] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| *bytes.get_mut(100).unwrap() ^= 1,
        |bytes| *bytes.get_mut(7).unwrap() = 0,
        Vec::clear,
        |bytes| bytes.push(0),
    ];
    for (at, damage) in damage.iter().enumerate() {
        let mut bytes = if at == 1 { forged.clone() } else { good.clone() };
        damage(&mut bytes);
        fs::write(&cache, &bytes).unwrap();
        assert_eq!(cached(), truth, "{at}");
    }
}

#[test]
fn a_session_reads_a_stat_cache_once_and_goes_on_with_what_it_learns() {
    let s = tree();
    let caches = StatCaches::default();
    let path = s.path("cache");
    let cached = || {
        let stat_cache = Some(path.display().to_string());
        super::digest(&DigestParams { stat_cache, ..params(s.selection(&["dir"])) }, &caches).unwrap().digest
    };
    let truth = cached();
    sleep(Duration::from_millis(60));
    assert_eq!(cached(), truth);
    fs::remove_file(&path).unwrap();
    assert_eq!(cached(), truth);
    assert!(!path.exists(), "nothing new was learnt, so nothing was read or written");
    s.file("src/dir/c", "three");
    sleep(Duration::from_millis(60));
    assert_ne!(cached(), truth);
    assert_eq!(fs::metadata(&path).unwrap().len(), 8 + 3 * 84 + 32);
}

#[test]
fn a_stat_cache_that_cannot_be_written_harms_nothing() {
    let s = tree();
    let cache = Some(s.path("no/such/place").display().to_string());
    let result = digest(&DigestParams { stat_cache: cache, ..params(s.selection(&["dir"])) }).unwrap();
    assert_eq!(result.digest, digest_of(&s, &["dir"]));
}

#[test]
fn what_cannot_be_read_is_named() {
    let s = Scratch::new();
    s.file("src/dir/f", "x");
    let failure =
        digest(&params(Selection { root: s.path("none").display().to_string(), ..s.selection(&["."]) })).unwrap_err();
    assert_eq!((failure.code, failure.errno.as_deref()), ("io-error", Some("ENOENT")));
}

#[test]
fn trap_94_with_parents_only_what_is_copied_counts_and_its_path_does() {
    let digest_of = |s: &Scratch, source: &str| {
        let selection = Selection { parents: true, ..s.selection(&[source]) };
        digest(&params(selection)).unwrap().digest
    };
    let s = tree();
    let before = digest_of(&s, "dir/sub/b");
    s.file("src/dir/a", "changed").file("src/new", "x");
    assert_eq!(digest_of(&s, "dir/sub/b"), before);
    assert_ne!(digest_of(&s, "dir/./sub/b"), before);
    s.mode("src/dir", 0o700);
    assert_ne!(digest_of(&s, "dir/sub/b"), before, "a directory on the way");
}

#[test]
fn a_listing_has_a_line_for_each_entry_unless_the_digest_is_known() {
    let s = Scratch::new();
    s.file("src/dir/a\nb", "one").file("src/dir/sub/ü", "two").link("src/dir/link", "a").mode("src/dir/sub", 0o750);
    let path = s.path("listing");
    let listing = Some(path.to_string_lossy().into_owned());
    let first = digest(&DigestParams { listing: listing.clone(), ..params(s.selection(&["dir"])) }).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.splitn(4, ' ').collect()).collect();
    let shown: Vec<String> = lines.iter().map(|l| format!("{} {} {}", l[0], l[1], l[3])).collect();
    assert_eq!(shown, ["f 644 a\\x0ab", "l 777 link", "d 750 sub", "f 644 sub/ü"]);
    assert!(lines.iter().all(|line| line[2].len() == 64));

    fs::remove_file(&path).unwrap();
    let known = Some(first.digest.clone());
    let again = DigestParams { listing, known, ..params(s.selection(&["dir"])) };
    assert_eq!(digest(&again).unwrap().digest, first.digest);
    assert!(!path.exists());
    s.file("src/dir/sub/ü", "2");
    digest(&again).unwrap();
    let changed = fs::read_to_string(&path).unwrap();
    let differing = text.lines().zip(changed.lines()).filter(|(a, b)| a != b).count();
    assert_eq!(differing, 1);
}
