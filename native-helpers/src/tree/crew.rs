//! A crew of threads that works off a stack of jobs, where jobs bring forth jobs.

use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::failure::Failure;

/// More threads than this wait for the disk and for each other.
const MAX_THREADS: usize = 8;

/// Runs `task` on every job of `first` and on every job that tasks add, on the available CPUs, the newest job first.
///
/// Answers the first failure; jobs not begun by then are dropped.
pub fn work<J: Send>(
    first: Vec<J>,
    task: impl Fn(J, &mut Vec<J>) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    let crew = Crew { state: Mutex::new(State { jobs: first, busy: 0, failure: None }), changed: Condvar::new() };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    thread::scope(|scope| {
        for _ in 1..threads {
            // One thread fewer is no failure: this one works anyway.
            let _ = thread::Builder::new().spawn_scoped(scope, || crew.serve(&task));
        }
        crew.serve(&task);
    });
    let state = crew.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.failure.map_or(Ok(()), Err)
}

struct Crew<J> {
    state: Mutex<State<J>>,
    changed: Condvar,
}

struct State<J> {
    jobs: Vec<J>,
    /// How many threads are at work and may still add jobs.
    busy: usize,
    failure: Option<Failure>,
}

impl<J> Crew<J> {
    fn serve(&self, task: &impl Fn(J, &mut Vec<J>) -> Result<(), Failure>) {
        let mut more = Vec::new();
        while let Some(job) = self.next() {
            let result = task(job, &mut more);
            let mut state = self.lock();
            state.busy -= 1;
            match result {
                Ok(()) if state.failure.is_none() => state.jobs.append(&mut more),
                Ok(()) => {}
                Err(failure) => {
                    state.failure.get_or_insert(failure);
                    state.jobs.clear();
                }
            }
            self.changed.notify_all();
        }
    }

    /// The newest job; waits while there is none but others may add some. `None` when all is done.
    fn next(&self) -> Option<J> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop() {
                state.busy += 1;
                return Some(job);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn jobs_that_jobs_add_are_done_too() {
        let done = AtomicU32::new(0);
        let result = work(vec![10_u32], |depth, more| {
            done.fetch_add(1, Ordering::Relaxed);
            more.extend((0..2).filter(|_| depth > 0).map(|_| depth - 1));
            Ok(())
        });
        assert_eq!((result, done.into_inner()), (Ok(()), 2047));
    }

    #[test]
    fn a_failure_ends_the_work() {
        let result = work((0..1000).collect(), |job, _| match job {
            500 => Err(Failure::new("io-error", "five hundred")),
            _ => Ok(()),
        });
        assert_eq!(result.map_err(|failure| failure.message), Err("five hundred".to_owned()));
    }
}
