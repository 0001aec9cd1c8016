//! Records of pax extended headers: `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record in decimal.

use std::collections::BTreeMap;

use super::Time;

/// Keys with their values; a later record replaces an earlier one. An empty value takes the key back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records(BTreeMap<Vec<u8>, Vec<u8>>);

impl Records {
    /// Reads a whole extended header; the error says what is wrong with it.
    pub fn parse(mut text: &[u8]) -> Result<Self, &'static str> {
        let mut records = BTreeMap::new();
        let mut map = Vec::new();
        while !text.is_empty() {
            let (key, value, rest) = parse_record(text)?;
            match key {
                // The oldest form of sparse maps repeats its keys; the next one has the same numbers in one record.
                b"GNU.sparse.offset" if map.len() % 2 == 0 => map.push(value),
                b"GNU.sparse.numbytes" if map.len() % 2 == 1 => map.push(value),
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => return Err("a sparse map out of order"),
                _ => drop(records.insert(key.to_vec(), value.to_vec())),
            }
            text = rest;
        }
        if !map.is_empty() {
            records.insert(b"GNU.sparse.map".to_vec(), map.join(&b','));
        }
        Ok(Self(records))
    }

    /// The record called `key`, unless it is missing or empty.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key.as_bytes()).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    pub fn insert(&mut self, key: &[u8], value: Vec<u8>) {
        self.0.insert(key.to_vec(), value);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the records of `later`, which win.
    pub fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// The keys that begin with `prefix`, cut by it, with their values. Empty values count here: an extended attribute
    /// may well be empty.
    pub fn with_prefix<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_slice())))
    }

    /// The extended header's bytes, keys in byte order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (key, value) in &self.0 {
            // A space, an equals sign and a newline; the length counts its own digits too.
            let rest = key.len() + value.len() + 3;
            let mut length = rest + 1;
            while rest + decimal_digits(length) != length {
                length = rest + decimal_digits(length);
            }
            text.extend_from_slice(length.to_string().as_bytes());
            text.push(b' ');
            text.extend_from_slice(key);
            text.push(b'=');
            text.extend_from_slice(value);
            text.push(b'\n');
        }
        text
    }
}

fn decimal_digits(number: usize) -> usize {
    number.to_string().len()
}

type Record<'a> = (&'a [u8], &'a [u8], &'a [u8]);

fn parse_record(text: &[u8]) -> Result<Record<'_>, &'static str> {
    let space = text.iter().take(8).position(|&byte| byte == b' ').ok_or("a record without a length")?;
    let length = text.get(..space).and_then(parse_decimal).ok_or("a record with a wrong length")?;
    let length = usize::try_from(length).map_err(|_| "a record with a wrong length")?;
    let (record, rest) = text.split_at_checked(length).ok_or("a record that is longer than its header")?;
    let body = record
        .get(space + 1..)
        .and_then(|body| body.strip_suffix(b"\n"))
        .ok_or("a record that does not end where its length says")?;
    let equals = body.iter().position(|&byte| byte == b'=').ok_or("a record without a value")?;
    let (key, value) = (body.get(..equals).unwrap_or_default(), body.get(equals + 1..).unwrap_or_default());
    if key.is_empty() || key.contains(&0) {
        return Err("a record without a proper key");
    }
    Ok((key, value, rest))
}

/// Digits only: no sign, no space, at least one.
pub fn parse_decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A time: decimal seconds, perhaps negative, perhaps with a fraction. Digits beyond nanoseconds are cut.
pub fn parse_time(text: &[u8]) -> Option<Time> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let dot = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let whole = i64::try_from(parse_decimal(text.get(..dot)?)?).ok()?;
    let fraction = text.get(dot + 1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nanoseconds = fraction.iter().chain(std::iter::repeat(&b'0')).take(9);
    let nanoseconds = nanoseconds.fold(0, |sum: u32, digit| sum * 10 + u32::from(digit - b'0'));
    Some(match (negative, nanoseconds) {
        (false, _) => Time { seconds: whole, nanoseconds },
        (true, 0) => Time { seconds: -whole, nanoseconds: 0 },
        (true, _) => Time { seconds: -whole - 1, nanoseconds: 1_000_000_000 - nanoseconds },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn records_count_their_own_length_digits() {
        for length in [0, 1, 85, 86, 87, 88, 89, 90, 91, 92, 985, 986, 987, 988, 989, 990] {
            let mut records = Records::default();
            records.insert(b"path", vec![b'x'; length]);
            records.insert(b"SCHILY.xattr.user.a=b".split(|&b| b == b'=').next().unwrap(), b"a\0=\n".to_vec());
            assert_eq!(Records::parse(&records.to_bytes()), Ok(records), "{length}");
        }
    }

    #[test]
    fn the_posix_example_is_one_record() {
        let records = Records::parse(b"25 ctime=1084839148.1212\n").unwrap();
        assert_eq!(records.get("ctime"), Some(&b"1084839148.1212"[..]));
    }

    #[test]
    fn malformed_records_are_refused() {
        for text in [
            &b"path=x\n"[..],
            b"9 path=x\n\n",
            b"999999 path=x\n",
            b"99999999999 path=x\n",
            b"-9 path=x\n",
            b"+9 path=x\n",
            b"0 \n",
            b"9 path=x",
            b"9 pathxx\n",
            b"5 =x\n",
            b"10 pa\0th=x\n",
            b"7 a=1\n\0\0",
        ] {
            assert!(Records::parse(text).is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn times_are_rounded_down_to_seconds_with_nanoseconds_on_top() {
        for (text, time) in [
            (&b"0"[..], Some((0, 0))),
            (b"1.5", Some((1, 500_000_000))),
            (b"1.", Some((1, 0))),
            (b"1.0000000019", Some((1, 1))),
            (b"-1", Some((-1, 0))),
            (b"-1.25", Some((-2, 750_000_000))),
            (b"-0.5", Some((-1, 500_000_000))),
            (b"", None),
            (b".5", None),
            (b"1.x", None),
            (b"1e3", None),
            (b"99999999999999999999", None),
        ] {
            let expected = time.map(|(seconds, nanoseconds)| Time { seconds, nanoseconds });
            assert_eq!(parse_time(text), expected, "{}", text.escape_ascii());
        }
    }
}
