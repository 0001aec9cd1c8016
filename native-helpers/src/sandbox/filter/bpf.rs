//! Classic BPF as seccomp understands it: a list of tests over the call's number, architecture and arguments.

use crate::sys::seccomp::Instruction;

/// What becomes of a call.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    Allow,
    Errno(i32),
    /// A supervisor decides.
    Notify,
}

/// A word of `struct seccomp_data`.
#[derive(Debug, Clone, Copy)]
pub enum Field {
    Number,
    Architecture,
    /// The lower half of an argument; the kernel ignores the upper half of the flags and numbers that are tested here.
    Argument(u8),
}

// Operation codes of linux/filter.h and linux/bpf_common.h.
const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_ABOVE: u16 = 0x25;
const JUMP_BITS: u16 = 0x45;
const RETURN: u16 = 0x06;

/// Collects tests, in the order in which they are made. Between two tests the call's number is loaded.
#[derive(Default)]
pub struct Builder(Vec<Instruction>);

impl Builder {
    /// The verdict for calls whose `field` is not `value`.
    pub fn unless(&mut self, field: Field, value: u32, verdict: Verdict) {
        self.load(field);
        self.push(JUMP_EQUAL, value, 1, 0);
        self.answer(verdict);
        self.load(Field::Number);
    }

    /// The verdict for calls whose `field` is above `value`.
    pub fn above(&mut self, field: Field, value: u32, verdict: Verdict) {
        self.load(field);
        self.push(JUMP_ABOVE, value, 0, 1);
        self.answer(verdict);
        self.load(Field::Number);
    }

    /// The verdict for the call `number`.
    pub fn call(&mut self, number: i64, verdict: Verdict) {
        self.push(JUMP_EQUAL, call_number(number), 0, 1);
        self.answer(verdict);
    }

    /// The verdict for the call `number` when `argument` has any of `bits`.
    pub fn call_with_bits(&mut self, number: i64, argument: u8, bits: u32, verdict: Verdict) {
        self.push(JUMP_EQUAL, call_number(number), 0, 4);
        self.load(Field::Argument(argument));
        self.push(JUMP_BITS, bits, 0, 1);
        self.answer(verdict);
        self.load(Field::Number);
    }

    /// The verdict for the call `number` when `argument` is one of `values`.
    pub fn call_with_values(&mut self, number: i64, argument: u8, values: &[u32], verdict: Verdict) {
        for &value in values {
            self.push(JUMP_EQUAL, call_number(number), 0, 4);
            self.load(Field::Argument(argument));
            self.push(JUMP_EQUAL, value, 0, 1);
            self.answer(verdict);
            self.load(Field::Number);
        }
    }

    /// The whole program; `otherwise` is for calls that met no test.
    pub fn finish(mut self, otherwise: Verdict) -> Vec<Instruction> {
        self.answer(otherwise);
        self.0
    }

    fn load(&mut self, field: Field) {
        let offset = match field {
            Field::Number => 0,
            Field::Architecture => 4,
            Field::Argument(position) => {
                let upper_half_first = if cfg!(target_endian = "big") { 4 } else { 0 };
                16 + 8 * u32::from(position) + upper_half_first
            }
        };
        self.push(LOAD, offset, 0, 0);
    }

    fn answer(&mut self, verdict: Verdict) {
        let value = match verdict {
            Verdict::Allow => libc::SECCOMP_RET_ALLOW,
            Verdict::Notify => libc::SECCOMP_RET_USER_NOTIF,
            Verdict::Errno(errno) => libc::SECCOMP_RET_ERRNO | errno as u32,
        };
        self.push(RETURN, value, 0, 0);
    }

    fn push(&mut self, code: u16, k: u32, jt: u8, jf: u8) {
        self.0.push(Instruction { code, jt, jf, k });
    }
}

/// Call numbers fit in 32 bits; one that did not would match nothing.
fn call_number(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What the kernel would answer: an interpreter of the few operations that are used here.
#[cfg(test)]
pub fn evaluate(program: &[Instruction], architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let mut data = Vec::new();
    data.extend(number.to_ne_bytes());
    data.extend(architecture.to_ne_bytes());
    data.extend(0_u64.to_ne_bytes());
    data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        at += 1;
        let jump = |taken: bool| usize::from(if taken { jt } else { jf });
        match code {
            LOAD => accumulator = u32::from_ne_bytes(data[k as usize..][..4].try_into().unwrap()),
            JUMP_EQUAL => at += jump(accumulator == k),
            JUMP_ABOVE => at += jump(accumulator > k),
            JUMP_BITS => at += jump(accumulator & k != 0),
            RETURN => return k,
            other => panic!("operation {other:#x}"),
        }
    }
}
