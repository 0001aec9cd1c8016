//! A file that remembers the content digests of files by what the kernel says of them, so that an unchanged file is not
//! read again.
//!
//! A record counts only when its file had not changed for longer than the file system's clock ticks before it was read
//! (the "racy git" rule): a later change then shows in the change time. It can only cost time: a cache that is damaged, of
//! another version or cannot be written counts as empty.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest, Sha256};

use crate::tree::directory::{Meta, Time};

/// A file's digest: see `hash`.
pub type FileDigest = [u8; 32];

/// The file starts with this. The last byte is the version of the format and of what a digest is made from.
const MAGIC: [u8; 8] = *b"ociStat\x01";
const RECORD: usize = 84;
const CHECKSUM: usize = 32;

/// Records that nobody needed for so many days are forgotten.
const KEEP_DAYS: u32 = 30;
/// How old a record's day may grow before it is written anew.
const REFRESH_DAYS: u32 = 7;

/// The caches that a session has loaded, by their files: a build asks for the same one at each COPY.
#[derive(Debug, Default)]
pub struct StatCaches(Mutex<HashMap<PathBuf, Arc<StatCache>>>);

impl StatCaches {
    pub fn load(&self, path: &Path) -> Arc<StatCache> {
        let mut loaded = locked(&self.0);
        if let Some(cache) = loaded.get(path) {
            return Arc::clone(cache);
        }
        let cache = Arc::new(StatCache::load(path));
        loaded.insert(path.to_owned(), Arc::clone(&cache));
        cache
    }

    /// Writes what is new in a cache, if anything, and goes on with it. What others learn meanwhile of the old one is
    /// theirs to save.
    pub fn save(&self, cache: &StatCache) {
        if let Some(grown) = cache.save() {
            locked(&self.0).insert(grown.path.clone(), Arc::new(grown));
        }
    }
}

#[derive(Debug)]
pub struct StatCache {
    path: PathBuf,
    /// Sorted by device and inode.
    known: Vec<Record>,
    fresh: Mutex<Vec<Record>>,
    today: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record {
    device: u64,
    inode: u64,
    size: u64,
    modified: Time,
    changed: Time,
    /// When it was last needed, in days since 1970.
    day: u32,
    digest: FileDigest,
}

impl StatCache {
    fn load(path: &Path) -> Self {
        let known = fs::read(path).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default();
        let today = u32::try_from(now().seconds / 86_400).unwrap_or(0);
        Self { path: path.to_owned(), known, fresh: Mutex::new(Vec::new()), today }
    }

    /// The digest of the file that `meta` describes, when it is known and the file is unchanged.
    pub fn get(&self, meta: &Meta) -> Option<FileDigest> {
        let at = self.known.binary_search_by_key(&(meta.device, meta.inode), Record::key).ok()?;
        let record = self.known.get(at).filter(|record| record.describes(meta))?;
        if record.day + REFRESH_DAYS < self.today {
            self.push(Record { day: self.today, ..*record });
        }
        Some(record.digest)
    }

    /// Remembers the digest of a file that was opened not before `began` and then had the metadata `meta`.
    pub fn remember(&self, meta: &Meta, digest: FileDigest, began: Time) {
        if is_settled(meta.changed, began) {
            let Meta { device, inode, size, modified, changed, .. } = *meta;
            self.push(Record { device, inode, size, modified, changed, day: self.today, digest });
        }
    }

    /// Writes what is new by renaming a complete file into place, and answers the cache with all of it; `None` when nothing is.
    fn save(&self) -> Option<Self> {
        let mut records = locked(&self.fresh).clone();
        if records.is_empty() {
            return None;
        }
        records.extend(self.known.iter().filter(|record| record.day + KEEP_DAYS >= self.today));
        // The sort is stable: of several records for one file the new one stays.
        records.sort_by_key(Record::key);
        records.dedup_by_key(|record| record.key());
        let temporary = temporary_name(&self.path);
        let written = fs::File::create_new(&temporary).and_then(|mut file| file.write_all(&format(&records)));
        if written.and_then(|()| fs::rename(&temporary, &self.path)).is_err() {
            let _ = fs::remove_file(&temporary);
        }
        Some(Self { path: self.path.clone(), known: records, fresh: Mutex::default(), today: self.today })
    }

    fn push(&self, record: Record) {
        locked(&self.fresh).push(record);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time by the clock that file systems stamp files with.
pub fn now() -> Time {
    let now = clock_gettime(ClockId::RealtimeCoarse);
    Time { seconds: now.tv_sec, nanoseconds: u32::try_from(now.tv_nsec).unwrap_or(0) }
}

/// True when a file that changed at `changed` would show any change made at `now` or later by another change time.
fn is_settled(changed: Time, now: Time) -> bool {
    // Whole seconds come from a file system that counts no finer (two seconds at worst); others tick 100 times a second.
    let (seconds, nanoseconds) = if changed.nanoseconds == 0 { (2, 0) } else { (0, 20_000_000) };
    let sum = changed.nanoseconds + nanoseconds;
    let end =
        Time { seconds: changed.seconds + seconds + i64::from(sum / 1_000_000_000), nanoseconds: sum % 1_000_000_000 };
    end < now
}

impl Record {
    fn key(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    fn describes(&self, meta: &Meta) -> bool {
        (self.size, self.modified, self.changed) == (meta.size, meta.modified, meta.changed)
    }

    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.device, self.inode, self.size] {
            out.extend(number.to_le_bytes());
        }
        for time in [self.modified, self.changed] {
            out.extend(time.seconds.to_le_bytes());
            out.extend(time.nanoseconds.to_le_bytes());
        }
        out.extend(self.day.to_le_bytes());
        out.extend(self.digest);
    }

    fn read(mut bytes: &[u8]) -> Option<Self> {
        let from = &mut bytes;
        Some(Self {
            device: u64::from_le_bytes(take(from)?),
            inode: u64::from_le_bytes(take(from)?),
            size: u64::from_le_bytes(take(from)?),
            modified: Time { seconds: i64::from_le_bytes(take(from)?), nanoseconds: u32::from_le_bytes(take(from)?) },
            changed: Time { seconds: i64::from_le_bytes(take(from)?), nanoseconds: u32::from_le_bytes(take(from)?) },
            day: u32::from_le_bytes(take(from)?),
            digest: take(from)?,
        })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

/// Magic, the records, and a checksum over both.
fn format(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + records.len() * RECORD + CHECKSUM);
    bytes.extend(MAGIC);
    records.iter().for_each(|record| record.write(&mut bytes));
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    bytes
}

fn parse(bytes: &[u8]) -> Option<Vec<Record>> {
    let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>()?;
    let records = body.strip_prefix(&MAGIC)?;
    if Sha256::digest(body).as_slice() != checksum || records.len() % RECORD != 0 {
        return None;
    }
    records.chunks_exact(RECORD).map(Record::read).collect()
}

fn temporary_name(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.{count}", std::process::id()));
    PathBuf::from(name)
}
