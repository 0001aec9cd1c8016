//! Upper directories as layers: made by hand to say one thing each, and by the kernel's own overlay.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::CWD;

use super::super::metadata::set_mtime;
use super::super::tar::Time;
use super::super::whiteout;
use super::{Scratch, is_opaque, listing, paths, run};
use crate::failure::Failure;
use crate::layer::commit;
use crate::protocol::messages::{CommitParams, CommitResult, Compression};

fn commit_over(scratch: &Scratch, upper: &str, lowers: &[&str]) -> Result<CommitResult, Failure> {
    let lowers = lowers.iter().map(|lower| scratch.text(lower)).collect();
    commit(&CommitParams { upper: scratch.text(upper), lowers, epoch: Some(100), process: true })
}

/// Commits over the lower layer `l` and answers what is left of the upper directory `u`.
fn committed(scratch: &Scratch) -> Vec<String> {
    commit_over(scratch, "u", &["l"]).unwrap();
    paths(&scratch.path("u"))
}

/// An empty lower layer `l` and an empty upper directory `u`.
fn layers() -> Scratch {
    let scratch = Scratch::new();
    for name in ["l", "u"] {
        fs::create_dir(scratch.path(name)).unwrap();
    }
    scratch
}

fn write(scratch: &Scratch, name: &str, content: &str) {
    let path = scratch.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn delete(scratch: &Scratch, name: &str) {
    fs::create_dir_all(scratch.path(name).parent().unwrap()).unwrap();
    whiteout::Form::Devices.make(CWD, scratch.text(name).as_bytes()).unwrap();
}

fn mark_opaque(scratch: &Scratch, name: &str) {
    let directory = fs::File::open(scratch.path(name)).unwrap();
    whiteout::set_opaque(std::os::fd::AsFd::as_fd(&directory)).unwrap();
}

fn set_time(path: &Path, seconds: i64, nanoseconds: u32) {
    set_mtime(CWD, path.to_str().unwrap().as_bytes(), Time { seconds, nanoseconds }).unwrap();
}

fn time(path: &Path) -> (i64, i64) {
    let meta = path.symlink_metadata().unwrap();
    (meta.mtime(), meta.mtime_nsec())
}

/// Gives every entry of both layers the same time.
fn same_times(scratch: &Scratch) {
    for layer in ["l", "u"] {
        run("find", &[&scratch.text(layer), "-exec", "touch", "-h", "-d", "@50.5", "{}", "+"]);
    }
}

#[test]
fn nothing_becomes_the_empty_layer() {
    let scratch = layers();
    let result = commit_over(&scratch, "u", &[]).unwrap();
    assert_eq!(result.diff_id, "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
    assert_eq!((result.entries, result.bytes), (0, 1024));
}

#[test]
fn whiteouts_of_nothing_and_sockets_go() {
    let scratch = layers();
    write(&scratch, "l/d/there", "x");
    delete(&scratch, "u/d/there");
    delete(&scratch, "u/d/nowhere");
    delete(&scratch, "u/nowhere");
    let _socket = UnixListener::bind(scratch.path("u/socket")).unwrap();
    assert_eq!(committed(&scratch), ["-d/there", "d"]);
}

#[test]
fn a_name_deleted_in_between_is_not_deleted_again() {
    let scratch = layers();
    for layer in ["top", "bottom"] {
        fs::create_dir(scratch.path(layer)).unwrap();
    }
    write(&scratch, "bottom/gone", "x");
    write(&scratch, "bottom/d/below", "x");
    write(&scratch, "bottom/f/x", "x");
    delete(&scratch, "top/gone");
    write(&scratch, "top/d/above", "x");
    mark_opaque(&scratch, "top/d");
    write(&scratch, "top/f", "a file over a directory");
    for name in ["gone", "d/below", "d/above", "f"] {
        delete(&scratch, &format!("u/{name}"));
    }
    commit_over(&scratch, "u", &["top", "bottom"]).unwrap();
    assert_eq!(paths(&scratch.path("u")), ["-d/above", "-f", "d"]);
}

#[test]
fn a_layer_with_an_opaque_root_hides_all_below() {
    let scratch = layers();
    fs::create_dir(scratch.path("top")).unwrap();
    mark_opaque(&scratch, "top");
    write(&scratch, "l/hidden", "x");
    delete(&scratch, "u/hidden");
    commit_over(&scratch, "u", &["top", "l"]).unwrap();
    assert_eq!(paths(&scratch.path("u")), [""; 0]);
}

#[test]
fn copies_without_a_change_go_with_the_directories_around_them() {
    let scratch = layers();
    for layer in ["l", "u"] {
        write(&scratch, &format!("{layer}/a/b/file"), "same");
        symlink("same", scratch.path(layer).join("a/link")).unwrap();
        run("mkfifo", &[&scratch.text(&format!("{layer}/a/fifo"))]);
    }
    same_times(&scratch);
    assert_eq!(committed(&scratch), [""; 0]);
}

#[test]
fn any_difference_keeps_an_entry_and_its_parents() {
    type Change<'a> = (&'a str, &'a dyn Fn(&Path));
    let changes: [Change<'_>; 7] = [
        ("content", &|path| fs::write(path, "diff").unwrap()),
        ("size", &|path| fs::write(path, "longer").unwrap()),
        ("mode", &|path| fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap()),
        ("attribute", &|path| {
            rustix::fs::setxattr(path, "user.new", b"1", rustix::fs::XattrFlags::empty()).unwrap();
        }),
        ("kind", &|path| {
            fs::remove_file(path).unwrap();
            symlink("same", path).unwrap();
        }),
        ("another name", &|path| fs::hard_link(path, path.with_file_name("other")).unwrap()),
        ("time", &|_| {}),
    ];
    for (what, change) in changes {
        let scratch = layers();
        for layer in ["l", "u"] {
            write(&scratch, &format!("{layer}/a/file"), "same");
            write(&scratch, &format!("{layer}/a/unchanged"), "same");
        }
        change(&scratch.path("u/a/file"));
        same_times(&scratch);
        if what == "time" {
            set_time(&scratch.path("u/a/file"), 50, 500_000_001);
        }
        let expected: &[&str] = if what == "another name" { &["a", "a/file", "a/other"] } else { &["a", "a/file"] };
        assert_eq!(committed(&scratch), expected, "{what}");
    }
}

#[test]
fn a_changed_directory_stays_though_it_is_empty() {
    let scratch = layers();
    fs::create_dir_all(scratch.path("l/d")).unwrap();
    fs::create_dir_all(scratch.path("u/d")).unwrap();
    fs::create_dir_all(scratch.path("u/new")).unwrap();
    same_times(&scratch);
    set_time(&scratch.path("u/d"), 51, 0);
    assert_eq!(committed(&scratch), ["d", "new"]);
}

#[test]
fn opaque_directories_become_whiteouts_at_every_depth() {
    let scratch = layers();
    for name in ["d/gone", "d/sub/gone", "d/sub/back", "d/sub/deep/gone", "d/kept/x", "beside"] {
        write(&scratch, &format!("l/{name}"), "old");
    }
    for name in ["d/sub/back", "d/sub/deep/new", "d/new"] {
        write(&scratch, &format!("u/{name}"), "new");
    }
    mark_opaque(&scratch, "u/d");
    assert_eq!(
        committed(&scratch),
        [
            "-d/gone",
            "-d/kept",
            "-d/sub/deep/gone",
            "-d/sub/gone",
            "d",
            "d/new",
            "d/sub",
            "d/sub/back",
            "d/sub/deep",
            "d/sub/deep/new"
        ]
    );
    assert!(!is_opaque(&scratch.path("u/d")));
}

#[test]
fn an_opaque_directory_over_nothing_is_a_plain_one() {
    let scratch = layers();
    write(&scratch, "l/file", "x");
    for name in ["u/new", "u/file"] {
        fs::create_dir(scratch.path(name)).unwrap();
        mark_opaque(&scratch, name);
    }
    assert_eq!(committed(&scratch), ["file", "new"]);
    assert!(!is_opaque(&scratch.path("u/new")) && !is_opaque(&scratch.path("u/file")));
}

#[test]
fn times_are_cut_and_clamped_except_what_did_not_change() {
    let scratch = layers();
    for layer in ["l", "u"] {
        fs::create_dir(scratch.path(layer).join("unchanged")).unwrap();
        set_time(&scratch.path(layer).join("unchanged"), 5000, 0);
    }
    write(&scratch, "u/unchanged/new", "x");
    set_time(&scratch.path("u/unchanged"), 5000, 0);
    for (name, seconds) in [("old", 7), ("young", 700), ("ancient", -2)] {
        write(&scratch, &format!("u/{name}"), "x");
        set_time(&scratch.path("u").join(name), seconds, 999_999_999);
    }
    symlink("x", scratch.path("u/link")).unwrap();
    fs::create_dir(scratch.path("u/directory")).unwrap();
    commit_over(&scratch, "u", &["l"]).unwrap();
    let times = ["unchanged", "unchanged/new", "old", "young", "ancient", "link", "directory", ""]
        .map(|name| time(&scratch.path("u").join(name)));
    assert_eq!(times, [(5000, 0), (100, 0), (7, 0), (100, 0), (-2, 0), (100, 0), (100, 0), (0, 0)]);
}

#[test]
fn without_an_epoch_times_are_only_cut() {
    let scratch = layers();
    write(&scratch, "u/f", "x");
    set_time(&scratch.path("u/f"), 700, 999_999_999);
    commit(&CommitParams { upper: scratch.text("u"), lowers: Vec::new(), epoch: None, process: true }).unwrap();
    assert_eq!(time(&scratch.path("u/f")), (700, 0));
}

#[test]
fn the_roots_own_metadata_is_no_part_of_a_layer() {
    let scratch = layers();
    fs::set_permissions(scratch.path("u"), fs::Permissions::from_mode(0o700)).unwrap();
    commit_over(&scratch, "u", &["l"]).unwrap();
    assert_eq!(fs::metadata(scratch.path("u")).unwrap().mode(), 0o40755);
}

#[test]
fn names_that_stand_for_deletions_are_refused() {
    for name in ["u/d/.wh.x", "u/d/.wh..wh..opq"] {
        let scratch = layers();
        write(&scratch, name, "x");
        let failure = commit_over(&scratch, "u", &["l"]).unwrap_err();
        assert_eq!((failure.code, failure.message.contains("d/.wh.")), ("reserved-name", true));
    }
}

#[test]
fn committing_again_changes_nothing() {
    let scratch = layers();
    write(&scratch, "l/d/gone", "x");
    write(&scratch, "u/d/new", "x");
    mark_opaque(&scratch, "u/d");
    set_time(&scratch.path("l/d"), 50, 0);
    let first = commit_over(&scratch, "u", &["l"]).unwrap();
    let before = listing(&scratch.path("u"));
    assert_eq!(commit_over(&scratch, "u", &["l"]).unwrap(), first);
    assert_eq!(listing(&scratch.path("u")), before);
}

#[test]
fn links_in_lower_layers_are_never_followed() {
    let scratch = layers();
    write(&scratch, "outside/file", "x");
    symlink("../outside", scratch.path("l/d")).unwrap();
    delete(&scratch, "u/d/file");
    assert_eq!(committed(&scratch), ["d"]);
}

/// What an overlay of these layers shows after `script` ran in it, without times of directories.
fn in_overlay(scratch: &Scratch, options: &str, script: &str) -> String {
    let mount = scratch.text("merged");
    let list = "find . -mindepth 1 \\( -type d -printf '%P %y %m\\n' \\) -o -printf '%P %y %m %s %l\\n' | LC_ALL=C sort; \
                find . -type f | LC_ALL=C sort | xargs -r sha256sum";
    let all = format!(
        "mkdir -p {mount} && mount -t overlay overlay -o userxattr,{options} {mount} && cd {mount} && {{ {script}\n}} && {list}"
    );
    run("unshare", &["--user", "--map-root-user", "--mount", "sh", "-ec", &all])
}

#[test]
fn what_the_kernel_leaves_means_the_same_as_a_layer() {
    let scripts = [
        "rm -r d; mkdir d; mkdir d/sub; echo new > d/sub/new",
        "rm -r d; mkdir -p d/sub/deep; touch d/a",
        "rm -r d/sub; ln -s /tmp d/sub",
        "rm d/a; mkdir d/a; touch d/a/x; rm link; mkdir link",
        "rm -r d; touch d; rm b; mkdir -p b/c",
        "mv d/a d/z; mv d/z d/a; mv b c; ln c e",
        "cp -a d copy; rm -r d; mv copy d",
        "chmod 700 d d/sub b; touch -d @5 e2; echo more >> b",
        "touch tmp; rm tmp; mkdir x; rmdir x; rm b d/b",
        "echo x > twin1; rm twin2",
        ":",
    ];
    for script in scripts {
        let scratch = layers();
        for name in ["w", "w2", "u2"] {
            fs::create_dir(scratch.path(name)).unwrap();
        }
        for name in ["d/a", "d/b", "d/sub/c", "d/sub/deep/f", "b", "e2", "twin1"] {
            write(&scratch, &format!("l/{name}"), name);
        }
        fs::hard_link(scratch.path("l/twin1"), scratch.path("l/twin2")).unwrap();
        symlink("b", scratch.path("l/link")).unwrap();
        let (l, u, w) = (scratch.text("l"), scratch.text("u"), scratch.text("w"));
        let seen = in_overlay(&scratch, &format!("lowerdir={l},upperdir={u},workdir={w}"), script);
        let committed = commit_over(&scratch, "u", &["l"]).unwrap();
        let again = in_overlay(&scratch, &format!("lowerdir={u}:{l}"), ":");
        assert_eq!(again, seen, "{script}");

        let packed = scratch.pack("u", Compression::Gzip, "blob");
        assert_eq!(packed.diff_id, committed.diff_id);
        let applied = scratch.apply_blob(&scratch.text("blob"), Compression::Gzip, "t").unwrap();
        assert_eq!((applied.entries, applied.bytes), (committed.entries, committed.bytes));
        let ours = without_whiteout_metadata(&scratch.path("u"));
        assert_eq!(without_whiteout_metadata(&scratch.path("t")), ours, "{script}");
        if script == ":" {
            assert_eq!(committed.entries, 0);
        }
    }
}

fn without_whiteout_metadata(root: &Path) -> Vec<String> {
    let cut = |line: String| match line.ends_with("device 0") && line.contains(" 20") {
        true => line.split(' ').next().unwrap().to_owned(),
        false => line,
    };
    listing(root).into_iter().map(cut).collect()
}
