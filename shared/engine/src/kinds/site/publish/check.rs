use super::Publisher;
use super::assets::Named;
use super::documents::Need;
use super::nowhere;
use crate::kinds::site::many::{self, Patience};
use crate::kinds::site::prefix;
use crate::kinds::site::state::State;
use crate::kinds::site::trouble::Trouble;
use crate::kinds::site::{SitePorts, owned};
use crate::ports::{Answered, Probe, ProbeAnswer, Probed};
use windlass_domain::finding::{Finding, FindingName};

/// When scripts and styles are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At the end of publishing: what visitors can fetch already.
    BeforeSwitch,
    /// When all edges have the switch: what only the new folder has.
    AfterSwitch,
}

/// How patiently they are fetched.
struct Look {
    /// How many at most.
    fetched: usize,
    /// How long one may take, in milliseconds.
    within_ms: u64,
    /// How often one that does not answer is fetched.
    tries: u32,
}

impl Moment {
    /// After the switch it must fit into a function of 60 s: 64 fetches are two rounds of 32.
    fn look(self) -> Look {
        match self {
            Self::BeforeSwitch => Look {
                fetched: 100,
                within_ms: 10_000,
                tries: 3,
            },
            Self::AfterSwitch => Look {
                fetched: 64,
                within_ms: 5_000,
                tries: 2,
            },
        }
    }
}

/// Fetches the scripts and styles that the documents name, as visitors do, and checks their types:
/// a distribution that answers missing files with a document (a fallback for single-page
/// applications) would give a browser HTML to run. Answers warnings; what is wrong is a finding.
pub async fn check_assets<P: SitePorts + Probe>(
    publisher: &Publisher<'_, P>,
    moment: Moment,
) -> Result<Vec<String>, Trouble> {
    let Some(archive) = &publisher.target.archive else {
        return Ok(vec![]);
    };
    let Some(site) = address(publisher).await? else {
        return Ok(vec![]);
    };
    let named = publisher.named_assets(archive, moment).await?;
    let how = moment.look();
    let named: Vec<(String, Named)> = named.into_iter().take(how.fetched).collect();
    let (seen, fault) = many::all(
        publisher.home,
        &publisher.pace,
        Patience::Short,
        &named,
        |(path, named)| look(publisher.home, &how, format!("{site}/{path}"), named),
    )
    .await;
    fault.map_or(Ok(()), Err)?;
    let (mut findings, mut unclear) = (Vec::new(), Vec::new());
    for seen in seen {
        match seen {
            Seen::Right => {}
            Seen::Wrong(finding) => findings.push(finding),
            Seen::Unclear(why, warning) => unclear.push((why, warning)),
        }
    }
    let mut warnings = one_of_each(unclear);
    if moment == Moment::BeforeSwitch && findings.is_empty() {
        let first = named.first().map_or("", |(path, _)| path.as_str());
        let nowhere = nowhere::address(&site, first, publisher.deployment);
        let probed = publisher.home.probe(&nowhere, how.within_ms, 1024).await?;
        warnings.extend(nowhere::judge(&nowhere, &probed));
    }
    warnings.sort();
    if findings.is_empty() {
        return Ok(warnings);
    }
    findings.sort_by(|a, b| a.path.cmp(&b.path));
    let other = pointed_elsewhere(publisher).await?;
    Err(Trouble::Findings(other.map_or(findings, |it| vec![it])))
}

/// Why visitors miss everything, where somebody else has pointed the distribution elsewhere.
async fn pointed_elsewhere<P: SitePorts>(
    publisher: &Publisher<'_, P>,
) -> Answered<Option<Finding>> {
    let known = publisher.known;
    if !matches!(known.forward.0, State::Prefix(_)) {
        return Ok(None);
    }
    let is = prefix::observe(publisher.at, known, publisher.target).await?;
    let strange = || prefix::strange(&owned(publisher.target), &is);
    Ok(is.strange.then(strange))
}

/// Where visitors reach the site, without trailing slash.
async fn address<P: SitePorts>(publisher: &Publisher<'_, P>) -> Answered<Option<String>> {
    let site = &publisher.target.site;
    if let Some(url) = &site.url {
        return Ok(Some(url.trim_end_matches('/').to_owned()));
    }
    match &site.distribution {
        Some(id) => {
            let found = publisher.at.distribution(id).await?;
            Ok(Some(format!("https://{}", found.domain)))
        }
        None => Ok(None),
    }
}

/// What was seen of an asset.
enum Seen {
    Right,
    Wrong(Finding),
    Unclear(Why, String),
}

/// Why an asset is told of. What is so of one is mostly so of all, and told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    NoAnswer,
    Missing,
    OtherHeader,
}

/// Pure: one warning of each sort, with how many more there are.
fn one_of_each(mut unclear: Vec<(Why, String)>) -> Vec<String> {
    unclear.sort();
    let sorts = unclear.chunk_by(|(a, _), (b, _)| a == b);
    let told = sorts.filter_map(|sort| {
        let (_, first) = sort.first()?;
        Some(match sort.len() - 1 {
            0 => first.clone(),
            more => format!("{first}; the same or like it for {more} more"),
        })
    });
    told.collect()
}

