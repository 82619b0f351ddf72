//! One text within the XML of a distribution's configuration is replaced; every other byte stays.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;
use std::ops::Range;

const ORIGIN: [&str; 4] = ["DistributionConfig", "Origins", "Items", "Origin"];

/// The places of an origin's elements in the document.
#[derive(Default)]
struct ElementPlaces {
    /// The whole element `OriginPath`.
    path: Option<Range<usize>>,
    /// The place behind the element `DomainName`, before which the path does not belong.
    after_domain: Option<usize>,
}

/// Returns the configuration with another path for one origin. Returns what is wrong if the document cannot be read or
/// has no such origin.
///
/// The places are found by an XML reader and the text is replaced there: rebuilding the document
/// from parsed events could lose what the reader does not distinguish.
pub(crate) fn replace(xml: &str, origin: &str, path: &str) -> Result<String, String> {
    let places = find(xml, origin)?;
    let element = format!("<OriginPath>{}</OriginPath>", escape(path));
    let place = match (places.path, places.after_domain) {
        (Some(place), _) => place,
        (None, Some(at)) => at..at,
        (None, None) => return Err(format!("the origin {origin} has no DomainName")),
    };
    let mut changed = xml.to_owned();
    changed.replace_range(place, &element);
    Ok(changed)
}

fn find(xml: &str, origin: &str) -> Result<ElementPlaces, String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = false;
    let mut open: Vec<String> = Vec::new();
    let mut places = ElementPlaces::default();
    let mut id = String::new();
    let mut began = 0;
    loop {
        let before = place(&reader);
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                open.push(text(tag.local_name().as_ref()));
                if open == ORIGIN {
                    places = ElementPlaces::default();
                    id.clear();
                }
                began = if in_origin(&open, 1) { before } else { began };
            }
            Event::Empty(tag) if open == ORIGIN && text(tag.local_name().as_ref()) == "OriginPath" => {
                places.path = Some(before..place(&reader));
            }
            Event::Text(words) if in_origin(&open, 1) && last(&open) == "Id" => {
                id.push_str(&words.decode().map_err(|error| error.to_string())?);
            }
            Event::End(_) => {
                let behind = place(&reader);
                if in_origin(&open, 1) && last(&open) == "OriginPath" {
                    places.path = Some(began..behind);
                }
                if in_origin(&open, 1) && last(&open) == "DomainName" {
                    places.after_domain = Some(behind);
                }
                if open == ORIGIN && id.trim() == origin {
                    return Ok(places);
                }
                open.pop();
            }
            Event::Eof => return Err(format!("there is no origin {origin}")),
            _ => {}
        }
    }
}

fn place(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn last(open: &[String]) -> &str {
    open.last().map_or("", String::as_str)
}

/// Returns whether the innermost open element is `depth` levels within an origin.
fn in_origin(open: &[String], depth: usize) -> bool {
    open.len() == ORIGIN.len() + depth && open[..ORIGIN.len()] == ORIGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = concat!(
        "<?xml version=\"1.0\"?>\n",
        "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\n",
        "  <Origins><Quantity>2</Quantity><Items>",
        "<Origin><Id>api</Id><DomainName>api.example</DomainName><OriginPath>/v1</OriginPath></Origin>",
        "<Origin><Id>site</Id><DomainName>b.s3.amazonaws.com</DomainName><OriginPath/>",
        "<Novel a='1'><OriginPath>/not-this</OriginPath></Novel><!-- kept --></Origin>",
        "</Items></Origins>\n",
        "  <OriginGroups><Items><OriginGroup><Id>site</Id></OriginGroup></Items></OriginGroups>\n",
        "  <Comment>&amp; kept </Comment>\n",
        "</DistributionConfig>",
    );

    #[test]
    fn one_element_is_replaced_and_no_other_byte() {
        let changed = replace(CONFIG, "site", "/1.2.0").expect("there is such an origin");
        let expected = CONFIG.replace("<OriginPath/>", "<OriginPath>/1.2.0</OriginPath>");
        assert_eq!(changed, expected);
    }

    #[test]
    fn the_named_origin_is_taken() {
        let changed = replace(CONFIG, "api", "").expect("there is such an origin");
        let expected = CONFIG.replace("<OriginPath>/v1</OriginPath>", "<OriginPath></OriginPath>");
        assert_eq!(changed, expected);
    }

    #[test]
    fn an_origin_without_a_path_gets_one_behind_its_domain() {
        let without = CONFIG.replace("<OriginPath/>", "");
        let changed = replace(&without, "site", "/a&b").expect("there is such an origin");
        let domain = "<DomainName>b.s3.amazonaws.com</DomainName>";
        let expected = without.replace(domain, &format!("{domain}<OriginPath>/a&amp;b</OriginPath>"));
        assert_eq!(changed, expected);
    }

    #[test]
    fn no_such_origin_is_said() {
        let error = replace(CONFIG, "other", "/x").expect_err("there is none");
        assert_eq!(error, "there is no origin other");
        assert!(replace("<DistributionConfig><Origins>", "site", "/x").is_err());
    }
}
