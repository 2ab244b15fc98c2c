//! A Redis server for unit tests.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tokio::runtime::Handle;

/// A server of the test's own, on a socket in a folder that goes with it.
pub struct TestServer {
    folder: PathBuf,
    process: Child,
    pub background: Handle,
}

impl TestServer {
    /// Starts a server, and returns when it accepts connections.
    pub fn start(name: &str) -> TestServer {
        let folder = std::env::temp_dir().join(format!("miniflare-rs-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let socket = folder.join("socket");
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server starts: npm run setup installs it");
        wait_until_ready(&mut process);
        let (sender, handle) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime starts");
            sender.send(runtime.handle().clone()).expect("the test waits for it");
            runtime.block_on(std::future::pending::<()>());
        });
        let background = handle.recv().expect("the background thread starts");
        TestServer {
            folder,
            process,
            background,
        }
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("socket").display())
    }

    pub fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Reads the server's log until it says that the socket is open, and the rest on a thread, so that the pipe never fills.
fn wait_until_ready(process: &mut Child) {
    let log = process.stdout.take().expect("its log is a pipe");
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let is_ready = lines.any(|line| line.to_lowercase().contains("ready to accept connections"));
    assert!(is_ready, "redis-server ended before it accepted connections");
    std::thread::spawn(move || lines.for_each(drop));
}
