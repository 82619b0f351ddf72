//! Secrets that are known by their form, whatever they are called, also as HTTP says them: `Bearer …`, `Basic …`, and
//! the password in an address. The beginnings and lengths are those that their issuers document and that gitleaks 8.30
//! looks for (`config/gitleaks.toml`); the lengths here are shorter, because the issuers change them. Every look is
//! linear in the text.

use crate::document::secret::names::is_placeholder;

/// A sort of characters.
type Sort = fn(char) -> bool;

/// The characters of most tokens.
const TOKEN: Sort = |c| c.is_ascii_alphanumeric() || c == '_' || c == '-';

/// Upper-case letters and digits.
const UPPER: Sort = |c| c.is_ascii_uppercase() || c.is_ascii_digit();

/// Digits of hexadecimal numbers.
const HEX: Sort = |c| c.is_ascii_hexdigit();

/// The characters of Base64.
const BASE64: Sort = |c| c.is_ascii_alphanumeric() || c == '+' || c == '/';

/// Letters and digits.
const PLAIN: Sort = |c| c.is_ascii_alphanumeric();

/// The characters of a JSON Web Token, of SendGrid's keys and of Vault's tokens.
const DOTTED: Sort = |c| TOKEN(c) || c == '.';

/// The characters of the path of an address.
const PATH: Sort = |c| DOTTED(c) || c == '/' || c == '@' || c == ':';

/// The sort of a text that begins so, with the fewest characters that follow such a beginning, and their sort.
type Form = (&'static str, &'static [&'static str], usize, Sort);

/// All forms that are known by a beginning. The ids of AWS access keys are those of the AWS Identity and Access
/// Management User Guide, "IAM identifiers".
const FORMS: &[Form] = &[
    ("the id of an AWS access key", &["AKIA", "ASIA", "ABIA", "ACCA"], 16, UPPER),
    ("a key of Amazon Bedrock", &["ABSK"], 40, BASE64),
    ("a key of GitHub", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"], 8, TOKEN),
    (
        "a key of GitLab",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glft-", "glimt-", "glagent-", "gloas-"],
        16,
        TOKEN,
    ),
    (
        "a key of Slack",
        &["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        8,
        TOKEN,
    ),
    ("a key of Stripe", &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"], 8, TOKEN),
    ("a key of Google", &["AIza"], 30, TOKEN),
    ("a client secret of Google", &["GOCSPX-", "ya29."], 20, TOKEN),
    ("a key of SendGrid", &["SG."], 40, DOTTED),
    ("a key of npm", &["npm_"], 30, PLAIN),
    ("a key of PyPI", &["pypi-"], 50, TOKEN),
    ("a key of Azure", &["AccountKey=", "SharedAccessKey="], 20, BASE64),
    ("a key of Twilio", &["SK"], 32, HEX),
    ("a key of Docker", &["dckr_pat_", "dckr_oat_"], 16, TOKEN),
    ("a key of DigitalOcean", &["dop_v1_", "doo_v1_", "dor_v1_"], 32, HEX),
    ("a key of Shopify", &["shpat_", "shpca_", "shppa_", "shpss_"], 32, HEX),
    ("a key of Hugging Face", &["hf_"], 30, PLAIN),
    ("a key of Databricks", &["dapi"], 32, HEX),
    ("a key of Vault", &["hvs.", "hvb."], 24, TOKEN),
    ("a key of Pulumi", &["pul-"], 40, HEX),
    ("a key of Grafana", &["glc_", "glsa_"], 32, BASE64),
    ("a key of Groq", &["gsk_"], 40, PLAIN),
    ("a key of Sentry", &["sntrys_", "sntryu_"], 20, TOKEN),
    ("a key of Postman", &["PMAK-"], 24, TOKEN),
    ("a key of age", &["AGE-SECRET-KEY-1"], 40, UPPER),
    ("a key of PuTTY", &["PuTTY-User-Key-File-"], 1, TOKEN),
    (
        "the address of a webhook of Slack",
        &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"],
        20,
        PATH,
    ),
    ("the address of a webhook of Discord", &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], 20, PATH),
    ("the address of a webhook of Teams", &["webhook.office.com/webhookb2/"], 20, PATH),
    ("the address of a webhook of Zapier", &["hooks.zapier.com/hooks/catch/"], 8, PATH),
];

/// Returns what secret stands anywhere in a text, as words for a person; `None` if none of a known form does.
pub(super) fn known(text: &str) -> Option<&'static str> {
    let by_beginning = FORMS.iter().find(|(_, starts, follow, sort)| {
        let mut starts = starts.iter();
        starts.any(|start| begins_in(text, start, *follow, *sort))
    });
    by_beginning
        .map(|(what, ..)| *what)
        .or_else(|| has_private_key(text).then_some("a private key"))
        .or_else(|| has_model_key(text).then_some("a key of OpenAI, Anthropic or the like"))
        .or_else(|| has_web_token(text).then_some("a JSON Web Token"))
        .or_else(|| credentials(text))
        .or_else(|| has_access_key(text).then_some("an AWS secret key"))
}

/// Returns whether a word in the text begins so, and goes on with so many characters of this sort.
fn begins_in(text: &str, start: &str, follow: usize, sort: Sort) -> bool {
    // Most texts are names and numbers, and too short for a key.
    let has_room = text.len() >= start.len() + follow;
    has_room && begun(text, start).any(|after| after.chars().take(follow).filter(|c| sort(*c)).count() == follow)
}

/// Returns what follows each word of a text that begins so.
fn begun<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(start).filter_map(move |(at, _)| {
        let is_begin = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        is_begin.then(|| &text[at + start.len()..])
    })
}

/// The longest label of a block, such as `RSA PRIVATE KEY`.
const LONGEST_LABEL: usize = 64;

/// Returns whether a text has the begin of a private key (RFC 7468, section 2). A certificate is none.
fn has_private_key(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(at, begin)| {
        let label = text[at + begin.len()..].chars().take(LONGEST_LABEL);
        label.take_while(|c| *c != '-').collect::<String>().contains("PRIVATE KEY")
    })
}

/// The fewest letters and digits that stand together in a key of OpenAI, Anthropic and others.
const OF_A_MODEL_KEY: usize = 12;

/// Returns whether a text has such a key: `sk-`, then random letters and digits. `sk-folding-cube` is a word.
fn has_model_key(text: &str) -> bool {
    words(text, TOKEN).any(|word| {
        let pieces = word.strip_prefix("sk-").into_iter();
        let mut pieces = pieces.flat_map(|key| key.split(['-', '_']));
        pieces.any(|piece| piece.len() >= OF_A_MODEL_KEY && is_mixed(piece))
    })
}

/// The fewest characters of each of the first two parts of a JSON Web Token.
const OF_A_WEB_TOKEN: usize = 10;

/// Returns whether a text has a JSON Web Token (RFC 7519): parts in Base64 with dots between them, the first of which
/// is a JSON object and begins with `eyJ` therefore.
fn has_web_token(text: &str) -> bool {
    words(text, DOTTED).any(|word| {
        word.split('.').collect::<Vec<_>>().windows(3).any(|three| {
            let [head, body, _] = three else { return false };
            head.starts_with("eyJ") && head.len().min(body.len()) >= OF_A_WEB_TOKEN
        })
    })
}

/// The number of characters of an AWS secret key.
const OF_AN_ACCESS_KEY: usize = 40;

/// Returns whether a text has an AWS secret key: 40 characters of Base64 that stand alone and look random. A commit has
/// no upper-case letters, a SHA-256 has 43 characters in Base64, and a version id of S3 has 32.
fn has_access_key(text: &str) -> bool {
    let ends = |c: char| !(BASE64(c) || "=-_.@%~".contains(c));
    text.split(ends)
        .flat_map(|word| word.rsplit('='))
        .any(|word| word.len() == OF_AN_ACCESS_KEY && word.chars().all(BASE64) && is_random(word))
}

/// Returns whether Base64 looks random: of 40 random characters about 25 follow one of another sort, and nearly all
/// have more than 20 different ones. The words of a path have fewer.
fn is_random(word: &str) -> bool {
    let sort = |byte: u8| match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let bytes = word.as_bytes();
    let changes = bytes.windows(2).filter(|two| match two {
        [one, other] => sort(*one) != sort(*other),
        _ => false,
    });
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    let has = |wanted: u8| bytes.iter().any(|byte| sort(*byte) == wanted);
    changes.count() >= 14 && different.len() >= 20 && has(0) && has(1) && has(2)
}

/// Returns the longest pieces of a text that are all of one sort.
pub(super) fn words(text: &str, sort: Sort) -> impl Iterator<Item = &str> {
    text.split(move |c: char| !sort(c))
}

/// Returns whether a word has both letters and digits.
pub(super) fn is_mixed(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_ascii_alphabetic())
}

