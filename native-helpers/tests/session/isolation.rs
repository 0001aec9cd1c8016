//! What a process sees, and what it may do.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use serde_json::json;

use crate::rootfs::each;

#[test]
fn a_process_is_who_the_dockerfile_says() {
    each(|sandbox| {
        assert_eq!(sandbox.output("id -u; id -g; id -G; echo $HOME; umask; pwd"), "0\n0\n0\n/root\n0022\n/\n");
        let app =
            sandbox.script("id -u; id -g; id -G; echo $HOME; echo written >/dev/stdout").with("user", json!("app"));
        assert_eq!(app.output(&mut sandbox.session), "1000\n1001\n1001 55\n/home/app\nwritten\n");
        let number = sandbox.script("id -u; id -g; id -G; echo $HOME").with("user", json!("4321"));
        assert_eq!(number.output(&mut sandbox.session), "4321\n0\n0\n/\n");
        let home = sandbox.script("echo $HOME").with("env", json!(["PATH=/bin", "HOME=/elsewhere"]));
        assert_eq!(home.output(&mut sandbox.session), "/elsewhere\n");
    });
}

#[test]
fn capabilities_are_docker_s() {
    each(|sandbox| {
        let script = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status";
        let fields = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        let no_new_privileges = u8::from(sandbox.isolation == "bwrap");
        let expected = |own: &str| {
            format!(
                "CapInh: 0000000000000000 CapPrm: {own} CapEff: {own} CapBnd: 00000000a80425fb CapAmb: 0000000000000000 \
                 NoNewPrivs: {no_new_privileges} Seccomp: 2"
            )
        };
        assert_eq!(fields(&sandbox.output(script)), expected("00000000a80425fb"));
        let app = sandbox.script(script).with("user", json!("app"));
        assert_eq!(fields(&app.output(&mut sandbox.session)), expected("0000000000000000"));
    });
}

#[test]
fn set_id_programs_work_in_the_sandbox_that_auto_takes_for_users() {
    each(|sandbox| {
        sandbox.output("cat /bin/busybox > /bin/su; chmod 4755 /bin/su");
        let params =
            sandbox.command(&["su", "-c", "id -u"]).with("user", json!("app")).with("isolation", json!("auto"));
        let reply = params.in_session(&mut sandbox.session);
        assert_eq!(reply.answer.as_ref().unwrap()["isolation"], "chroot");
        assert_eq!(reply.stdout, "0\n", "{}", reply.stderr);
        let root = sandbox.script("").with("isolation", json!("auto")).in_session(&mut sandbox.session);
        assert_eq!(root.answer.unwrap()["isolation"], "bwrap");
    });
}

#[test]
fn pid_1_is_the_helper_s_and_nobody_else_is_there() {
    each(|sandbox| {
        let role = if sandbox.isolation == "bwrap" { "init" } else { "sandbox" };
        assert!(sandbox.output("cat /proc/1/cmdline").contains(role));
        let pids = sandbox.output("cd /proc; echo [0-9]*");
        assert!(pids.split_whitespace().all(|pid| pid.parse::<u32>().unwrap() < 10), "{pids}");
        let trace = sandbox.output("ls -l /proc/1/fd /proc/1/exe 2>&1 >/dev/null; echo end");
        assert!(trace.to_lowercase().contains("denied"), "pid 1 is out of reach: {trace}");
    });
}

