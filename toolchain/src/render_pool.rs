//! Several render servers, shared by threads.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use crate::render::{RenderError, RenderRequest, Rendered, Renderer};
use crate::render_server::RenderServer;

/// A fixed number of render servers; a thread that finds all of them busy waits for one.
#[derive(Debug)]
pub struct RenderPool {
    idle: Mutex<Vec<RenderServer>>,
    returned: Condvar,
    /// What [`RenderServer::kinds`] told; it never changes.
    kinds: OnceLock<Vec<String>>,
}

impl RenderPool {
    /// A pool of `jobs` servers (at least one) run from the given executable. Each starts when it is first needed.
    pub fn new(program: impl Into<PathBuf>, jobs: usize) -> Self {
        let program = program.into();
        let idle = (0..jobs.max(1))
            .map(|_| RenderServer::new(program.clone()))
            .collect();
        Self {
            idle: Mutex::new(idle),
            returned: Condvar::new(),
            kinds: OnceLock::new(),
        }
    }

    /// As [`RenderServer::deterministic`], for all servers.
    #[must_use]
    pub fn deterministic(self, deterministic: bool) -> Self {
        let servers = self
            .idle
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let servers = servers
            .into_iter()
            .map(|server| server.deterministic(deterministic))
            .collect();
        Self {
            idle: Mutex::new(servers),
            returned: Condvar::new(),
            kinds: OnceLock::new(),
        }
    }

    /// As [`RenderServer::kinds`], asked once.
    ///
    /// # Errors
    /// As [`RenderServer::kinds`].
    pub fn kinds(&self) -> Result<Vec<String>, RenderError> {
        if let Some(known) = self.kinds.get() {
            return Ok(known.clone());
        }
        let kinds = self.with(RenderServer::kinds)?;
        Ok(self.kinds.get_or_init(|| kinds).clone())
    }

    /// Lends a server for the time of a call, as soon as one is idle.
    pub fn with<T>(&self, work: impl FnOnce(&mut RenderServer) -> T) -> T {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let server = loop {
            if let Some(server) = idle.pop() {
                break server;
            }
            let woken = self.returned.wait(idle);
            idle = woken.unwrap_or_else(PoisonError::into_inner);
        };
        drop(idle);
        let mut lent = Lent {
            pool: self,
            server: Some(server),
        };
        // Always there: only `drop` takes it out.
        match &mut lent.server {
            Some(server) => work(server),
            None => unreachable!("a lent server is given back only when it is dropped"),
        }
    }
}

/// Gives the server back even when the work panics, so that no other thread waits for ever.
struct Lent<'a> {
    pool: &'a RenderPool,
    server: Option<RenderServer>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(server);
            self.pool.returned.notify_one();
        }
    }
}

impl Renderer for &RenderPool {
    fn render(&mut self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.with(|server| server.render(request))
    }
}
