//! Locks and directories of the store, and the conversations that were written down.

use std::fs;

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
        for name in ["held", "orphaned", "half-removed"] {
            fs::create_dir(path(name)).unwrap();
            who.own(&path(name));
        }
        for name in ["held/lock", "orphaned/lock", "half-removed/rest", "file"] {
            fs::write(path(name), "").unwrap();
            who.own(&path(name));
        }
        let mut owner = Session::of(&who);
        owner.ok("lock", json!({ "path": path("held/lock"), "shared": false, "wait": false }));
        let mut sweeper = Session::of(&who);
        assert_eq!(sweeper.ok("sweep", json!({ "directory": directory.path }))["removed"], 2);
        let left = |name: &str| path(name).exists();
        // An interrupted build removes its directory beside work that still writes there, and may get as far as the lock.
        assert_eq!(["held", "orphaned", "half-removed", "file"].map(left), [true, false, false, true]);
        // The owner dies without a word.
        owner.process.kill().unwrap();
        owner.process.wait().unwrap();
        assert_eq!(sweeper.ok("sweep", json!({ "directory": directory.path }))["removed"], 1);
        assert_eq!(sweeper.ok("sweep", json!({ "directory": path("nowhere") }))["removed"], 0);
    }
}