async fn look<P: Probe>(probe: &P, how: &Look, url: String, named: &Named) -> Answered<Seen> {
    let mut why = String::new();
    for _ in 0..how.tries {
        match probe.probe(&url, how.within_ms, 1024).await? {
            Probed::Answer(answer) => return Ok(judge(&url, named, &answer)),
            Probed::NoAnswer(reason) => why = reason,
            Probed::Forbidden(reason) => {
                why = reason;
                break;
            }
        }
    }
    Ok(Seen::Unclear(
        Why::NoAnswer,
        format!(
            "{url}, named by {}, could not be fetched for a check of its type: {why}",
            named.document
        ),
    ))
}

fn judge(url: &str, named: &Named, answer: &ProbeAnswer) -> Seen {
    let found = answer.content_type.as_deref().unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    let (what, right) = match named.need {
        Need::Script => ("script", essence.ends_with("javascript")),
        Need::Style => ("style sheet", essence == "text/css"),
    };
    let ok = (200..300).contains(&answer.status);
    if ok && right {
        return match (&named.cache_control, &answer.cache_control) {
            (Some(wanted), found) if found.as_ref() != Some(wanted) => Seen::Unclear(
                Why::OtherHeader,
                other_header(url, wanted, found.as_deref().unwrap_or_default()),
            ),
            _ => Seen::Right,
        };
    }
    let seen = format!(
        "is answered with status {} and type `{found}`",
        answer.status
    );
    if !ok && !named.in_archive {
        let text = format!("{url}, named by {}, {seen}", named.document);
        return Seen::Unclear(Why::Missing, text);
    }
    let remedy = match (named.in_archive, essence) {
        (true, "text/html") => {
            "let the distribution send this path to the site's bucket, and answer missing files with 404 instead of a document: a fallback for single-page applications belongs into a function that rewrites only addresses without extension"
        }
        (true, _) => {
            "let the distribution send this path to the site's bucket, and let it read the bucket"
        }
        (false, _) => {
            "the archive has no such file: build it again, or mend the document that names it"
        }
    };
    Seen::Wrong(Finding::new(
        FindingName::ChangeFailed,
        url,
        format!("the {what} that {} names {seen}", named.document),
        remedy,
    ))
}

/// Browsers keep a file as long as its header says.
fn other_header(url: &str, wanted: &str, found: &str) -> String {
    format!(
        "{url} is answered with the cache header `{found}` instead of `{wanted}`: take `Cache-Control` out of the distribution's response headers policy and functions, and declare it with `cache` of the component"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn seen(need: Need, in_archive: bool, status: u16, content_type: &str) -> String {
        let named = Named {
            need,
            document: "index.html".into(),
            in_archive,
            cache_control: None,
        };
        let answer = ProbeAnswer {
            status,
            content_type: Some(content_type.into()),
            cache_control: Some("no-cache".into()),
            body: Bytes::new(),
            ms: 1,
        };
        match judge("https://x/a", &named, &answer) {
            Seen::Right => "right".into(),
            Seen::Unclear(..) => "unclear".into(),
            Seen::Wrong(finding) => finding.remedy.chars().take(16).collect(),
        }
    }

    #[test]
    fn what_is_so_of_all_is_told_once() {
        let told = |list: &[(Why, &str)]| {
            let list = list.iter().map(|(why, text)| (*why, (*text).to_owned()));
            one_of_each(list.collect())
        };
        assert_eq!(told(&[]), [""; 0]);
        let all = [
            (Why::OtherHeader, "c"),
            (Why::NoAnswer, "b"),
            (Why::NoAnswer, "a"),
            (Why::NoAnswer, "d"),
        ];
        assert_eq!(told(&all), ["a; the same or like it for 2 more", "c"]);
    }

    #[test]
    fn another_cache_header_than_the_file_was_given_is_told() {
        let wanted = "public, max-age=31536000, immutable";
        let table = [
            (Some(wanted), Some(wanted), true),
            (Some(wanted), Some("no-cache"), false),
            (Some(wanted), None, false),
            (None, Some("no-cache"), true),
        ];
        for (given, found, right) in table {
            let named = Named {
                need: Need::Script,
                document: "index.html".into(),
                in_archive: true,
                cache_control: given.map(str::to_owned),
            };
            let answer = ProbeAnswer {
                status: 200,
                content_type: Some("text/javascript".into()),
                cache_control: found.map(str::to_owned),
                body: Bytes::new(),
                ms: 1,
            };
            let seen = judge("https://x/a", &named, &answer);
            assert_eq!(matches!(seen, Seen::Right), right, "{given:?} {found:?}");
        }
    }

    #[test]
    fn types_are_judged() {
        let table = [
            (
                Need::Script,
                true,
                200,
                "text/javascript; charset=utf-8",
                "right",
            ),
            (Need::Script, true, 200, "application/javascript", "right"),
            (Need::Style, true, 200, "text/css", "right"),
            (Need::Script, true, 200, "text/html", "let the distribu"),
            (
                Need::Style,
                true,
                403,
                "application/xml",
                "let the distribu",
            ),
            (
                Need::Script,
                false,
                200,
                "text/html; charset=utf-8",
                "the archive has ",
            ),
            (Need::Script, false, 200, "text/javascript", "right"),
            (Need::Script, false, 404, "text/html", "unclear"),
        ];
        for (need, in_archive, status, content_type, expected) in table {
            assert_eq!(
                seen(need, in_archive, status, content_type),
                expected,
                "{need:?} {in_archive} {status} {content_type}"
            );
        }
    }
}
