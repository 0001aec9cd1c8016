//! What two layers say differently: each is read once for its entries and the digests of their contents, and where
//! contents differ a second time for the piece of them that does. No content is held or written; what is held of a layer
//! grows with its entries, not with its files.

mod blob;
mod content;
mod record;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::thread;

use super::joined;
use super::path::legible;
use crate::failure::Failure;
use crate::protocol::messages::{
    AttributeChange, CompareLayersParams, CompareLayersResult, EntryChange, EntryDifference, LayerBlob, LayerLimits,
};
use content::{Chunk, ContentDigests, contrast};
use record::Record;

/// A layer's entries by their clean paths.
type Records = BTreeMap<Vec<u8>, Record>;

/// Compares two layers.
///
/// Fails as `apply` does where one of them cannot be read.
pub fn compare_layers(params: &CompareLayersParams) -> Result<CompareLayersResult, Failure> {
    let CompareLayersParams { before, after, limits, most } = params;
    let [old, new] = both(before, after, |blob| read(blob, limits))?;
    let found = differing(&old, &new);
    let count = found.len() as u64;
    let most = usize::try_from(*most).unwrap_or(usize::MAX);
    let told: Vec<Pair<'_>> = found.into_iter().take(most).collect();
    let wanted: BTreeMap<&[u8], u64> =
        told.iter().filter_map(|pair| pair.parting_chunk().map(|chunk| (pair.path, chunk))).collect();
    let [old_chunks, new_chunks] =
        if wanted.is_empty() { Default::default() } else { both(before, after, |blob| chunks(blob, &wanted, limits))? };
    let differences = told.iter().map(|pair| pair.difference(&old_chunks, &new_chunks)).collect();
    let moved = if count == 0 { first_moved(&old, &new) } else { None };
    Ok(CompareLayersResult { differences, count, moved })
}

/// Does the same to both layers, side by side.
fn both<T: Send>(
    before: &LayerBlob,
    after: &LayerBlob,
    work: impl Fn(&LayerBlob) -> Result<T, Failure> + Sync,
) -> Result<[T; 2], Failure> {
    let (old, new) = thread::scope(|scope| {
        let old = scope.spawn(|| work(before));
        let new = work(after);
        (joined(old), new)
    });
    Ok([old??, new?])
}

fn read(layer: &LayerBlob, limits: &LayerLimits) -> Result<Records, Failure> {
    let mut records = Records::new();
    let mut position = 0;
    blob::each_entry(layer, limits, |path, entry, reader| {
        let digests = ContentDigests::of(entry, reader)?;
        records.insert(path, Record { entry: entry.clone(), digests, position });
        position += 1;
        Ok(())
    })?;
    Ok(records)
}

/// The chunk with each wanted number, by the path of its file. A later entry of one path takes the earlier's place.
fn chunks(layer: &LayerBlob, wanted: &BTreeMap<&[u8], u64>, limits: &LayerLimits) -> Result<Chunks, Failure> {
    let mut found = Chunks::new();
    blob::each_entry(layer, limits, |path, entry, reader| {
        if let Some(&number) = wanted.get(path.as_slice()) {
            found.insert(path, Chunk::read(number, entry, reader)?);
        }
        Ok(())
    })?;
    Ok(found)
}

type Chunks = BTreeMap<Vec<u8>, Chunk>;

/// A path, and what the layers have there; at least one has something.
struct Pair<'a> {
    path: &'a [u8],
    old: Option<&'a Record>,
    new: Option<&'a Record>,
}

fn differing<'a>(old: &'a Records, new: &'a Records) -> Vec<Pair<'a>> {
    let mut pairs: BTreeMap<&[u8], Pair<'a>> = BTreeMap::new();
    for (path, record) in old {
        if new.get(path).is_none_or(|other| !other.says_the_same(record)) {
            pairs.insert(path, Pair { path, old: Some(record), new: None });
        }
    }
    for (path, record) in new {
        match pairs.entry(path) {
            Place::Occupied(mut pair) => pair.get_mut().new = Some(record),
            Place::Vacant(place) if !old.contains_key(path) => {
                place.insert(Pair { path, old: None, new: Some(record) });
            }
            Place::Vacant(_) => {}
        }
    }
    pairs.into_values().collect()
}

impl Pair<'_> {
    /// The number of the first chunk in which two files' contents differ.
    fn parting_chunk(&self) -> Option<u64> {
        self.old?.digests.first_difference(&self.new?.digests)
    }

    fn difference(&self, old_chunks: &Chunks, new_chunks: &Chunks) -> EntryDifference {
        let (change, shown) = match (self.old, self.new) {
            (None, shown) => (EntryChange::Added, shown),
            (shown, None) => (EntryChange::Removed, shown),
            (Some(_), shown) => (EntryChange::Changed, shown),
        };
        EntryDifference {
            path: legible(self.path),
            change,
            kind: shown.map_or("", Record::kind).to_owned(),
            attributes: self.attributes(),
            content: old_chunks
                .get(self.path)
                .zip(new_chunks.get(self.path))
                .and_then(|(before, after)| contrast(before, after)),
        }
    }

    fn attributes(&self) -> Vec<AttributeChange> {
        let [mut before, mut after] = [self.old, self.new].map(|side| side.map(Record::attributes).unwrap_or_default());
        let mut names: Vec<String> = Vec::new();
        for (name, _) in before.iter().chain(&after) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let changes = names.into_iter().map(|name| {
            let [before, after] = [&mut before, &mut after]
                .map(|side| side.iter().position(|(other, _)| *other == name).map(|at| side.swap_remove(at).1));
            AttributeChange { name, before, after }
        });
        changes.filter(|change| change.before != change.after).collect()
    }
}

/// The first entry that stands elsewhere in the second of two layers with the same entries.
fn first_moved(old: &Records, new: &Records) -> Option<String> {
    let moved =
        old.iter().filter(|(path, record)| new.get(*path).is_some_and(|other| other.position != record.position));
    moved.min_by_key(|(_, record)| record.position).map(|(path, _)| legible(path))
}
