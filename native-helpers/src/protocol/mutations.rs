//! Conversations spoiled at random: each ends with messages or with an error, and nothing panics (`crate::fuzz` looks on).

use super::frame::{Kind, encode};
use crate::fuzz;
use crate::seeded::{Seeded, rounds};

/// Something of every kind of value that a message holds.
const MESSAGES: [&str; 8] = [
    r#"{"method":"hello","params":{"protocol":1}}"#,
    r#"{"method":"lock","params":{"path":"/s/locks/x","shared":true,"wait":false}}"#,
    r#"{"method":"apply","params":{"blob":"/b","compression":"gzip","growing":true,"target":"/t","limits":{"size":1,"ratio":2}}}"#,
    r#"{"method":"commit","params":{"upper":"/u","lowers":["/l1","/l2"],"epoch":-1,"process":true}}"#,
    r#"{"method":"digest","params":{"selection":{"root":"/r","sources":["a*"],"ignore":["!x"],"exclude":[],"parents":false},"ownership":true,"statCache":null}}"#,
    r#"{"method":"run","params":{"root":"/r","argv":["sh"],"env":["A=\u00e9"],"cwd":"/","user":"","isolation":"auto","network":"none","hostname":"h","files":[{"path":"/f","content":"c"}],"mounts":[{"kind":"tmpfs","target":"/t","size":5,"readOnly":true}],"stdio":"capture"}}"#,
    r#"{"kind":"grew","bytes":18446744073709551615}"#,
    r#"{"kind":"signal","number":-15}"#,
];

fn conversation() -> Vec<u8> {
    MESSAGES
        .iter()
        .zip(0..)
        .flat_map(|(message, number)| {
            let kind = if message.contains("method") { Kind::Request } else { Kind::Notice };
            encode(kind, number, message.as_bytes())
        })
        .collect()
}

fn spoil(random: &mut Seeded, sound: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..=random.below(4) {
        let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
        match random.below(6) {
            0 => bytes.truncate(at.max(1)),
            1 => drop(bytes.drain(at..(at + 9).min(bytes.len() - 1).max(at))),
            2 => bytes.splice(at..at, *b"[{\"e\":null}]").for_each(drop),
            3 => bytes[at] = b"0123456789-eE.\"\\{}[],:"[usize::try_from(random.below(22)).unwrap()],
            _ => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        }
    }
    bytes
}

#[test]
fn a_sound_conversation_is_understood() {
    assert!(fuzz::protocol(&conversation()));
}

#[test]
fn spoiled_conversations_end_with_messages_or_an_error() {
    let sound = conversation();
    let mut random = Seeded::new(4);
    let understood = (0..rounds(20_000)).filter(|_| fuzz::protocol(&spoil(&mut random, &sound))).count();
    assert!(understood > 10);
}

#[test]
fn messages_of_any_bytes_and_any_depth_are_refused() {
    let mut random = Seeded::new(5);
    for _ in 0..rounds(5000) {
        let length = random.below(300);
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        assert!(bytes.is_empty() || !fuzz::protocol(&encode(Kind::Request, 1, &bytes)));
        fuzz::protocol(&bytes);
    }
    for deep in ["[", r#"{"method":"#, r#"{"method":"lock","params":["#] {
        assert!(!fuzz::protocol(&encode(Kind::Request, 1, deep.repeat(100_000).as_bytes())));
    }
}
