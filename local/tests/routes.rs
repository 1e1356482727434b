//! Paths are read as an HTTP API reads them, and what no source answers leaves a line.
#![allow(clippy::unwrap_used, reason = "tests")]
#![cfg(unix)]

mod common;

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use common::{post, report, tributary};

#[test]
fn what_an_http_api_would_not_route_is_404_with_one_line_and_no_path_in_it() {
    let log = std::env::temp_dir().join(format!("tributary-routes-{}", std::process::id()));
    let mut child = tributary()
        .args(["--port", "0"])
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let said = || {
        let mut text = String::new();
        std::fs::File::open(&log).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    while !said().contains("Stop:") {
        assert!(child.try_wait().unwrap().is_none(), "{}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
    let port = said().split_once("http://127.0.0.1:").unwrap().1.split('/').next().unwrap().parse().unwrap();
    let absent = ["/Infobip/s3cret", "//infobip/s3cret", "/s3cret", "/infobip%2Fs3cret", "/prod/infobip/s3cret"];
    for path in absent {
        assert_eq!(post(port, path, &report("m")), Some(404), "{path}");
    }
    let below =
        ["", "/", "/sms/DELIVERY", "/Kakao%20Alim/DELIVERY", "/%3Cchannel%3E/%3Cevent%3E", "/%2541", "/a%2Fb", "/%FF"];
    for path in below {
        assert_eq!(post(port, &format!("/infobip{path}"), &report("m")), Some(200), "{path}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let said = said();
    std::fs::remove_file(&log).unwrap();
    assert_eq!(said.matches("not_found").count(), absent.len(), "{said}");
    assert_eq!(said.matches("accepted").count(), below.len(), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}
