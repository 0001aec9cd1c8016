//! What a selection means: its sources, found inside its root.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::FileType;

use crate::failure::Failure;
use crate::protocol::messages::Selection;
use crate::tree::directory::{self, Meta, join};
use crate::tree::filter::Filter;
use crate::tree::glob::{Glob, Stars, has_wildcard};
use crate::tree::nearest::nearest;
use crate::tree::pattern::Patterns;
use crate::tree::resolve::{Resolution, Rest, in_root, resolve};

/// The sources of a selection in the order in which they are copied, and what is left out of them.
#[derive(Debug)]
pub struct Selected {
    pub sources: Vec<Source>,
    lists: Lists,
}

#[derive(Debug)]
struct Lists {
    ignore: Patterns,
    exclude: Patterns,
}

/// One source: named by the selection, or matched by one of its patterns.
#[derive(Debug)]
pub struct Source {
    /// The last component of its name (not of what a link leads to): what it is called inside a destination directory.
    pub name: CString,
    /// Where it really is, below the selection's root.
    pub path: Vec<u8>,
    pub kind: Kind,
    /// What of a directory's contents is meant; all of them when it is empty.
    include: Patterns,
}

#[derive(Debug)]
pub enum Kind {
    /// Its contents are meant, not the directory itself.
    Directory(OwnedFd),
    /// Anything else, by the directory that holds it and its name there.
    Leaf { parent: OwnedFd, name: CString, meta: Meta },
}

/// Finds the sources of `selection`, following symbolic links inside its root.
///
/// A pattern may match nothing, as in BuildKit, so that `COPY optional.* /` copies what there is. Fails with
/// `copy-source-missing` when a source without wildcards, or the directory in front of the first wildcard, does not exist
/// or is ignored; with `pattern-invalid` on a malformed pattern.
pub fn select(selection: &Selection) -> Result<Selected, Failure> {
    let lists = Lists { ignore: Patterns::parse(&selection.ignore)?, exclude: Patterns::parse(&selection.exclude)? };
    let root = directory::open(Path::new(&selection.root))?;
    let search = Search { root: root.as_fd(), ignore: &lists.ignore };
    let mut sources = Vec::new();
    for source in &selection.sources {
        match selection.parents {
            true => search.add_with_parents(source, &mut sources)?,
            false => search.add(source, &mut sources)?,
        }
    }
    let excluded = |source: &Source| {
        // Below a directory the walk decides; a file is its own root, so it is known by its name.
        matches!(source.kind, Kind::Leaf { .. }) && lists.exclude.dropping(source.name.to_bytes()).is_some()
    };
    sources.retain(|source| !excluded(source));
    Ok(Selected { sources, lists })
}

impl Selected {
    /// What is left out of a source.
    pub fn filter<'a>(&'a self, source: &'a Source) -> Filter<'a> {
        Filter { ignore: &self.lists.ignore, exclude: &self.lists.exclude, include: &source.include }
    }
}

struct Search<'a> {
    root: BorrowedFd<'a>,
    ignore: &'a Patterns,
}

/// How a path of a selection turned out.
enum Found {
    Source(Source),
    Missing,
    /// There, but dropped by this line of the ignore list.
    Ignored(String),
    Socket,
}

