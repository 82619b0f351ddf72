//! Pages of a static site, as visitors get them. Each page must be answered with a document. The scripts and style
//! sheets of its own origin that it names must be there, with their types. A distribution that answers a missing file
//! with a document (a fallback for single-page applications) would give a browser HTML to run.

// Pages are fetched as visitors get them. The archive shows nothing of what the distribution makes of them, and
// `HEAD` is answered otherwise by some origins. A red page before the change stops nothing: the release may be what
// mends it.

use super::measure::{Checking, GateProblem, Measure, Measuring};
use crate::html::{DocumentAddresses, Need, named_by};
use crate::kinds::site::Visited;
use crate::measurements::measure::{not_measurable, unmeasured, unreadable};
use crate::ports::{Clock, Get, ProbeAnswer, ProbeApi, Probed, Result};
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use std::collections::BTreeMap;
use url::Url;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{PageGate, Sort};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};

/// The milliseconds that an answer may take. A whole look takes at most 60 s: the pages, then the files in four rounds,
/// each fetched at most twice.
const WITHIN_MS: u64 = 4_000;
const TRIES: u32 = 2;
const AT_A_TIME: usize = 32;
/// The most files of a site that are fetched: the first ones that its pages name.
const MOST: usize = 128;
/// The document of a folder, if a folder of the bucket is shown as it is.
const INDEX: &str = "index.html";
/// The bytes of a document that are read.
const DOCUMENT: u64 = 1024 * 1024;

/// Pages, fetched from here, wherever the targets are.
pub(super) struct Pages;

impl<P: ProbeApi + Clock> Measure<P> for Pages {
    type Gate = PageGate;

    /// Such a gate reads the folder of the release, under an address that shows it.
    fn is_ahead(gate: &PageGate) -> bool {
        gate.before_switch.is_some()
    }

    /// A problem now stops nothing: the release replaces these files, and may be what mends them.
    async fn check(ports: &P, _place: &Place, gates: &[Checking<'_, PageGate>]) -> Vec<Result<Vec<GateProblem>>> {
        let sites = gates.chunk_by(|one, next| one.gate.site == next.gate.site);
        let each = sites.map(async |pages| match before(ports, pages).await {
            Ok(problems) => problems.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(fault); pages.len()],
        });
        join_all(each).await.concat()
    }

