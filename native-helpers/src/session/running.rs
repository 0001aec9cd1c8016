//! The requests that are being served, and where their notices go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::protocol_error;
use crate::failure::Failure;
use crate::layer::Growth;
use crate::protocol::messages::{ApplyNotice, Request, RunNotice};
use crate::sandbox::signals::Signals;

/// Who listens to the notices of a request.
#[derive(Clone)]
pub enum Sink {
    Growth(Arc<Growth>),
    Signals(Arc<Signals>),
    Nobody,
}

impl Sink {
    pub fn of(request: &Request) -> Self {
        match request {
            Request::Apply(params) if params.growing => Self::Growth(Growth::new()),
            Request::Run(_) => Self::Signals(Arc::default()),
            _ => Self::Nobody,
        }
    }

    fn hear(&self, payload: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Growth(growth) => match parse(payload)? {
                ApplyNotice::Grew { bytes } => growth.grew(bytes),
                ApplyNotice::Complete { bytes } => growth.complete(bytes),
                ApplyNotice::Abandoned {} => growth.abandoned(),
            },
            Self::Signals(signals) => {
                let RunNotice::Signal { number } = parse(payload)?;
                signals.send(number);
            }
            Self::Nobody => return Err(protocol_error("this request takes no notices")),
        }
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(payload).map_err(|error| protocol_error(format!("cannot read the notice: {error}")))
}

/// The running requests by number.
#[derive(Default)]
pub struct Running(Mutex<HashMap<u32, Sink>>);

impl Running {
    /// Notes a request before it is served, so that a notice that follows at once finds it.
    pub fn add(&self, number: u32, sink: Sink) -> Result<Sink, Failure> {
        let mut running = self.lock();
        if running.contains_key(&number) {
            return Err(protocol_error(format!("request {number} is still running")));
        }
        running.insert(number, sink.clone());
        Ok(sink)
    }

    pub fn remove(&self, number: u32) {
        self.lock().remove(&number);
    }

    /// Passes a notice on. One for a request that has just ended crossed the answer on its way and is dropped.
    pub fn notify(&self, number: u32, payload: &[u8]) -> Result<(), Failure> {
        let sink = self.lock().get(&number).cloned();
        sink.map_or(Ok(()), |sink| sink.hear(payload))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Sink>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
