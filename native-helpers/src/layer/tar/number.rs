//! Numbers in tar headers: octal text, or for what does not fit, GNU's base-256.

/// Reads a numeric field. Empty means zero; `None` is a field that holds something else.
pub fn parse(field: &[u8]) -> Option<i64> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => parse_base256(field),
        _ => parse_octal(field),
    }
}

/// Big-endian two's complement; the top bit of the first byte only marks the form.
fn parse_base256(field: &[u8]) -> Option<i64> {
    let negative = field.first()? & 0x40 != 0;
    let mut value: i128 = if negative { -1 } else { 0 };
    for (index, &byte) in field.iter().enumerate() {
        let digit = if index > 0 {
            byte
        } else if negative {
            byte | 0x80
        } else {
            byte & 0x7f
        };
        value = (value << 8) | i128::from(digit);
        if i64::try_from(value).is_err() {
            return None;
        }
    }
    i64::try_from(value).ok()
}

fn parse_octal(field: &[u8]) -> Option<i64> {
    let blank = |byte: &u8| *byte == b' ' || *byte == 0;
    let start = field.iter().position(|byte| !blank(byte)).unwrap_or(field.len());
    let digits = field.get(start..)?;
    let length = digits.iter().position(|byte| blank(byte)).unwrap_or(digits.len());
    let mut value: i64 = 0;
    for &byte in digits.get(..length)? {
        if !(b'0'..=b'7').contains(&byte) {
            return None;
        }
        value = value.checked_mul(8)?.checked_add(i64::from(byte - b'0'))?;
    }
    Some(value)
}

/// Writes `value` as zero-padded octal with a closing NUL, or answers false, leaving zeros, when it does not fit.
pub fn write_octal(field: &mut [u8], value: u64) -> bool {
    let Some((last, digits)) = field.split_last_mut() else { return false };
    *last = 0;
    let bits = u32::try_from(digits.len() * 3).unwrap_or(u32::MAX);
    let fits = bits >= u64::BITS || value >> bits == 0;
    let mut rest = if fits { value } else { 0 };
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest & 7).unwrap_or(0);
        rest >>= 3;
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_fields_are_read_with_any_padding() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"    644 ", Some(0o644)),
            (b"644\0junk", Some(0o644)),
            (b"\0\0\0\0", Some(0)),
            (b"        ", Some(0)),
            (b"77777777777\0", Some(0o77_777_777_777)),
            (b"0x10", None),
            (b"-1\0", None),
            (b"8\0", None),
        ] {
            assert_eq!(parse(field), value, "{field:?}");
        }
    }

    #[test]
    fn base_256_fields_carry_large_and_negative_numbers() {
        for (field, value) in [
            (&b"\x80\0\0\0\0\0\0\0\0\x20\0\0"[..], Some(0x20_0000)),
            (b"\x80\0\0\0\0\x04\0\0\0\0\0\0", Some(4 << 48)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0", Some(-256)),
            (b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ] {
            assert_eq!(parse(field), value, "{field:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut field = [b'x'; 12];
        assert!(write_octal(&mut field, 0o77_777_777_777));
        assert_eq!(parse(&field), Some(0o77_777_777_777));
        assert!(!write_octal(&mut field, 1 << 33));
        assert_eq!(parse(&field), Some(0));
    }
}