    async fn measure(ports: &P, _place: &Place, gates: &[Measuring<'_, PageGate>]) -> Vec<Measurement> {
        let sites = gates.chunk_by(|one, next| one.gate.site == next.gate.site);
        let each = sites.map(async |of_one| {
            let pages: Vec<&PageGate> = of_one.iter().map(|one| one.gate).collect();
            let looked = match Visited::released(of_one[0].step, of_one[0].ahead) {
                Ok(site) => look(ports, &pages, &site).await,
                Err(fault) => Err(fault),
            };
            match looked {
                Ok(looked) => looked.into_iter().map(|(measured, _)| measured).collect(),
                Err(fault) => {
                    let blank = |gate| unmeasured(gate, "the site".to_owned(), ports.now());
                    pages.into_iter().map(blank).map(|blank| unreadable(blank, &fault)).collect::<Vec<_>>()
                }
            }
        });
        join_all(each).await.concat()
    }
}

/// The pages of a site as they are before anything has changed.
async fn before(ports: &(impl ProbeApi + Clock), of_one: &[Checking<'_, PageGate>]) -> Result<Vec<Vec<GateProblem>>> {
    let pages: Vec<&PageGate> = of_one.iter().map(|one| one.gate).collect();
    let Some(site) = Visited::before(of_one[0].target)? else {
        // The site itself reports what is wrong with it.
        return Ok(vec![vec![]; pages.len()]);
    };
    let looked = look(ports, &pages, &site).await?;
    let beside = looked.first().and_then(|(_, beside)| beside.clone());
    let problems = of_one.iter().zip(&looked);
    let mut problems: Vec<Vec<GateProblem>> =
        problems.map(|(one, (seen, _))| problem(one, seen).into_iter().collect()).collect();
    if let (Some(beside), [first, ..]) = (beside, of_one)
        && !first.awaited
    {
        let finding = missing_script(ports, first.path, &beside).await?;
        problems[0].extend(finding.map(GateProblem::Noted));
    }
    Ok(problems)
}

fn problem(one: &Checking<'_, PageGate>, seen: &Measurement) -> Option<GateProblem> {
    let name = one.gate.name();
    match seen.verdict {
        Verdict::Pass => None,
        Verdict::Fail if one.awaited => None,
        Verdict::Fail => Some(GateProblem::Noted(
            Finding::new(
                FindingName::GateAlreadyRed,
                one.path,
                format!("`{name}` is red before anything has changed: measured {}.", seen.measured),
                "Nothing is to be done if this release mends it: it is measured again once visitors get the release.",
            )
            .seen(&seen.measured, ""),
        )),
        Verdict::Unknown => Some(GateProblem::NotMeasurable(not_measurable(
            one.path,
            format!("`{name}`: {}.", seen.measured),
            "Name with `url` of the component an address that Windlass can reach; or look at no page, with `gates: {pages: []}` of the component.",
        ))),
    }
}

/// Asks for a script that does not exist, beside one that does, because behaviours go by path. Each look asks for
/// another one, because edges remember what is missing.
async fn missing_script(ports: &(impl ProbeApi + Clock), path: &str, beside: &Url) -> Result<Option<Finding>> {
    let Ok(url) = beside.join(&format!("./windlass-nowhere-{}.js", ports.now().0)) else { return Ok(None) };
    let finding = |answer: ProbeAnswer| {
        let is = answered(&answer);
        Finding::new(
            FindingName::TargetNotReady,
            path,
            format!(
                "{url}, a script that is nowhere, is {is}: a browser that asks for a script that is gone gets a document instead."
            ),
            "Remove the custom error responses for 403 and 404, let a function on viewer requests rewrite only addresses without extension to the document, and answer missing files with 404 (docs/integrate/distribution.md).",
        )
    };
    Ok(match ports.probe(&Get::plain(url.as_str(), WITHIN_MS, 1024)).await? {
        Probed::Answer(answer) if answer.is_success() => Some(finding(answer)),
        _ => None,
    })
}

/// A page that was looked at.
struct VisitedPage {
    /// Its address here. It is another one than visitors have if they do not get the release yet.
    address: Url,
    probed: Probed,
    /// The scripts and style sheets of its own origin that it names, by their addresses here.
    named: BTreeMap<Url, Need>,
}

/// Looks at pages of one site: what each comes to, and the address of a script or of itself where that was answered.
async fn look(
    ports: &(impl ProbeApi + Clock),
    gates: &[&PageGate],
    site: &Visited,
) -> Result<Vec<(Measurement, Option<Url>)>> {
    let pages = join_all(gates.iter().map(|gate| page(ports, site, gate))).await;
    let pages: Vec<VisitedPage> = pages.into_iter().collect::<Result<_>>()?;
    let files: BTreeMap<&Url, Need> =
        pages.iter().flat_map(|page| &page.named).map(|(url, need)| (url, *need)).collect();
    let files = files.into_iter().take(MOST).map(|(url, need)| file(ports, site, url, need));
    let seen: Vec<_> = stream::iter(files).buffer_unordered(AT_A_TIME).collect().await;
    let seen: BTreeMap<&Url, (Verdict, String)> = seen.into_iter().collect::<Result<_>>()?;
    let each = gates.iter().zip(&pages).map(|(gate, page)| {
        let (verdict, measured, url) = page.judged(&seen);
        let look_at = format!("{url}: is it in the archive, and does the distribution send it to the site's bucket (docs/integrate/distribution.md)");
        let measured = Measurement { verdict, measured, ..unmeasured(*gate, look_at, ports.now()) };
        let beside = page.named.keys().next().unwrap_or(&page.address);
        let was_answered = matches!(page.probed, Probed::Answer(_));
        (measured, was_answered.then(|| beside.clone()))
    });
    Ok(each.collect())
}

async fn page(ports: &impl ProbeApi, site: &Visited, gate: &PageGate) -> Result<VisitedPage> {
    let path = gate.page.trim_start_matches('/');
    let visitors = address(&site.visitors)?;
    let seen_as = within(&visitors, path)?;
    let shown = match (&gate.before_switch, &site.folder) {
        (Some(bucket), Some(folder)) => Some(within(&address(bucket)?, folder)?),
        _ => None,
    };
    let address = match (&shown, path) {
        (None, _) => seen_as.clone(),
        (Some(shown), "") => within(shown, site.root.as_deref().unwrap_or(INDEX))?,
        (Some(shown), path) if path.ends_with('/') => within(shown, &format!("{path}{INDEX}"))?,
        (Some(shown), path) => within(shown, path)?,
    };
    let probed = fetched(ports, &address, DOCUMENT).await?;
    let body = match &probed {
        Probed::Answer(answer) if is_document(answer) => &answer.body[..],
        _ => &[],
    };
    let DocumentAddresses { base, needed, .. } = named_by(body);
    let base = base.and_then(|base| seen_as.join(&base).ok()).unwrap_or(seen_as);
    let named = needed.into_iter().filter_map(|(need, address)| {
        let mut url = base.join(&address).ok()?;
        url.set_fragment(None);
        match &shown {
            _ if url.origin() != visitors.origin() => None,
            None => Some((url, need)),
            Some(shown) => {
                let path = url.path().strip_prefix(visitors.path())?;
                Some((within(shown, path).ok()?, need))
            }
        }
    });
    let named = named.collect();
    Ok(VisitedPage { address, probed, named })
}

impl VisitedPage {
    /// Pure: the verdict on the page, its words, and the address to look at next.
    fn judged<'a>(&'a self, seen: &BTreeMap<&'a Url, (Verdict, String)>) -> (Verdict, String, &'a Url) {
        match &self.probed {
            Probed::Forbidden(why) | Probed::NoAnswer(why) => {
                return (Verdict::Unknown, not_measured(why), &self.address);
            }
            Probed::Answer(answer) if !is_document(answer) => return (Verdict::Fail, answered(answer), &self.address),
            Probed::Answer(_) => {}
        }
        let own = seen.iter().filter(|(url, _)| self.named.contains_key(**url));
        let first_with = |verdict| {
            let mut found = own.clone().filter(|(_, (is, words))| *is == verdict && !words.is_empty());
            let (url, (_, first)) = found.next()?;
            Some((verdict, and_more(first, found.count()), *url))
        };
        let (seen, all) = (own.clone().count(), self.named.len());
        first_with(Verdict::Fail).or_else(|| first_with(Verdict::Unknown)).unwrap_or_else(|| {
            let note = first_with(Verdict::Pass).map(|(_, note, _)| format!("; {note}"));
            let note = note.unwrap_or_default();
            let measured = format!("a document; scripts and style sheets: {seen} of {all}{note}");
            (Verdict::Pass, measured, &self.address)
        })
    }
}

/// Returns the verdict on a script or a style sheet, in words. If it is as it should be, there are no words.
async fn file<'u>(
    ports: &impl ProbeApi,
    site: &Visited,
    url: &'u Url,
    need: Need,
) -> Result<(&'u Url, (Verdict, String))> {
    let answer = match fetched(ports, url, 1024).await? {
        Probed::Answer(answer) => answer,
        Probed::NoAnswer(why) | Probed::Forbidden(why) => return Ok((url, (Verdict::Unknown, not_measured(&why)))),
    };
    let kind = answer.essence();
    let (what, has_its_type) = match need {
        Need::Script => ("script", kind.ends_with("javascript") || kind.ends_with("ecmascript")),
        Need::Style => ("style sheet", kind == "text/css"),
    };
    let judged = if answer.is_success() && has_its_type {
        let other = other_header(site, url, &answer);
        (Verdict::Pass, other.unwrap_or_default())
    } else {
        let is = answered(&answer);
        let words = format!("the {what} `{}` is {is}", url.path());
        (Verdict::Fail, words)
    };
    Ok((url, judged))
}

