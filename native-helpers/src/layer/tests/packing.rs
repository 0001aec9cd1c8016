//! What packing writes, byte for byte where that matters.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::super::archive::write_archive;
use super::super::metadata::set_mtime;
use super::super::pack::pack_with_threads;
use super::super::stream::ChunkStream;
use super::super::tar::Time;
use super::trees::{make, plan};
use super::{Scratch, is_opaque, listing, paths, run};
use crate::failure::Failure;
use crate::layer::pack;
use crate::protocol::messages::{Compression, PackParams};

const ALL: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];
const EMPTY: &str = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

#[test]
fn an_empty_layer_is_two_zero_blocks() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("l")).unwrap();
    let packed = scratch.pack("l", Compression::None, "l.tar");
    assert_eq!(fs::read(scratch.path("l.tar")).unwrap(), [0; 1024]);
    assert_eq!((packed.diff_id.as_str(), packed.digest.as_str(), packed.size), (EMPTY, EMPTY, 1024));
}

#[test]
fn a_header_is_ustar_with_numbers_only() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("l/d")).unwrap();
    fs::set_permissions(scratch.path("l/d"), fs::Permissions::from_mode(0o755)).unwrap();
    scratch.pack("l", Compression::None, "l.tar");
    let tar = fs::read(scratch.path("l.tar")).unwrap();
    assert_eq!(tar.len(), 512 + 1024);
    assert_eq!(&tar[..3], b"d/\0");
    assert_eq!(&tar[100..108], b"0000755\0");
    assert_eq!(&tar[124..136], b"00000000000\0");
    assert_eq!(&tar[156..158], b"5\0");
    assert_eq!(&tar[257..329], [&b"ustar\x0000"[..], &[0; 64]].concat());
    assert_eq!(&tar[329..345], b"0000000\x000000000\0");
    assert_eq!(&tar[345..512], [0; 167]);
}

#[test]
fn the_same_tree_gives_the_same_bytes_however_it_was_made_and_packed() {
    for seed in 0..6 {
        let scratch = Scratch::new();
        let planned = plan(seed, true);
        for order in 0..2 {
            make(&scratch.path(&format!("l{order}")), &planned, order);
        }
        for compression in ALL {
            let blobs = [(0, 1), (1, 1), (0, 8), (1, 8)].map(|(order, threads)| {
                let target = scratch.text(&format!("{compression:?}-{order}-{threads}"));
                let layer = scratch.text(&format!("l{order}"));
                let params = PackParams { layer, compression, target: target.clone(), expected: None };
                let packed = pack_with_threads(&params, threads).unwrap();
                (packed, fs::read(target).unwrap())
            });
            assert!(blobs.iter().all(|blob| *blob == blobs[0]), "seed {seed}");
        }
    }
}

/// Bytes that do not compress, so that chunks are larger than what they hold.
fn noise(length: usize) -> Vec<u8> {
    let mut random = crate::seeded::Seeded::new(7);
    (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
}

#[test]
fn files_of_many_chunks_survive_in_every_compression() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("l")).unwrap();
    fs::write(scratch.path("l/noise"), noise(5 << 20)).unwrap();
    fs::write(scratch.path("l/zeros"), vec![0; 9 << 20]).unwrap();
    // The archive ends exactly with a chunk.
    fs::write(scratch.path("l/z-rest"), vec![b'r'; (2 << 20) - 4 * 512 - 512]).unwrap();
    let plain = scratch.pack("l", Compression::None, "none");
    assert_eq!(plain.size % (1 << 20), 0);
    for (compression, tool) in [(Compression::Gzip, "gzip"), (Compression::Zstd, "zstd")] {
        let packed = scratch.pack("l", compression, tool);
        assert_eq!(packed.diff_id, plain.diff_id);
        let blob = scratch.text(tool);
        assert_eq!(packed.size, fs::metadata(&blob).unwrap().len());
        assert_eq!(packed.digest[7..], run("sha256sum", &[&blob])[..64]);
        let unpacked = scratch.text(&format!("{tool}.tar"));
        run("sh", &["-c", &format!("{tool} -dc < {blob} | cmp - {}", scratch.text("none"))]);
        let back = scratch.apply_blob(&blob, compression, &unpacked).unwrap();
        assert_eq!(back.diff_id, plain.diff_id);
    }
    // One member, which readers that stop after the first need: what follows its ten-byte header is one deflate stream.
    let script = "import sys,zlib; d=zlib.decompressobj(31); d.decompress(open(sys.argv[1],'rb').read()); \
                  sys.exit(not d.eof or len(d.unused_data))";
    run("python3", &["-c", script, &scratch.text("gzip")]);
}

#[test]
fn what_is_packed_and_applied_is_the_same_again() {
    for seed in 100..112 {
        let scratch = Scratch::new();
        make(&scratch.path("l"), &plan(seed, true), seed);
        for compression in ALL {
            let blob = format!("{compression:?}");
            let packed = scratch.pack("l", compression, &blob);
            let target = format!("{compression:?}-t");
            let applied = scratch.apply_blob(&scratch.text(&blob), compression, &target).unwrap();
            assert_eq!(applied.diff_id, packed.diff_id);
            assert_eq!(without_whiteouts(&scratch.path(&target)), without_whiteouts(&scratch.path("l")), "seed {seed}");
            assert_eq!(paths(&scratch.path(&target)), paths(&scratch.path("l")));
        }
    }
}

