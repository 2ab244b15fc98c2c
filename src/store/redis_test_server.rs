//! A Redis server for unit tests.

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
    pub fn start(name: &str) -> TestServer {
        let folder = std::env::temp_dir().join(format!("miniflare-rs-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let socket = folder.join("socket");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts: npm run setup installs it");
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
