//! Every seed and every input of the corpus, without a fuzzer.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use tributary_fuzz::source;

/// The inputs in a folder; none where it is missing.
fn inputs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
    paths.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// The bytes of a line of a corpus.
fn unhex(line: &str) -> Vec<u8> {
    (0..line.len() / 2).map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn replay(target: &str, check: impl Fn(&[u8])) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{target}.hex"));
    let corpus = std::fs::read_to_string(path).unwrap();
    assert!(corpus.lines().count() > 100);
    for line in corpus.lines() {
        println!("{line}");
        check(&unhex(line));
    }
}

/// The fixtures of a source as inputs, as seeds.py writes them.
fn fixtures(source: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/normalize/src").join(source).join("fixtures");
    let with_head = |(path, body): (String, Vec<u8>)| {
        let stem = Path::new(&path).file_stem().unwrap().to_str().unwrap().to_owned();
        let route = stem.rsplit_once('.').map_or("", |(route, _)| route).replace('.', "/");
        let form = if path.ends_with(".form") { " application/x-www-form-urlencoded" } else { "" };
        (path, [format!("{route}{form}\n").as_bytes(), &body].concat())
    };
    inputs(&folder).into_iter().map(with_head).collect()
}

macro_rules! sources {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            let fixtures = fixtures(stringify!($name));
            assert!(fixtures.len() > 30);
            for (path, input) in fixtures {
                println!("{path}");
                source::check(stringify!($name), &input);
            }
            replay(stringify!($name), |input| source::check(stringify!($name), input));
        }
    )*};
}

sources!(altcraft, carrotquest, channeltalk, infobip, karte);

#[cfg(feature = "gateway")]
#[test]
fn gateway() {
    replay("gateway", tributary_fuzz::gateway::check);
}