/// Whiteouts have no metadata that counts.
fn without_whiteouts(root: &Path) -> Vec<String> {
    let is_whiteout = |line: &String| line.contains(" 20") && line.ends_with("device 0");
    listing(root).into_iter().filter(|line| !is_whiteout(line)).collect()
}

#[test]
fn whiteouts_are_never_hard_links_though_they_share_an_inode() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("l")).unwrap();
    super::super::whiteout::Form::Devices.make(rustix::fs::CWD, scratch.text("l/a").as_bytes()).unwrap();
    fs::hard_link(scratch.path("l/a"), scratch.path("l/b")).unwrap();
    scratch.pack("l", Compression::None, "l.tar");
    let list = run("tar", &["--numeric-owner", "--utc", "-tvf", &scratch.text("l.tar")]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines,
        [
            "---------- 0/0               0 1970-01-01 00:00 .wh.a",
            "---------- 0/0               0 1970-01-01 00:00 .wh.b"
        ]
    );
}

#[test]
fn opaque_directories_keep_their_marker() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("l/d")).unwrap();
    fs::write(scratch.path("l/d/a"), "x").unwrap();
    let directory = fs::File::open(scratch.path("l/d")).unwrap();
    super::super::whiteout::set_opaque(std::os::fd::AsFd::as_fd(&directory)).unwrap();
    scratch.pack("l", Compression::None, "l.tar");
    assert_eq!(run("tar", &["tf", &scratch.text("l.tar")]), "d/\nd/.wh..wh..opq\nd/a\n");
    scratch.apply_blob(&scratch.text("l.tar"), Compression::None, "t").unwrap();
    assert!(is_opaque(&scratch.path("t/d")));
}

#[test]
fn hard_links_name_their_first_name_relative_to_the_root() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("l/a")).unwrap();
    fs::write(scratch.path("l/z"), "x").unwrap();
    fs::hard_link(scratch.path("l/z"), scratch.path("l/a/first")).unwrap();
    fs::write(scratch.path("twin"), "x").unwrap();
    fs::hard_link(scratch.path("twin"), scratch.path("l/alone")).unwrap();
    scratch.pack("l", Compression::None, "l.tar");
    let list = run("tar", &["--numeric-owner", "-tvf", &scratch.text("l.tar")]);
    let names: Vec<&str> = list.lines().map(|line| line.split_once(':').unwrap().1.get(3..).unwrap()).collect();
    assert_eq!(names, ["a/", "a/first", "alone", "z link to a/first"]);
}

#[test]
fn sockets_are_left_out_and_names_like_whiteouts_refused() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("l/d")).unwrap();
    let _socket = UnixListener::bind(scratch.path("l/d/s")).unwrap();
    scratch.pack("l", Compression::None, "l.tar");
    assert_eq!(run("tar", &["tf", &scratch.text("l.tar")]), "d/\n");

    symlink("x", scratch.path("l/d/.wh.a")).unwrap();
    let target = scratch.text("refused");
    let params =
        PackParams { layer: scratch.text("l"), compression: Compression::Gzip, target: target.clone(), expected: None };
    let failure = pack(&params).unwrap_err();
    assert_eq!((failure.code, failure.message.contains("d/.wh.a")), ("reserved-name", true));
    assert!(!Path::new(&target).exists());
}

#[test]
fn a_layer_that_is_not_what_was_committed_is_refused() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("l/d")).unwrap();
    let target = scratch.text("blob");
    let expected = Some(EMPTY.to_owned());
    let params = PackParams { layer: scratch.text("l"), compression: Compression::None, target, expected };
    assert_eq!(pack(&params).unwrap_err().code, "layer-changed");
    assert!(!Path::new(&params.target).exists());
    fs::remove_dir(scratch.path("l/d")).unwrap();
    assert!(pack(&params).is_ok());
    assert_eq!(pack(&params).unwrap_err().errno.as_deref(), Some("EEXIST"));
}

/// Archives a file of many chunks and lets `change` at it when the first chunk is full.
fn archive_changing(change: impl Fn(&Path)) -> Result<u64, Failure> {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("l")).unwrap();
    let log = scratch.path("l/log");
    fs::write(&log, vec![b'x'; 100_000]).unwrap();
    set_mtime(rustix::fs::CWD, scratch.text("l/log").as_bytes(), Time::default()).unwrap();
    let mut changed = false;
    let sink = Box::new(move |_| {
        if !std::mem::replace(&mut changed, true) {
            change(&log);
        }
        true
    });
    write_archive(&scratch.path("l"), &mut ChunkStream::new(4096, sink))
}

#[test]
fn a_file_that_changes_while_it_is_read_is_never_packed_wrongly() {
    let open = |path: &Path| fs::OpenOptions::new().append(true).open(path).unwrap();
    let changes: [&dyn Fn(&Path); 3] =
        [&|log| open(log).write_all(b"longer").unwrap(), &|log| open(log).set_len(50_000).unwrap(), &|log| {
            fs::write(log, vec![b'y'; 100_000]).unwrap()
        }];
    for change in changes {
        let failure = archive_changing(change).unwrap_err();
        assert_eq!((failure.code, failure.message.contains("log")), ("file-changed", true));
    }
    assert!(archive_changing(|_| {}).is_ok());
}
