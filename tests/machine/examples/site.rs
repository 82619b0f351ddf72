//! Measures how long a large site takes, and how much memory. It runs whole deployments of a site alone over the
//! in-memory world: a first release, and one in which 1 % of the files changed. It reports state by state, and names
//! each by the state that comes next. The world keeps no bytes of the site's files, only what S3 lists of them; that
//! counts as memory of the state that made it. Seconds are of one core, without network.
//!
//! `cargo run --release -p windlass-machine --example site [files] [bytes of a file] [mode]`

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use windlass_domain::text::digest::Digest;
use windlass_machine::core_time::on_core;
use windlass_machine::program::Program;
use windlass_machine::shop::Shop;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The unit of the memory figures, in bytes.
const MIB: u64 = 1024 * 1024;

fn main() -> ExitCode {
    let mut asked = std::env::args().skip(1);
    let mut number = |default| asked.next().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (files, bytes) = (number(100_000), number(2048));
    let modes = asked.next().map_or_else(|| vec!["in_place".to_owned(), "prefix".to_owned()], |mode| vec![mode]);
    for mode in modes {
        if let Err(error) = measure(&mode, files, bytes) {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure(mode: &str, files: usize, bytes: usize) -> Result<(), Box<dyn std::error::Error>> {
    let program = Program::release()?;
    let declaration = format!(
        "
app: shop
version: 1.0.0
environments:
  prod: {{deploy: {{branch: main}}, sources: [api, console, s3, ecr]}}
components:
  web: {{kind: static_site, mode: {mode}, bucket: shop-web, distribution: E1}}
"
    );
    let mut shop = Shop::new(&program, &declaration);
    shop.world().s3().bucket("shop-web", true).forgetful = true;
    println!("{mode}: {files} files of {bytes} bytes");
    for (version, changed) in [("1.0.0", 0), ("1.0.1", files.div_ceil(100))] {
        let mut request = shop.release(version, &["web"]);
        let archive = archive(files, bytes, changed)?;
        let web = &mut request["manifest"]["components"]["web"];
        web["sha256"] = serde_json::json!(Digest::of(&archive));
        let packed = archive.len() as u64;
        let key = format!("artifacts/shop/prod/web/{version}.zip");
        shop.world().s3().upload("artifacts", &key, archive);
        shop.world().mishaps().calls.clear();
        println!("  {version}: {} MiB packed", packed / MIB);
        let arn = shop.start(&request);
        while visit(&mut shop, &arn) {}
        let path = shop.path(&arn);
        if !path.ends_with("Succeeded") {
            return Err(format!("{path}\n{:#?}", shop.deployment(&arn).ending).into());
        }
        println!("    calls to S3: {}", calls(&shop));
    }
    Ok(())
}

/// Visits the next state. Prints its figures if it worked for more than 50 ms.
fn visit(shop: &mut Shop<'_>, arn: &str) -> bool {
    let before = shop.world().mishaps().count();
    let (watch, worked) = (Watch::begin(), on_core());
    let more = shop.region.step();
    let worked = on_core().saturating_sub(worked);
    let peak = watch.end();
    let calls = shop.world().mishaps().count() - before;
    if worked > Duration::from_millis(50) {
        let state = shop.region.state_of(arn).unwrap_or("the end");
        println!("    before {state}: {:.2} s, {} MiB, {calls} calls", worked.as_secs_f64(), peak / MIB);
    }
    more
}

/// Returns the number of calls to S3 by name.
fn calls(shop: &Shop<'_>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &shop.world().mishaps().calls {
        if let Some(name) = call.strip_prefix("s3.") {
            *counts.entry(name).or_default() += 1;
        }
    }
    let counts = counts.iter().map(|(name, count)| format!("{name} {count}"));
    counts.collect::<Vec<_>>().join(", ")
}

/// Makes an archive of files whose bytes do not pack well. The first `changed` of them differ from the release before.
/// A tenth are documents, and half have a hash in their names.
fn archive(files: usize, bytes: usize, changed: usize) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().large_file(bytes as u64 > u64::from(u32::MAX));
    for number in 0..files {
        let release = usize::from(number < changed);
        let name = match number % 10 {
            0 => format!("pages/{number:06}/index.html"),
            1..=5 => format!("assets/part-{number:07}a{release}.js"),
            _ => format!("images/{number:06}.svg"),
        };
        writer.start_file(name, packed)?;
        let mut seed = (number * 2 + release) as u64;
        let mut left = bytes;
        while left > 0 {
            // Only 16 letters: they pack to about a half, as text does.
            let block: Vec<u8> = (0..left.min(1 << 16)).map(|_| letter(&mut seed)).collect();
            writer.write_all(&block)?;
            left -= block.len();
        }
    }
    Ok(writer.finish()?.into_inner())
}

/// Returns the next letter of a sequence that looks random (Knuth's MMIX).
fn letter(seed: &mut u64) -> u8 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    b'a' + u8::try_from(*seed >> 60).unwrap_or(0)
}

static WATCHING: AtomicBool = AtomicBool::new(false);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// Looks at this process's memory all the time (Linux, `proc_pid_status`).
struct Watch {
    before: u64,
    watcher: thread::JoinHandle<()>,
}

impl Watch {
    fn begin() -> Self {
        WATCHING.store(true, Ordering::SeqCst);
        PEAK.store(0, Ordering::SeqCst);
        let before = anonymous();
        let watcher = thread::spawn(|| {
            while WATCHING.load(Ordering::SeqCst) {
                PEAK.fetch_max(anonymous(), Ordering::SeqCst);
                thread::sleep(Duration::from_millis(2));
            }
        });
        Self { before, watcher }
    }

    fn end(self) -> u64 {
        WATCHING.store(false, Ordering::SeqCst);
        let _ = self.watcher.join();
        PEAK.load(Ordering::SeqCst).saturating_sub(self.before)
    }
}

/// Returns the bytes of anonymous memory, which is backed by no file.
fn anonymous() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}
