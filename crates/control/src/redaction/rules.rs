//! The expressions of the rules that Gatehouse brings. Each replaces its group `secret`, or all that
//! it finds. The forms of keys are those that the services document.

use std::sync::LazyLock;

use domain::DefaultRule;
use regex::bytes::Regex;

/// What may stand right before a secret: no letter, an underscore, or the escape of JSON that ends in
/// a letter.
const BEFORE: &str = r"(?:\b|_|\\[nrtbf])";

/// What stands between the name of a field and its value, in JSON (also inside a text of JSON), in
/// headers, in settings files and in code.
const BETWEEN: &str = r#"(?:\\?["'])?\s{0,3}(?:[:=]|=>)\s{0,3}(?:\\?["'])?"#;

/// The same before a value that is in quotes for certain.
const QUOTED: &str = r#"(?:\\?["'])?\s{0,3}(?:[:=]|=>)\s{0,3}\\?["']"#;

static PRIVATE_KEYS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    // Without its end the text was cut: then what looks like a key goes, line ends and escapes too.
    read(&[
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?s:.)*?-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|(?:[A-Za-z0-9+/=\s:,-]|\\+[nrt/])+)"
            .to_owned(),
    ])
});

static API_KEYS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let forms = [
        r"(?:sk|rk|pk)-[A-Za-z0-9_-]{16,}",
        r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}",
        r"gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{16,}",
        r"gh[pousr]?_[A-Za-z0-9]{20,}",
        r"github_pat_[A-Za-z0-9_]{20,}",
        r"AIza[A-Za-z0-9_-]{30,}",
        r"xox[a-z]-[A-Za-z0-9-]{10,}",
        r"hf_[A-Za-z0-9]{20,}",
    ];
    read(&[
        format!(r"{BEFORE}(?P<secret>{})", forms.join("|")),
        // Azure's are 32 digits without a beginning of their own; those of others have any form.
        format!(r"(?i)api[-_]?key{QUOTED}(?P<secret>[^\x22'\\\s*]{{6,512}})"),
        format!(r"(?i)api[-_]?key{BETWEEN}(?P<secret>[A-Za-z0-9_.+/=-]{{16,}})"),
    ])
});

static BEARER_TOKENS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    // A word of a sentence is shorter, and has no digit.
    let token = r"(?:[A-Za-z0-9._~+/=-]{16,}|[A-Za-z._~+/=-]{0,15}[0-9][A-Za-z0-9._~+/=-]{7,}|[A-Za-z._~+/=-]{7,15}[0-9][A-Za-z0-9._~+/=-]*)";
    let basic = r"[A-Za-z0-9+/]{24,}={0,2}|[A-Za-z0-9+/]{4,23}={1,2}|[A-Za-z+/]{0,15}[0-9][A-Za-z0-9+/]{7,}={0,2}|[A-Za-z+/]{7,15}[0-9][A-Za-z0-9+/]*={0,2}";
    read(&[
        format!(r"(?i)bearer(?:\s|%20){{1,4}}(?P<secret>{token})"),
        format!(r"(?i)authorization{BETWEEN}basic\s{{1,4}}(?P<secret>[A-Za-z0-9+/=_-]{{6,}})"),
        format!(r"(?i)\bbasic(?:\s|%20){{1,4}}(?P<secret>{basic})"),
        // The password of an address, and the tokens of its query.
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:\x22'<>]{0,128}:(?P<secret>[^\s/@\x22'<>]{1,256})@"
            .to_owned(),
        format!(
            r"(?i)(?:access|private|refresh|id|job)[-_]token{BETWEEN}(?P<secret>[A-Za-z0-9._~+/-]{{16,}}=*)"
        ),
        format!(
            r"{BEFORE}(?P<secret>eyJ[A-Za-z0-9_-]{{8,}}\.eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}})"
        ),
    ])
});

static AWS_KEYS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    read(&[
        format!(r"{BEFORE}(?P<secret>(?:AKIA|ASIA)[A-Z0-9]{{16,}})"),
        format!(
            r"(?i)secret[-_ ]?(?:access[-_ ]?)?key{BETWEEN}(?P<secret>(?:[A-Za-z0-9/+=]|\\/){{40,}})"
        ),
        format!(
            r"(?i)(?:session|security)[-_]?token{BETWEEN}(?P<secret>(?:[A-Za-z0-9/+=]|\\/){{16,}})"
        ),
    ])
});

static EMAILS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    read(&[
        r"(?:\\[nrtbf]|\\u[0-9a-fA-F]{4})?(?P<secret>[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})"
            .to_owned(),
    ])
});

/// The expressions of a rule.
pub(super) fn regexes(rule: DefaultRule) -> &'static [Regex] {
    match rule {
        DefaultRule::PrivateKeys => &PRIVATE_KEYS,
        DefaultRule::ApiKeys => &API_KEYS,
        DefaultRule::BearerTokens => &BEARER_TOKENS,
        DefaultRule::AwsKeys => &AWS_KEYS,
        DefaultRule::Emails => &EMAILS,
    }
}

/// Whether a field of JSON is for a key by its name, and holds one that is not covered yet. The names
/// are those of GitLab's and the vendors' bodies; `token` is none, because answers count by it.
pub(super) fn is_key_field(name: &str, text: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "apikey",
        "authorization",
        "password",
        "clientsecret",
        "accesstoken",
        "sessiontoken",
        "privatekey",
        "secretaccesskey",
    ];
    // Most fields end in another letter.
    let Some(b'y' | b'n' | b'd' | b't' | b'Y' | b'N' | b'D' | b'T') = name.as_bytes().last() else {
        return false;
    };
    let mut name = name.to_ascii_lowercase();
    name.retain(|letter| letter != '_' && letter != '-');
    NAMES.iter().any(|known| name.ends_with(known))
        && text != super::MARK.as_bytes()
        && !text.iter().all(|byte| *byte == b'*')
}

/// ASCII alone: the secrets are, and bytes that are no text have no other letters.
fn read(patterns: &[String]) -> Vec<Regex> {
    let read = |pattern: &String| Regex::new(&format!("(?-u){pattern}"));
    let read = patterns.iter().map(read).collect::<Result<_, _>>();
    read.expect("the table holds regular expressions, which a test reads")
}
