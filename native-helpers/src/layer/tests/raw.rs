//! Archives made byte by byte, so that they can say what no writer would.

use super::is_root;

/// A header block to be spoiled at will.
#[derive(Clone)]
pub struct Raw {
    block: [u8; 512],
    content: Vec<u8>,
}

/// An entry owned by whoever runs the tests, mode 0644 or 0755, time 1000.
pub fn entry(name: &str, kind: char) -> Raw {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let mode = if kind == '5' { 0o755 } else { 0o644 };
    Raw { block: [0; 512], content: Vec::new() }
        .put(0, name.as_bytes())
        .octal(100, 8, mode)
        .octal(108, 8, uid.into())
        .octal(116, 8, gid.into())
        .octal(124, 12, 0)
        .octal(136, 12, 1000)
        .put(156, &[kind as u8])
        .put(257, b"ustar\x0000")
}

pub fn file(name: &str, content: &str) -> Raw {
    entry(name, '0').content(content.as_bytes())
}

pub fn directory(name: &str) -> Raw {
    entry(name, '5')
}

pub fn symlink(name: &str, target: &str) -> Raw {
    entry(name, '2').put(157, target.as_bytes())
}

pub fn hard_link(name: &str, target: &str) -> Raw {
    entry(name, '1').put(157, target.as_bytes())
}

/// A pax header for the next entry.
pub fn pax(records: &[(&str, &[u8])]) -> Raw {
    entry("PaxHeaders/x", 'x').content(&pax_text(records))
}

pub fn pax_text(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let length = (1..=7).map(|digits| rest + digits).find(|length| length.to_string().len() + rest == *length);
        text.extend(format!("{} {key}=", length.unwrap()).bytes());
        text.extend(*value);
        text.push(b'\n');
    }
    text
}

impl Raw {
    pub fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.block[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub fn octal(self, at: usize, width: usize, value: u64) -> Self {
        let text = format!("{value:0digits$o}\0", digits = width - 1);
        self.put(at, text.as_bytes())
    }

    pub fn mode(self, mode: u64) -> Self {
        self.octal(100, 8, mode)
    }

    /// Sets content and size.
    pub fn content(self, content: &[u8]) -> Self {
        let mut raw = self.octal(124, 12, content.len() as u64);
        raw.content = content.to_vec();
        raw
    }

    /// Sets the size field alone.
    pub fn size(self, size: u64) -> Self {
        self.octal(124, 12, size)
    }

    /// Gives a header block the checksum that it should have.
    pub fn seal(block: &mut [u8]) {
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }

    fn bytes(mut self) -> Vec<u8> {
        Self::seal(&mut self.block);
        let mut bytes = self.block.to_vec();
        bytes.extend(&self.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

/// The archive of these entries, closed by two zero blocks.
pub fn archive(entries: impl IntoIterator<Item = Raw>) -> Vec<u8> {
    let mut bytes = open_archive(entries);
    bytes.extend([0; 1024]);
    bytes
}

/// The same without its end.
pub fn open_archive(entries: impl IntoIterator<Item = Raw>) -> Vec<u8> {
    entries.into_iter().flat_map(Raw::bytes).collect()
}

/// What an ordinary user gets for a change that only root may make.
pub fn only_root(code: &'static str) -> Option<&'static str> {
    (!is_root()).then_some(code)
}
