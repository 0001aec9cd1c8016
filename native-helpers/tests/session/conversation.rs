//! Written-down conversations: what is sent, and what has to come back.
//!
//! `{"send": FRAME}`, `{"sendBytes": [..]}`, `{"expect": FRAME}`, `{"expectInAnyOrder": [FRAME..]}` and `{"exit": STATUS}`
//! follow each other. A frame is
//! `{"kind", "request", "json"}` or `{"kind", "request", "text"}`. An expected object may leave fields out, and the string
//! `"*"` stands for anything. `$DIR` is a directory of the test's own.

use serde_json::{Value, json};

use crate::client::Session;
use crate::machine::Who;

pub fn hold(who: &Who, text: &str) {
    let directory = who.directory();
    let text = text.replace("$DIR", directory.path.to_str().unwrap());
    let conversation: Value = serde_json::from_str(&text).unwrap();
    let arguments: Vec<&str> =
        conversation["arguments"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let mut session = Session::start(who.command(&arguments));
    for (position, step) in conversation["steps"].as_array().unwrap().iter().enumerate() {
        let here = format!("{}, step {position}: {step}", conversation["title"]);
        if let Some(frame) = step.get("send") {
            let payload =
                frame.get("text").map_or_else(|| frame["json"].to_string(), |it| it.as_str().unwrap().to_owned());
            session.send(number(&frame["kind"]), number(&frame["request"]), payload.as_bytes());
        } else if let Some(bytes) = step.get("sendBytes") {
            session.send_raw(&bytes.as_array().unwrap().iter().map(number).collect::<Vec<u8>>());
        } else if let Some(expected) = step.get("expect") {
            let found = receive(&mut session, &here);
            assert!(agrees(expected, &found), "{here}\nfound {found}");
        } else if let Some(expected) = step.get("expectInAnyOrder").and_then(Value::as_array) {
            let mut missing = expected.clone();
            for _ in expected {
                let found = receive(&mut session, &here);
                let position = missing.iter().position(|it| agrees(it, &found));
                missing.remove(position.unwrap_or_else(|| panic!("{here}\nfound {found}")));
            }
        } else {
            assert!(session.frame().is_none(), "{here}");
            assert_eq!(session.process.wait().unwrap().code(), Some(number(&step["exit"])), "{here}");
        }
    }
}

/// The next frame in the form in which frames are written down.
fn receive(session: &mut Session, here: &str) -> Value {
    let frame = session.frame().unwrap_or_else(|| panic!("{here}: the helper is gone"));
    let payload: Value = serde_json::from_slice(&frame.payload).unwrap();
    json!({ "kind": frame.kind, "request": frame.request, "json": payload })
}

fn number<T: TryFrom<u64>>(value: &Value) -> T {
    value.as_u64().and_then(|it| T::try_from(it).ok()).unwrap_or_else(|| panic!("{value} is no such number"))
}

fn agrees(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(any), _) if any == "*" => true,
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(key, value)| found.get(key).is_some_and(|it| agrees(value, it)))
        }
        _ => expected == found,
    }
}
