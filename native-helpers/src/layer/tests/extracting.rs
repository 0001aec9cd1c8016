//! Archives of ADD: unpacked into a directory that is there already, whose surroundings must stay as they are.

use std::fs::{self, File};
use std::os::unix::fs::symlink as link_to;
use std::path::Path;
use std::process::{Command, Stdio};

use super::raw::{Raw, archive, directory, entry, file, hard_link, symlink};
use super::{LIMITS, Scratch, listing, paths, run};
use crate::layer::{Archive, Extracting, Purpose, extract, recognise};
use crate::protocol::messages::LayerLimits;

/// A directory `to` with a few entries, and `outside` beside it.
fn scratch() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("outside/deep")).unwrap();
    fs::write(scratch.path("outside/victim"), "untouched").unwrap();
    fs::create_dir_all(scratch.path("to/dir")).unwrap();
    fs::write(scratch.path("to/dir/old"), "old").unwrap();
    link_to("dir", scratch.path("to/inner")).unwrap();
    link_to("../outside", scratch.path("to/leading-out")).unwrap();
    link_to("/outside", scratch.path("to/absolute")).unwrap();
    scratch
}

/// The archive that the file `name` is.
fn found(scratch: &Scratch, name: &str) -> Option<Archive> {
    recognise(File::open(scratch.path(name)).unwrap(), Path::new(name)).unwrap()
}

/// As ADD without an owner.
fn adding<'a>(to: &Path, name: &'a str) -> Extracting<'a> {
    let purpose = Purpose::Add { into: File::open(to).unwrap().into(), owner: None };
    Extracting { purpose, name, limits: &LIMITS }
}

/// Unpacks into `to`; answers the failure's code.
fn unpack(scratch: &Scratch, bytes: &[u8]) -> Result<u64, &'static str> {
    fs::write(scratch.path("archive"), bytes).unwrap();
    let before = listing(&scratch.path("outside"));
    let archive = found(scratch, "archive").expect("is no archive");
    let result = extract(archive, adding(&scratch.path("to"), "archive"));
    assert_eq!(listing(&scratch.path("outside")), before);
    result.map(|extracted| extracted.entries).map_err(|failure| failure.code)
}

fn unpacked(entries: impl IntoIterator<Item = Raw>) -> (Scratch, Result<u64, &'static str>) {
    let scratch = scratch();
    let result = unpack(&scratch, &archive(entries));
    (scratch, result)
}

#[test]
fn what_exists_stays_unless_an_entry_replaces_it() {
    let (s, result) = unpacked([directory("dir"), file("dir/new", "new"), file("inner/through", "x")]);
    assert_eq!(result, Ok(3));
    assert_eq!(paths(&s.path("to/dir")), ["new", "old", "through"], "a link among the parents is followed (trap 34)");
}

#[test]
fn trap_33_an_entry_for_the_root_says_nothing() {
    let (s, result) = unpacked([directory("./").mode(0o700), file("./f", "x"), symlink(".", "../outside")]);
    assert_eq!(result, Ok(1));
    assert!(listing(&s.0).iter().any(|line| line.starts_with("to 40755 ")), "{:?}", listing(&s.0));
    assert_eq!(fs::read(s.path("to/f")).unwrap(), b"x");
}

#[test]
fn trap_34_an_entry_replaces_a_link_and_never_writes_through_it() {
    let (s, result) = unpacked([file("inner", "x"), directory("leading-out"), symlink("absolute", "new")]);
    assert_eq!(result, Ok(3));
    assert!(s.path("to/inner").symlink_metadata().unwrap().is_file());
    assert!(s.path("to/leading-out").symlink_metadata().unwrap().is_dir());
    assert_eq!(fs::read_link(s.path("to/absolute")).unwrap().to_str(), Some("new"));
    assert_eq!(paths(&s.path("to/dir")), ["old"]);
    let (s, result) = unpacked([file("dir", "a file in a directory's place")]);
    assert_eq!(result, Ok(1));
    assert!(s.path("to/dir").is_file());
}

#[test]
fn nothing_is_written_outside() {
    for entries in [
        vec![file("leading-out/victim", "x")],
        vec![file("absolute/victim", "x")],
        vec![symlink("new", "../../outside"), file("new/victim", "x")],
        vec![symlink("new", "../outside/victim"), file("new", "x")],
        vec![symlink("a", ".."), symlink("b", "a/.."), file("b/outside/victim", "x")],
        vec![hard_link("new", "leading-out/victim"), file("new", "x")],
        vec![hard_link("new", "../outside/victim")],
        vec![file("../outside/victim", "x")],
        vec![file("dir/../../outside/victim", "x")],
        vec![directory("leading-out/deep").mode(0o777)],
    ] {
        // Some are refused, some land inside: `unpack` checks that nothing outside changes.
        let (s, _) = unpacked(entries);
        assert_eq!(fs::read(s.path("outside/victim")).unwrap(), b"untouched");
    }
    assert_eq!(unpacked([file("../x", "x")]).1, Err("archive-malformed"));
    assert_eq!(unpacked([file("dir/old/below", "x")]).1, Err("archive-malformed"));
}

