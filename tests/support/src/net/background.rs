//! A thread with a runtime of its own, so that synchronous tests can use asynchronous servers.

use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// What runs there; dropping it ends all of it and closes every connection.
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts the thread; `spawn` is called on it and may use `tokio::spawn`.
    pub(crate) fn start(spawn: impl FnOnce() + Send + 'static) -> Self {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("test-server".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async move {
                    spawn();
                    // An error means that the handle is gone, which is a stop as well.
                    stopped.await.ok();
                });
                runtime.shutdown_background();
            })
            .expect("a thread");
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed there; the test sees connections refused.
            thread.join().ok();
        }
    }
}