impl Search<'_> {
    fn add(&self, source: &str, sources: &mut Vec<Source>) -> Result<(), Failure> {
        let components = clamp(source);
        let wild = components.iter().position(|component| has_wildcard(component));
        let Some(wild) = wild else {
            return match self.find(components.join("/").as_bytes())? {
                Found::Source(found) => {
                    sources.push(found);
                    Ok(())
                }
                Found::Missing => Err(self.missing(source)),
                Found::Ignored(line) => {
                    Err(missing(source).with_hint(format!("it exists, but the ignore list drops it with {line:?}")))
                }
                Found::Socket => Err(missing(source).with_hint("it is a socket, which cannot be copied")),
            };
        };
        let (fixed, patterns) = components.split_at(wild);
        let globs = patterns.iter().map(|pattern| Glob::parse(pattern, Stars::Plain)).collect::<Result<Vec<_>, _>>();
        let globs = globs.map_err(|_| {
            Failure::new("pattern-invalid", format!("invalid pattern {source:?}"))
                .with_hint("write [[] for a literal [, and close every other one")
        })?;
        let from = resolve(self.root, fixed.join("/").as_bytes())?;
        let mut matches = Vec::new();
        match from.rest {
            Rest::Nothing => expand(from.directory.as_fd(), &from.path, &globs, &mut matches)?,
            Rest::Missing(_) | Rest::Blocked(_) => return Err(self.missing(&fixed.join("/"))),
            Rest::Leaf { .. } => {}
        }
        for path in matches {
            match self.find(&path)? {
                Found::Source(found) => sources.push(found),
                Found::Ignored(_) | Found::Socket => {}
                Found::Missing => {
                    return Err(missing(&in_root(&path)).with_hint("it is a symbolic link that leads to nothing"));
                }
            }
        }
        Ok(())
    }

    /// Adds what `--parents` means by a source: the tree in front of its first `/./`, else the root, and of that only what
    /// the rest matches.
    fn add_with_parents(&self, source: &str, sources: &mut Vec<Source>) -> Result<(), Failure> {
        let (pivot, rest) = source.split_once("/./").unwrap_or(("", source));
        let pattern = clamp(rest).join("/");
        let is_exact = !has_wildcard(pivot) && !has_wildcard(&pattern);
        if is_exact {
            // A missing path is told apart from one that a link leads to; the walk knows only the latter.
            self.add(&source.replacen("/./", "/", 1), &mut Vec::new())?;
        }
        let mut trees = Vec::new();
        self.add(pivot, &mut trees)?;
        for mut tree in trees {
            tree.include = Patterns::parse(std::slice::from_ref(&pattern))?;
            let filter = Filter { ignore: self.ignore, exclude: &Patterns::default(), include: &tree.include };
            match &tree.kind {
                Kind::Directory(handle) if self.selects(handle, &tree.path, filter)? => sources.push(tree),
                _ if is_exact => {
                    return Err(missing(source)
                        .with_hint("a symbolic link leads there: --parents follows links only in front of a /./"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn selects(&self, directory: &OwnedFd, path: &[u8], filter: Filter<'_>) -> Result<bool, Failure> {
        let failed = |error| Failure::io("open", in_root(path), error);
        let handle = directory::open_at(directory, c".").map_err(failed)?;
        filter.keeps_any(handle.as_fd(), &filter.start(path))
    }

    /// Says that a source is missing, and what may have been meant.
    fn missing(&self, source: &str) -> Failure {
        let path = clamp(source).join("/");
        let meant = resolve(self.root, path.as_bytes()).ok().and_then(|found| nearest(&found, self.ignore));
        match meant {
            Some(path) => missing(source).with_hint(format!("did you mean {path:?}?")),
            None => missing(source),
        }
    }

    /// Looks up one path below the root. It is ignored when the ignore list drops what it leads to or a link on the way.
    fn find(&self, path: &[u8]) -> Result<Found, Failure> {
        let Resolution { directory, path: real, rest, links } = resolve(self.root, path)?;
        let name = directory::c_name(path.rsplit(|byte| *byte == b'/').next().unwrap_or_default())?;
        let ignore = self.ignore;
        if let Some(line) = links.iter().find_map(|link| ignore.dropping(link)) {
            return Ok(Found::Ignored(line.to_owned()));
        }
        Ok(match rest {
            Rest::Missing(_) | Rest::Blocked(_) => Found::Missing,
            Rest::Leaf { meta, .. } if meta.kind == FileType::Socket => Found::Socket,
            Rest::Leaf { name: leaf, .. } => {
                let real = join(&real, leaf.to_bytes());
                let meta = directory::image_meta_at(&directory, &leaf);
                let meta = meta.map_err(|error| Failure::io("read", in_root(&real), error))?;
                match ignore.dropping(&real) {
                    Some(line) => Found::Ignored(line.to_owned()),
                    None => Found::Source(Source {
                        name,
                        path: real,
                        kind: Kind::Leaf { parent: directory, name: leaf, meta },
                        include: Patterns::default(),
                    }),
                }
            }
            Rest::Nothing => match ignore.dropping(&real).filter(|_| !real.is_empty()) {
                Some(line) if !self.keeps_any(&directory, &real)? => Found::Ignored(line.to_owned()),
                _ => Found::Source(Source {
                    name,
                    path: real,
                    kind: Kind::Directory(directory),
                    include: Patterns::default(),
                }),
            },
        })
    }

    /// True when the ignore list keeps something below the directory it drops.
    fn keeps_any(&self, directory: &OwnedFd, path: &[u8]) -> Result<bool, Failure> {
        let ignore = self.ignore;
        if !ignore.may_keep_below(&ignore.walk_to(path), path) {
            return Ok(false);
        }
        self.selects(directory, path, Filter { ignore, exclude: &Patterns::default(), include: &Patterns::default() })
    }
}

/// Adds the paths that match `globs`, one for each component, below the directory `path`, in the order of their bytes.
/// Symbolic links match but are not entered.
fn expand(directory: BorrowedFd<'_>, path: &[u8], globs: &[Glob], matches: &mut Vec<Vec<u8>>) -> Result<(), Failure> {
    let Some((glob, below)) = globs.split_first() else { return Ok(()) };
    let failed = |error| Failure::io("read", in_root(path), error);
    let handle = directory::open_at(directory, c".").map_err(failed)?;
    let names = directory::list(handle.as_fd()).map_err(failed)?;
    for name in names.into_iter().filter(|name| glob.matches(name.name.to_bytes())) {
        let child = join(path, name.name.to_bytes());
        if below.is_empty() {
            matches.push(child);
        } else if name.is_directory {
            let handle = directory::open_at(&handle, &name.name).map_err(failed)?;
            expand(handle.as_fd(), &child, below, matches)?;
        }
    }
    Ok(())
}

/// The components of a source path, clamped inside the root: `..` never leads above it.
fn clamp(source: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    for component in source.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            component => kept.push(component),
        }
    }
    kept
}

fn missing(source: &str) -> Failure {
    Failure::new("copy-source-missing", format!("{source:?}: not found"))
}