/// The fewest characters of a token after `Bearer`.
const OF_A_BEARER: usize = 8;

/// Returns what credentials stand in a text, as in the header `Authorization` (RFC 6750, section 2.1; RFC 7617, section
/// 2), as words for a person.
pub(super) fn credentials(text: &str) -> Option<&'static str> {
    let mut before = "";
    for word in text.split_whitespace() {
        let after = token(word);
        if says(before, "bearer") && after.len() >= OF_A_BEARER && is_mixed(after) {
            return Some("`Bearer` credentials");
        }
        if says(before, "basic") && is_user_and_password(after) {
            return Some("`Basic` credentials");
        }
        before = word;
    }
    None
}

/// Returns whether a word is this scheme, also at the end of `Authorization:Bearer`.
fn says(word: &str, scheme: &str) -> bool {
    let Some(at) = word.len().checked_sub(scheme.len()) else { return false };
    let (Some(head), Some(end)) = (word.get(..at), word.get(at..)) else { return false };
    end.eq_ignore_ascii_case(scheme) && !head.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// Returns the token with which a word begins (RFC 7235, section 2.1, `token68`).
fn token(word: &str) -> &str {
    let word = word.trim_start_matches(['"', '\'', '`']);
    let is_in = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let end = word.find(|c| !is_in(c)).unwrap_or(word.len());
    word.get(..end).unwrap_or_default()
}

/// Returns whether a token is `user:password` in Base64.
fn is_user_and_password(token: &str) -> bool {
    let plain = decoded(token.trim_end_matches('='));
    plain.is_some_and(|plain| {
        let is_readable = plain.iter().all(|byte| (b' '..=b'~').contains(byte));
        is_readable && plain.len() >= 4 && plain.contains(&b':')
    })
}

/// Reads Base64 without padding (RFC 4648, section 4); `None` if it is none.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Returns whether a text has an address with a user's password, such as `postgres://shop:…@db`.
pub(super) fn has_a_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let ends = |c: char| c.is_whitespace() || "/?#\"'`<>\\".contains(c);
        let user = rest.split(ends).next().unwrap_or_default();
        let user = user.rsplit_once('@').map(|(user, _)| user);
        user.and_then(|user| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty() && !is_placeholder(password))
    })
}

/// Returns whether an address is of nobody's guessing: it has a user, or a part of its path or query that has letters
/// and digits. Whoever knows the address of a webhook may call it.
pub(super) fn is_unguessable(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let mut parts = path.split(|c: char| !c.is_ascii_alphanumeric());
    host.contains('@') || parts.any(|part| part.len() >= 6 && is_mixed(part))
}
