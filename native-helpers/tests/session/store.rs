//! Locks and directories of the store, and the conversations that were written down.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::client::Session;
use crate::conversation::hold;
use crate::machine::everybody;

#[test]
fn conversations_go_as_written() {
    for who in everybody() {
        hold(&who, include_str!("conversations/protocol.json"));
        hold(&who, include_str!("conversations/locks.json"));
        hold(&who, include_str!("conversations/publish.json"));
    }
}

#[test]
fn a_sweep_takes_what_nobody_holds() {
    for who in everybody() {
        let directory = who.directory();
        let path = |name: &str| directory.path.join(name);
        for name in ["held", "orphaned", "old", "new"] {
            fs::create_dir(path(name)).unwrap();
            who.own(&path(name));
        }
        for name in ["held/lock", "orphaned/lock", "file"] {
            fs::write(path(name), "").unwrap();
            who.own(&path(name));
        }
        let past = SystemTime::now() - Duration::from_secs(120);
        fs::File::open(path("old")).unwrap().set_modified(past).unwrap();
        let mut owner = Session::of(&who);
        owner.ok("lock", json!({ "path": path("held/lock"), "shared": false, "wait": false }));
        let mut sweeper = Session::of(&who);
        assert_eq!(sweeper.ok("sweep", json!({ "directory": directory.path }))["removed"], 2);
        let left = |name: &str| path(name).exists();
        assert_eq!(["held", "orphaned", "old", "new", "file"].map(left), [true, false, false, true, true]);
        // The owner dies without a word.
        owner.process.kill().unwrap();
        owner.process.wait().unwrap();
        assert_eq!(sweeper.ok("sweep", json!({ "directory": directory.path }))["removed"], 1);
        assert_eq!(sweeper.ok("sweep", json!({ "directory": path("nowhere") }))["removed"], 0);
    }
}