/// Returns a note if a file has another cache header than its rules say. Browsers keep a file as long as its header
/// says.
fn other_header(site: &Visited, url: &Url, answer: &ProbeAnswer) -> Option<String> {
    let path = url.as_str().strip_prefix(&site.visitors)?;
    let path = path.split('?').next().unwrap_or_default();
    let [wanted, of_others] = site.rules.as_ref()?.cache_controls(path);
    let found = answer.cache_control.as_deref().unwrap_or_default();
    let is_other = ![wanted, of_others].contains(&found) && !path.contains('%');
    is_other.then(|| format!("`{}` has the cache header `{found}` instead of `{wanted}`", url.path()))
}

fn address(text: &str) -> Result<Url> {
    let text = format!("{}/", text.trim_end_matches('/'));
    Url::parse(&text).map_err(|error| Fault::internal(format!("`{text}` is no address: {error}")))
}

fn within(folder: &Url, path: &str) -> Result<Url> {
    folder.join(&format!("./{path}")).map_err(|error| Fault::internal(format!("`{path}` is no path: {error}")))
}

fn and_more(first: &str, more: usize) -> String {
    match more {
        0 => first.to_owned(),
        more => format!("{first}; the same or like it for {more} more"),
    }
}

fn not_measured(why: &str) -> String {
    format!("not measured: {why}")
}

fn is_document(answer: &ProbeAnswer) -> bool {
    answer.is_success() && ["text/html", "application/xhtml+xml"].contains(&answer.essence().as_str())
}

/// Returns words such as `answered with status 200 and type text/html`.
fn answered(answer: &ProbeAnswer) -> String {
    let found = answer.content_type.as_deref().unwrap_or_default();
    format!("answered with status {} and type `{found}`", answer.status)
}

async fn fetched(ports: &impl ProbeApi, url: &Url, limit: u64) -> Result<Probed> {
    let mut tries = 0;
    loop {
        tries += 1;
        match ports.probe(&Get::plain(url.as_str(), WITHIN_MS, limit)).await? {
            Probed::NoAnswer(_) if tries < TRIES => {}
            probed => return Ok(probed),
        }
    }
}