#[test]
fn names_have_no_second_meaning_and_special_files_are_left_out() {
    let (s, result) = unpacked([
        file("dir/.wh.old", ""),
        file(".wh..wh..opq", ""),
        entry("dir/old", '6'),
        entry("null", '3').octal(329, 8, 1).octal(337, 8, 3),
        entry("disk", '4').octal(329, 8, 8),
    ]);
    assert_eq!(result, Ok(2));
    assert_eq!(paths(&s.path("to/dir")), [".wh.old", "old"], "nor do they replace what is there");
    assert_eq!(fs::read(s.path("to/dir/old")).unwrap(), b"old");
    assert!(!s.path("to/null").exists() && !s.path("to/disk").exists());
}

#[test]
fn links_join_files_of_the_archive_and_those_that_exist() {
    let (s, result) = unpacked([file("a", "x"), hard_link("b", "a"), hard_link("c", "dir/old"), symlink("d", "a")]);
    assert_eq!(result, Ok(4));
    use std::os::unix::fs::MetadataExt;
    let inode = |name: &str| s.path(name).symlink_metadata().unwrap().ino();
    assert_eq!((inode("to/a"), inode("to/c")), (inode("to/b"), inode("to/dir/old")));
}

#[test]
fn trap_35_only_content_makes_an_archive() {
    let s = Scratch::new();
    let is_archive = |name: &str| found(&s, name).is_some();
    let tar = archive([file("f", "x")]);
    for (name, content) in [
        ("text.tar", b"just text, as long as a header block ".repeat(30)),
        ("empty.tar", Vec::new()),
        ("zeros.tar", vec![0; 10240]),
        ("short.tar", tar.get(..511).unwrap().to_vec()),
        ("magic.gz", vec![0x1f, 0x8b, 0x08]),
        ("magic.xz", b"\xfd7zXZ\0".repeat(200)),
        ("magic.zst", b"\x28\xb5\x2f\xfd".repeat(200)),
        ("magic.bz2", b"BZh9".repeat(200)),
    ] {
        fs::write(s.path(name), content).unwrap();
        assert!(!is_archive(name), "{name}");
    }
    fs::write(s.path("archive.txt"), &tar).unwrap();
    fs::write(s.path("single"), "a line\n".repeat(1000)).unwrap();
    assert!(is_archive("archive.txt"), "whatever its name");
    for (program, suffix) in [("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz"), ("zstd", "zst")] {
        for name in ["archive.txt", "single"] {
            run("sh", &["-c", &format!("{program} -c < {0}/{name} > {0}/{name}.{suffix}", s.0.display())]);
        }
        assert!(is_archive(&format!("archive.txt.{suffix}")), "{program}");
        assert!(!is_archive(&format!("single.{suffix}")), "{program} of a single file");
    }
}

/// A tar of a few megabytes that GNU tar wrote, with everything that it can hold.
fn big_tree(s: &Scratch) {
    let script = "mkdir -p src/a/b && cd src && seq 100000 > a/numbers && head -c 700000 /dev/urandom > a/b/noise \
        && ln a/numbers hard && ln -s a/numbers soft && chmod 4751 a/b/noise && chmod 2750 a && mkdir empty \
        && name=$(printf '%0150d' 7) && mkdir $name && echo long > $name/$name && touch -d @1000 a/b a empty . hard";
    run("sh", &["-c", &format!("cd {} && {script}", s.0.display())]);
}

