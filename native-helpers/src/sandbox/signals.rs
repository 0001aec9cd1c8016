//! The way of a `signal` notice to the process it is meant for.

use std::sync::{Arc, Mutex, PoisonError};

use super::assignment::Order;
use super::control::Control;

/// Signals for one run. Those that come before the sandbox listens are kept for it.
#[derive(Default)]
pub struct Signals(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: Vec<i32>,
    control: Option<Arc<Control>>,
    killed: bool,
}

impl Signals {
    /// Sends the signal `number` to the process.
    pub fn send(&self, number: i32) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.killed |= number == libc::SIGKILL;
        match &state.control {
            // A sandbox that does not listen any more has ended.
            Some(control) => drop(control.send(&Order::Signal { number }, &[])),
            None => state.waiting.push(number),
        }
    }

    /// From now on signals go to `control`, those that waited first.
    pub fn attach(&self, control: Arc<Control>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for number in std::mem::take(&mut state.waiting) {
            drop(control.send(&Order::Signal { number }, &[]));
        }
        state.control = Some(control);
    }

    /// The sandbox has ended, or is to end.
    pub fn detach(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).control = None;
    }

    /// Whether SIGKILL was sent.
    pub fn killed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).killed
    }
}
