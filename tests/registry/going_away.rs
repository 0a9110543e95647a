//! A server that ends a connection of HTTP/2 in good order, before it has looked at a request on it, as nginx does after each
//! `keepalive_requests`: it is asked again over another.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use extreg::model::observation::PingKind;
use extreg_test_support::certs::{Ca, TlsOptions};
use rustls::{ServerConnection, StreamOwned};

use crate::kit::{client, options};

const PREFACE: usize = 24;
const FRAME_HEAD: usize = 9;
const HEADERS: u8 = 1;
const EMPTY_SETTINGS: [u8; FRAME_HEAD] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// The last stream that was looked at is none, and there was no error.
const GOAWAY: [u8; FRAME_HEAD + 8] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nDocker-Distribution-Api-Version: registry/2.0\r\n\
    Content-Length: 2\r\nConnection: close\r\n\r\n{}";

#[tokio::test]
async fn what_a_server_has_not_looked_at_is_asked_again() {
    let ca = Ca::new("Corp Root");
    let issued = ca.server(&["127.0.0.1"]);
    let (new, old) = (
        issued.server_config(),
        issued.server_config_with(&TlsOptions {
            http2: false,
            ..TlsOptions::default()
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(stream) = stream else { return };
            let config = if number == 0 { &new } else { &old };
            let tls = ServerConnection::new(Arc::clone(config)).expect("a good configuration");
            let stream = StreamOwned::new(tls, stream);
            if number == 0 {
                go_away(stream);
            } else {
                answer(stream);
            }
        }
    });
    let ping = client(&format!("127.0.0.1:{port}"), vec![], options(&[ca.pem()]))
        .ping()
        .await;
    assert_eq!(ping.kind, PingKind::Open, "{ping:?}");
}

/// Reads up to the first request and takes its leave.
fn go_away(mut stream: impl Read + Write) {
    let mut seen = Vec::new();
    while !has_request(&seen) {
        let mut piece = [0; 1024];
        match stream.read(&mut piece) {
            Ok(length @ 1..) => seen.extend_from_slice(&piece[..length]),
            _ => return,
        }
    }
    let _sent = stream.write_all(&[&EMPTY_SETTINGS[..], &GOAWAY[..]].concat());
    let _flushed = stream.flush();
    // Closed only when the client has closed, so that nothing is reset.
    let _rest = stream.read_to_end(&mut seen);
}

/// Whether there is a HEADERS frame among what a client has said.
fn has_request(seen: &[u8]) -> bool {
    let mut rest = seen.get(PREFACE..).unwrap_or_default();
    while let [high, middle, low, kind, ..] = *rest {
        if kind == HEADERS {
            return true;
        }
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        rest = rest.get(FRAME_HEAD + length..).unwrap_or_default();
    }
    false
}

fn answer(mut stream: impl Read + Write) {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        match stream.read(&mut byte) {
            Ok(1) => seen.push(byte[0]),
            _ => return,
        }
    }
    let _sent = stream.write_all(ANSWER);
    let _flushed = stream.flush();
}