#[test]
fn every_compression_unpacks_to_what_gnu_tar_and_bsdtar_packed() {
    let s = Scratch::new();
    big_tree(&s);
    let pack = |program: &str, format: &str, filter: &str, name: &str| {
        let command = format!("cd {} && {program} --format={format} -cf - -C src . | {filter} > {name}", s.0.display());
        run("sh", &["-c", &command]);
    };
    let rows = [
        ("tar", "gnu", "cat"),
        ("tar", "posix", "gzip"),
        ("tar", "gnu", "bzip2 -1"),
        ("tar", "posix", "xz -1"),
        ("tar", "gnu", "xz -9 --check=sha256"),
        ("tar", "posix", "xz -1 --x86 --lzma2"),
        ("tar", "gnu", "zstd"),
        ("bsdtar", "pax", "zstd -19 --long=27"),
        // Several members, streams and frames one after the other.
        ("bsdtar", "gnutar", "split -b 200K --filter gzip"),
        ("tar", "posix", "split -b 200K --filter bzip2"),
        ("tar", "posix", "split -b 200K --filter xz"),
        ("tar", "posix", "split -b 200K --filter zstd"),
    ];
    for (at, (program, format, filter)) in rows.into_iter().enumerate() {
        let (name, to) = (format!("archive-{at}"), s.path(&format!("to-{at}")));
        // Split's filter writes where its output goes, which is this pipe.
        let filter = if filter.starts_with("split") { format!("{filter} - | cat") } else { filter.to_owned() };
        pack(program, format, &filter, &name);
        fs::create_dir(&to).unwrap();
        let archive = found(&s, &name).expect("is no archive");
        let extracted = extract(archive, adding(&to, &name)).unwrap();
        assert!(extracted.bytes > 1_000_000);
        let whole = |root: &std::path::Path| {
            let without_fractions = |line: String| line.split('.').next().unwrap_or_default().to_owned();
            listing(root)
                .into_iter()
                .map(|line| if format == "posix" || format == "pax" { line } else { without_fractions(line) })
                .collect::<Vec<_>>()
        };
        super::assert_same(&whole(&to), &whole(&s.path("src")), &format!("{program} {format} {filter}"));
    }
}

#[test]
fn damage_is_told_and_does_not_panic() {
    let s = Scratch::new();
    big_tree(&s);
    for (program, suffix) in [("gzip -1", "gz"), ("bzip2 -1", "bz2"), ("xz -0", "xz"), ("zstd -1", "zst")] {
        let whole = s.path(&format!("whole.{suffix}"));
        let command = format!("cd {} && tar -cf - -C src . | {program} > whole.{suffix}", s.0.display());
        run("sh", &["-c", &command]);
        let bytes = fs::read(&whole).unwrap();
        for step in 0..12 {
            let mut damaged = bytes.clone();
            let at = bytes.len() * (step + 1) / 14;
            if step % 2 == 0 {
                damaged.truncate(at)
            } else {
                damaged[at] ^= 0x55
            }
            fs::write(s.path("damaged"), damaged).unwrap();
            let to = s.path(&format!("to-{suffix}-{step}"));
            fs::create_dir(&to).unwrap();
            let Some(archive) = found(&s, "damaged") else { continue };
            let result = extract(archive, adding(&to, "damaged"));
            let failure = result.expect_err("damage was not noticed");
            assert!(failure.code.starts_with("archive-"), "{program} {at}: {failure:?}");
        }
    }
}

#[test]
fn an_xz_file_cannot_take_all_memory() {
    let s = scratch();
    let mut child = Command::new("xz");
    child.args(["--lzma2=dict=1GiB", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    fs::write(s.path("plain"), archive([file("f", "x")])).unwrap();
    let output = child.stdin(File::open(s.path("plain")).unwrap()).output().unwrap();
    if !output.status.success() {
        return; // xz itself may be short of memory
    }
    fs::write(s.path("greedy"), &output.stdout).unwrap();
    // What may not be read is no archive: it is copied as it is.
    assert!(found(&s, "greedy").is_none());
}

#[test]
fn directories_that_an_archive_does_not_list_are_made_now_and_what_exists_keeps_its_time() {
    let (s, result) = unpacked([file("new/deep/f", "x"), directory("listed"), file("dir/f", "x")]);
    assert_eq!(result, Ok(3));
    let time = |name: &str| fs::metadata(s.path("to").join(name)).unwrap().modified().unwrap();
    let before = fs::metadata(s.path("archive")).unwrap().modified().unwrap();
    assert!(time("new") >= before && time("new/deep") >= before);
    assert_eq!(time("listed").duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), 1000);
    assert!(listing(&s.path("to")).iter().any(|line| line.starts_with("new/deep 40755 ")));
}

#[test]
fn a_bomb_in_an_archive_stops_at_the_limits_of_a_layer() {
    let s = scratch();
    fs::write(s.path("archive"), archive([file("f", &"x".repeat(100_000))])).unwrap();
    let limits = LayerLimits { size: 50_000, ratio: 100 };
    let extracting = Extracting { limits: &limits, ..adding(&s.path("to"), "/app.tar") };
    let failure = extract(found(&s, "archive").unwrap(), extracting).unwrap_err();
    assert_eq!(failure.code, "archive-too-large");
    assert_eq!(failure.message, "cannot unpack /app.tar: the archive unpacks to more than 50000 bytes");
    assert!(failure.hint.unwrap().contains("OCI_BUILD_MAX_LAYER_SIZE"));
}
