//! What a distribution answers for a script that is nowhere: a custom error response, a function or an
//! origin that answers everything with a document hides what is missing.

use crate::ports::Probed;
use windlass_domain::identity::DeploymentId;

/// The address of a script that no site has, beside one that it has: behaviours go by path. Each
/// deployment asks for another one, because edges remember what is missing.
pub(super) fn address(site: &str, beside: &str, deployment: &DeploymentId) -> String {
    let folder = beside.rfind('/').map_or("", |at| &beside[..=at]);
    format!("{site}/{folder}windlass-nowhere-{deployment}.js")
}

/// Pure: a warning where it is answered with success. What does not answer is told of the scripts that
/// are there.
pub(super) fn judge(url: &str, probed: &Probed) -> Option<String> {
    let Probed::Answer(answer) = probed else {
        return None;
    };
    (200..300).contains(&answer.status).then(|| {
        format!(
            "{url}, a script that is nowhere, is answered with status {} and type `{}`: a browser that asks for a script that is gone gets a document instead. Remove the custom error responses for 403 and 404, let a function on viewer requests rewrite only addresses without extension to the document, and answer missing files with 404",
            answer.status,
            answer.content_type.as_deref().unwrap_or_default()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ProbeAnswer;
    use bytes::Bytes;

    #[test]
    fn it_is_asked_for_beside_what_is_there() {
        let deployment = DeploymentId("1f".into());
        let of = |beside| address("https://x", beside, &deployment);
        let expected = "https://x/assets/js/windlass-nowhere-1f.js";
        assert_eq!(of("assets/js/index-aaaa1111.js"), expected);
        assert_eq!(of("app.js"), "https://x/windlass-nowhere-1f.js");
        assert_eq!(of(""), "https://x/windlass-nowhere-1f.js");
    }

    #[test]
    fn only_success_is_wrong() {
        for (status, wrong) in [
            (200, true),
            (206, true),
            (403, false),
            (404, false),
            (503, false),
        ] {
            let answer = Probed::Answer(ProbeAnswer {
                status,
                content_type: Some("text/html".into()),
                cache_control: None,
                body: Bytes::new(),
                ms: 1,
            });
            assert_eq!(
                judge("https://x/a.js", &answer).is_some(),
                wrong,
                "{status}"
            );
        }
        assert_eq!(
            judge("https://x/a.js", &Probed::NoAnswer("late".into())),
            None
        );
    }
}
