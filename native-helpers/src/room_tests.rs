use super::*;
use crate::protocol::messages::Use;

struct Store(PathBuf);

impl Store {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("oci-build-room-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn at(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    fn note_use(&self, name: &str) -> bool {
        let uses = vec![Use { path: self.at(name), mark: self.at(&format!("{name}.mark")) }];
        note_use(&UseParams { room: self.at("lock"), uses }).unwrap().present == [true]
    }

    fn keep(&self, from: &str, to: &str) -> bool {
        let (mark, room) = (self.at(&format!("{to}.mark")), self.at("lock"));
        keep(&KeepParams { from: self.at(from), to: self.at(to), mark, room }).unwrap().existed
    }

    fn take(&self, names: &[&str], before: i64) -> bool {
        let paths = names.iter().map(|name| self.at(name)).collect();
        let marks = names.iter().map(|name| self.at(&format!("{name}.mark"))).collect();
        let victims = vec![Victim { paths, marks }];
        let _ = tree::remove(&self.0.join("taken"));
        let params = TakeParams { room: self.at("lock"), into: self.at("taken"), before, victims };
        take(&params).unwrap().taken == [true]
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = tree::remove(&self.0);
    }
}

#[test]
fn what_is_not_there_gets_no_mark() {
    let store = Store::new("absent");
    assert!(!store.note_use("layer"));
    assert!(!store.has("layer.mark"));
}

#[test]
fn what_was_used_or_appeared_since_is_spared_with_all_that_goes_with_it() {
    let store = Store::new("spared");
    fs::create_dir(store.at("new")).unwrap();
    assert!(!store.keep("new", "layer"));
    fs::write(store.at("blob"), "x").unwrap();
    assert!(!store.take(&["layer", "blob"], 1000));
    assert!(store.has("layer") && store.has("layer.mark") && store.has("blob"));
    assert!(store.take(&["layer", "blob"], i64::MAX));
    assert!(!store.has("layer") && !store.has("layer.mark") && !store.has("blob"));
    assert!(!store.note_use("layer"));
}

#[test]
fn a_kept_directory_that_exists_stays_and_a_kept_file_is_replaced() {
    let store = Store::new("kept");
    for name in ["one", "two"] {
        fs::create_dir(store.at(name)).unwrap();
        fs::write(store.at(&format!("{name}/file")), name).unwrap();
        fs::write(store.at(&format!("{name}.file")), name).unwrap();
    }
    assert!(!store.keep("one", "layer"));
    assert!(store.keep("two", "layer"));
    assert!(!store.has("two"));
    assert_eq!(fs::read_to_string(store.at("layer/file")).unwrap(), "one");
    assert!(!store.keep("one.file", "blob"));
    assert!(!store.keep("two.file", "blob"));
    assert_eq!(fs::read_to_string(store.at("blob")).unwrap(), "two");
}

#[test]
fn a_directory_that_may_not_be_written_to_is_taken() {
    let store = Store::new("read-only");
    fs::create_dir(store.at("layer")).unwrap();
    rustix::fs::chmod(store.at("layer"), Mode::from_raw_mode(0o555)).unwrap();
    assert!(store.take(&["layer"], i64::MAX));
    assert!(store.has("taken/2"));
}