#[test]
fn no_descriptor_leaks_in() {
    each(|sandbox| {
        // 3 is the directory that ls itself reads.
        let list = sandbox.output("ls /proc/self/fd");
        assert_eq!(list.split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    });
}

#[test]
fn mounts_of_the_machine_are_out_of_sight() {
    each(|sandbox| {
        let mounts =
            sandbox.script("cat /proc/self/mountinfo").with("files", json!([{ "path": "/etc/hosts", "content": "" }]));
        let mounts = mounts.output(&mut sandbox.session);
        for point in mounts.lines().map(|line| line.split(' ').nth(4).unwrap()) {
            let known = point == "/"
                || point == "/etc/hosts"
                || ["/proc", "/sys", "/dev"].iter().any(|it| point.starts_with(it));
            assert!(known, "{point}");
        }
        let denied = [
            "mount -t tmpfs none /tmp",
            "unshare -m true",
            "unshare -U true",
            "echo 1 > /proc/sys/kernel/panic",
            "touch /sys/x",
        ];
        for attempt in denied {
            let reply = sandbox.script(attempt).in_session(&mut sandbox.session);
            assert_ne!(reply.outcome(), json!({ "kind": "exited", "code": 0 }), "{attempt}");
        }
    });
}

#[test]
fn devices_are_few_and_new_ones_do_not_open() {
    each(|sandbox| {
        let list = sandbox.output("ls /dev");
        let known = [
            "console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
            "stdout", "tty", "urandom", "zero",
        ];
        assert!(list.lines().all(|name| known.contains(&name)), "{list}");
        let script = "echo x > /dev/null && touch /dev/shm/x && ls -ld /dev/shm && ls -l /dev/ptmx && mknod /tmp/null c 1 3 2>/dev/null; cat /tmp/null";
        let reply = sandbox.script(script).in_session(&mut sandbox.session);
        assert!(reply.stdout.contains("drwxrwxrwt") && reply.stdout.contains("pts/ptmx"), "{}", reply.stdout);
        assert_eq!(reply.outcome(), json!({ "kind": "exited", "code": 1 }), "a device of the layer's own is inert");
    });
}

#[test]
fn generated_files_are_there_for_reading_and_leave_no_trace() {
    each(|sandbox| {
        symlink("../run/resolver/resolv.conf", sandbox.root.join("etc/resolv.conf")).unwrap();
        let before = (times(&sandbox.root), times(&sandbox.root.join("etc")), names(&sandbox.root));
        let files = json!([
            { "path": "/etc/hosts", "content": "127.0.0.1 localhost buildkitsandbox\n" },
            { "path": "/etc/resolv.conf", "content": "nameserver 192.0.2.1\n" },
        ]);
        let script = "hostname; cat /etc/hosts /etc/resolv.conf; (echo x >> /etc/hosts) 2>/dev/null || echo read-only";
        assert_eq!(
            sandbox.script(script).with("files", files.clone()).output(&mut sandbox.session),
            "buildkitsandbox\n127.0.0.1 localhost buildkitsandbox\nnameserver 192.0.2.1\nread-only\n"
        );
        let app = sandbox.script("cat /etc/resolv.conf").with("files", files).with("user", json!("app"));
        assert_eq!(app.output(&mut sandbox.session), "nameserver 192.0.2.1\n");
        assert_eq!((times(&sandbox.root), times(&sandbox.root.join("etc")), names(&sandbox.root)), before);
        assert!(!sandbox.root.join("etc/hosts").exists());
    });
}

#[test]
fn a_planted_link_does_not_lead_the_clean_up_outside() {
    each(|sandbox| {
        let outside = sandbox.root.with_file_name("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("hosts"), "").unwrap();
        let script = format!("rm -rf /gen; ln -s {} /gen; echo done", outside.display());
        let run = sandbox.script(&script).with("files", json!([{ "path": "/gen/deep/hosts", "content": "x" }]));
        run.in_session(&mut sandbox.session);
        assert!(outside.join("hosts").exists());
    });
}

#[test]
fn a_root_with_links_for_mount_points_is_refused() {
    each(|sandbox| {
        symlink("/etc", sandbox.root.join("proc")).unwrap();
        let failure = sandbox.script("").in_session(&mut sandbox.session).answer.unwrap_err();
        assert_eq!(failure["code"], "mount-point-invalid");
    });
}

#[test]
fn without_network_there_is_the_loopback_interface_alone() {
    each(|sandbox| {
        let run = sandbox.script("cat /proc/net/dev").with("network", json!("none"));
        let devices = run.output(&mut sandbox.session);
        let names: Vec<_> = devices.lines().skip(2).map(|line| line.split(':').next().unwrap().trim()).collect();
        assert_eq!(names, ["lo"]);
        let up = sandbox.script("cat /proc/net/fib_trie").with("network", json!("none")).output(&mut sandbox.session);
        assert!(up.contains("127.0.0.1"), "the interface is up: {up}");
    });
}

fn times(path: &Path) -> (i64, i64) {
    let it = fs::metadata(path).unwrap();
    (it.mtime(), it.mtime_nsec())
}

fn names(path: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    names
}
