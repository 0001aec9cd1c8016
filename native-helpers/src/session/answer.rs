//! From a request to its result: which part of the helper serves what.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::Session;
use super::running::Sink;
use crate::failure::Failure;
use crate::lock::Wish;
use crate::protocol::messages::{
    HelloParams, HelloResult, LockParams, LockResult, MountResult, PROTOCOL_VERSION, Place, PublishResult,
    RemoveResult, Request, RunParams, RunResult, Storage, StorageResult, SweepResult, UnlockResult, UnmountResult,
};
use crate::sandbox::{self, Receiver, Surroundings, signals::Signals};
use crate::{directory, layer, mount, room, tree};

type Answer = Result<serde_json::Value, Failure>;

/// Serves `request`, numbered `number`, to its end.
pub fn answer(session: &Session, number: u32, request: &Request, sink: &Sink) -> Answer {
    match request {
        Request::Hello(params) => json(hello(session, params)?),
        Request::Lock(params) => json(lock(session, params)?),
        Request::Unlock(params) => session.locks.give_back(params.lock).and_then(|()| json(UnlockResult {})),
        Request::Sweep(params) => json(SweepResult { removed: directory::sweep(Path::new(&params.directory))? }),
        Request::Remove(params) => {
            let path = Path::new(&params.path);
            session.clones.forget(path);
            tree::remove(path).and_then(|()| json(RemoveResult {}))
        }
        Request::Measure(params) => json(tree::measure(Path::new(&params.path))?),
        Request::Publish(params) => {
            json(PublishResult { existed: directory::publish(Path::new(&params.from), Path::new(&params.to))? })
        }
        Request::Use(params) => json(room::note_use(params)?),
        Request::Keep(params) => json(room::keep(params)?),
        Request::Take(params) => json(room::take(params)?),
        Request::Apply(params) => json(match sink {
            Sink::Growth(growth) => layer::apply(params, Some(growth))?,
            _ => layer::apply(params, None)?,
        }),
        Request::Unpack(params) => json(layer::unpack(params)?),
        Request::Storage(params) => json(match &session.entry.obstacle {
            None => mount::storage(Path::new(&params.directory))?,
            Some(obstacle) => StorageResult { kind: Storage::Clone, reason: Some(obstacle.message.clone()) },
        }),
        Request::Mount(params) => {
            entered(session)?;
            mount::mount(params).and_then(|()| json(MountResult {}))
        }
        Request::Unmount(params) => {
            entered(session)?;
            mount::unmount(Path::new(&params.target)).and_then(|()| json(UnmountResult {}))
        }
        Request::List(params) => json(tree::list(params)?),
        Request::Digest(params) => json(tree::digest(params, &session.stat_caches)?),
        Request::Copy(params) => json(tree::copy(params)?),
        Request::ResolveOwner(params) => json(tree::resolve_owner(params)?),
        Request::MakeDirectory(params) => json(tree::make_directory(params)?),
        Request::Commit(params) => json(layer::commit(params)?),
        Request::Clone(params) => json(session.clones.make(params)?),
        Request::Compare(params) => json(session.clones.compare(params)?),
        Request::Pack(params) => json(layer::pack(params)?),
        Request::CompareLayers(params) => json(layer::compare_layers(params)?),
        Request::Run(params) => match sink {
            Sink::Signals(signals) => json(run(session, number, params, signals)?),
            _ => Err(Failure::new("protocol-error", "a run without a way for its signals")),
        },
    }
}

fn hello(session: &Session, params: &HelloParams) -> Result<HelloResult, Failure> {
    if params.protocol != PROTOCOL_VERSION {
        let message = format!("oci-build speaks protocol {}, its helper protocol {PROTOCOL_VERSION}", params.protocol);
        return Err(Failure::new("protocol-version", message)
            .with_hint("install oci-build and its helper in the same version, or unset OCI_BUILD_HELPER"));
    }
    Ok(HelloResult {
        protocol: PROTOCOL_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        place: session.entry.place,
        obstacle: session.entry.obstacle.as_ref().map(crate::namespace::obstacle::Obstacle::message),
        bwrap: session.bwrap.as_ref().map(|path| path.display().to_string()),
        pid: std::process::id(),
    })
}

fn lock(session: &Session, params: &LockParams) -> Result<LockResult, Failure> {
    let wish = Wish { shared: params.shared, wait: params.wait };
    let taken = session.locks.take(Path::new(&params.path), wish)?;
    Ok(LockResult { acquired: taken.is_some(), lock: taken.unwrap_or(0) })
}

fn run(session: &Session, number: u32, params: &RunParams, signals: &Arc<Signals>) -> Result<RunResult, Failure> {
    if session.entry.place != Place::Container {
        entered(session)?;
    }
    let receiver = Receiver { channel: Arc::clone(&session.channel), request: number };
    let surroundings = Surroundings { place: session.entry.place, bwrap: session.bwrap.as_ref(), signals, receiver };
    session.clones.watch(Path::new(&params.root), || sandbox::run(params, &surroundings))
}

/// Mounts and sandboxes need the session's namespaces.
fn entered(session: &Session) -> Result<(), Failure> {
    session.entry.obstacle.as_ref().map_or(Ok(()), |obstacle| Err(obstacle.failure()))
}

fn json(result: impl Serialize) -> Answer {
    serde_json::to_value(result).map_err(|error| Failure::new("protocol-error", error.to_string()))
}
