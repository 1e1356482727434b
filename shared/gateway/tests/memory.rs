//! The memory of the largest requests, in a process of its own: what a function of 256 MB has to spare.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Write;

use common::{Bench, Proof, SECRET};
use http::{HeaderValue, StatusCode};

/// Bytes of the body that Lambda hands over at most.
const LARGEST: usize = 6 << 20;

/// The most memory this process ever had, MiB.
fn peak_mib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
}

fn reports() -> Vec<u8> {
    let mut body = br#"{"results":["#.to_vec();
    let mut number = 0;
    while body.len() < LARGEST - 400 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            body,
            r#"{comma}{{"bulkId":"b","messageId":"m-{number}","to":"3859100{number:05}","sentAt":"2026-11-21T09:30:00.000+0000","doneAt":"2026-11-21T09:30:02.000+0000","smsCount":1,"callbackData":"order-{number}-{}","price":{{"pricePerMessage":0.01,"currency":"EUR"}},"status":{{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET","description":"Message delivered to handset"}},"error":{{"groupId":0,"groupName":"OK","id":0,"name":"NO_ERROR","permanent":false}}}}"#,
            "x".repeat(200),
        )
        .unwrap();
        number += 1;
    }
    body.extend_from_slice(b"]}");
    body
}

#[test]
fn the_largest_bodies_fit_into_half_of_a_functions_memory() {
    let send = |what: &str, body: &[u8], encoding: &'static str| {
        // The journal and the queue of a real world are not in this process's memory: a new world each time.
        let bench = Bench::new(tributary_normalize::INFOBIP, Proof::Header);
        let mut request = Proof::Header.request("infobip", SECRET, body, 0);
        request.headers_mut().insert("content-encoding", HeaderValue::from_static(encoding));
        let (response, summary) = bench.send(request);
        assert_eq!(response.status(), StatusCode::OK, "{what}");
        println!(
            "{what}: {} events, {} kept, peak {} MiB",
            summary.accepted.new,
            summary.accepted.quarantined,
            peak_mib()
        );
        summary.accepted
    };
    let noise: Vec<u8> = (0..LARGEST as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8).collect();
    assert_eq!(send("no text", &noise, "identity").quarantined, 1);
    assert_eq!(send("deep", &"[".repeat(LARGEST).into_bytes(), "identity").quarantined, 1);
    assert_eq!(send("no gzip", &noise, "gzip").quarantined, 1);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..512 {
        gzip.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    assert_eq!(send("a bomb", &gzip.finish().unwrap(), "gzip").quarantined, 1);
    // Twelve thousand reports, as a vendor's largest batch a hundredfold. What the world in memory keeps of them counts
    // too, so the real function needs less.
    assert!(send("reports", &reports(), "identity").new > 8_000);
    assert!(peak_mib() < 128, "{} MiB", peak_mib());
}
