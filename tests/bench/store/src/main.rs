//! A fast S3 on this machine, in memory. It answers the calls of Windlass and of the peers that it is measured against,
//! and keeps versions, which `s3s-fs` does not. It prints its address and serves until it is ended.

mod contents;
mod list;
mod serve;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;

/// The access keys that are accepted: the bench's own, and the account's, which the local cloud gives its functions.
const KEYS: [&str; 2] = ["test", "000000000000"];

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut builder = S3ServiceBuilder::new(serve::Store::default());
    let mut auth = SimpleAuth::new();
    for key in KEYS {
        auth.register(key.to_owned(), "test".into());
    }
    builder.set_auth(auth);
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let service = service.clone();
        tokio::spawn(async move {
            let server = Builder::new(TokioExecutor::new());
            // A client that goes away is no matter of the server's.
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
