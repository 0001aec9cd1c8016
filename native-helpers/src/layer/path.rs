//! Names of layer entries: bytes relative to the layer's root, without `.`, `..`, doubled or trailing slashes; the
//! root itself is the empty path.

use crate::failure::Failure;

/// Four times the kernel's limit for a path in one system call (PATH_MAX), which is no limit for paths that are walked.
/// It bounds the depth of a tree, and with that the memory and the system calls that one entry may cost.
pub const LONGEST: usize = 16 << 10;

/// Cleans an entry name or hard link target as Docker does: a leading slash means the layer's root, `a/../b` is `b`,
/// and a name that leaves the root is refused.
pub fn clean(name: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in components(name) {
        if component == b".." {
            if kept.pop().is_none() {
                return Err(Failure::new("layer-malformed", format!("the entry {} leaves the layer", shown(name))));
            }
        } else {
            kept.push(component);
        }
    }
    let path = kept.join(&b'/');
    if path.contains(&0) {
        return Err(Failure::new("layer-malformed", format!("the entry name {} contains a NUL byte", shown(name))));
    }
    if path.len() > LONGEST {
        return Err(too_long(&path));
    }
    Ok(path)
}

pub fn too_long(path: &[u8]) -> Failure {
    let start = shown(path.get(..64).unwrap_or(path));
    Failure::new("layer-malformed", format!("the path {start}… is longer than {LONGEST} bytes"))
}

/// The components of a path, without empty ones and `.`.
pub fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|component| !component.is_empty() && *component != b".")
}

/// The parent directory's path and the last component.
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()),
        None => (&[], path),
    }
}

pub fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    if parent.is_empty() { name.to_vec() } else { [parent, name].join(&b'/') }
}

/// Whether `path` is `ancestor` or lies beneath it.
pub fn is_within(path: &[u8], ancestor: &[u8]) -> bool {
    match path.strip_prefix(ancestor) {
        Some(rest) => rest.is_empty() || ancestor.is_empty() || rest.starts_with(b"/"),
        None => false,
    }
}

/// A path for a message: what a terminal would obey is escaped.
pub fn shown(path: &[u8]) -> String {
    if path.is_empty() {
        return "/".to_owned();
    }
    let mut text = String::new();
    for character in String::from_utf8_lossy(path).chars() {
        if character.is_control() { text.extend(character.escape_default()) } else { text.push(character) }
    }
    text
}

/// Bytes as text that nobody can mistake: `\xNN` for each that is no printable UTF-8, and for the backslash.
pub fn legible(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || character == '\\' {
                character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
            } else {
                text.push(character);
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}
