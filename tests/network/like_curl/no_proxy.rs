//! NO_PROXY: which values have a host reached directly.

use personr_testkit::compile::skip;
use personr_testkit::figures::figures;

use super::{Otherwise, Question, SAME, ask_curl, ask_library, curl_version};

const NAME: &str = "https://enterprise.personr.co";
const DOTTED: &str = "https://enterprise.personr.co.";
const V4: &str = "https://10.0.0.7";
const V6: &str = "https://[fd00:0:0::7]";
const MAPPED: &str = "https://[::ffff:10.0.0.7]";

const LENIENT: Otherwise = Some("curl 7.88 reads a length up to the first other character, later ones do not");
const AS_NAMES: Otherwise = Some("curl 7.88 compares IPv6 addresses as names, unlike its manual");
const BRACKETS: Otherwise = Some("curl's manual wants none; they can mean nothing else");
const ONE_ADDRESS: Otherwise = Some("to us an IPv4 address in an IPv6 address is the IPv4 address");

/// Target, NO_PROXY, whether it is reached directly, and why curl does otherwise.
type Row = (&'static str, &'static [u8], bool, Otherwise);

const ROWS: &[Row] = &[
    (NAME, b"", false, SAME),
    (NAME, b"*", true, SAME),
    (NAME, b" *", false, SAME),
    (NAME, b"* ", false, SAME),
    (NAME, b"*,example.com", false, SAME),
    (NAME, b"example.com,*", false, SAME),
    (NAME, b"**", false, SAME),
    (NAME, b"*.personr.co", false, SAME),
    (NAME, b"*personr.co", false, SAME),
    (NAME, b"enterprise.*", false, SAME),
    (NAME, b"enterprise.personr.co", true, SAME),
    (NAME, b"personr.co", true, SAME),
    (NAME, b".personr.co", true, SAME),
    (NAME, b"..personr.co", false, SAME),
    (NAME, b"personr.co.", true, SAME),
    (NAME, b"personr.co..", false, SAME),
    (NAME, b".personr.co.", true, SAME),
    (NAME, b"PERSONR.co", true, SAME),
    (NAME, b"co", true, SAME),
    (NAME, b".co", true, SAME),
    (NAME, b"sonr.co", false, SAME),
    (NAME, b"a.enterprise.personr.co", false, SAME),
    (NAME, b".", false, SAME),
    (NAME, b"..", false, SAME),
    (NAME, b",", false, SAME),
    (NAME, b",,personr.co", true, SAME),
    (NAME, b"example.com,personr.co", true, SAME),
    (NAME, b"example.com , personr.co", true, SAME),
    (NAME, b"\tpersonr.co\t,example.com", true, SAME),
    (NAME, b"example.com,\tpersonr.co", true, SAME),
    (NAME, b"example.com personr.co", true, Some("later versions of curl end the list at a blank without a comma")),
    (NAME, b"example.com\tpersonr.co", true, Some("later versions of curl end the list at a blank without a comma")),
    (NAME, b"example.com;personr.co", false, SAME),
    (NAME, b"\"personr.co\"", false, SAME),
    (NAME, b"personr.co:443", false, SAME),
    (NAME, b"personr.co:8443", false, SAME),
    (NAME, b"personr.co:bad", false, SAME),
    (NAME, b"personr.co:", false, SAME),
    (NAME, b"https://personr.co", false, SAME),
    (NAME, b"personr.co/", false, SAME),
    (NAME, b"\xff,personr.co", true, SAME),
    (NAME, b"\xffpersonr.co", false, SAME),
    (NAME, b"10.0.0.0/8", false, SAME),
    (DOTTED, b"personr.co", true, SAME),
    (DOTTED, b"personr.co.", true, SAME),
    (DOTTED, b".personr.co.", true, SAME),
    (DOTTED, b"enterprise.personr.co", true, SAME),
    (DOTTED, b"enterprise.personr.co.", true, SAME),
    (DOTTED, b"personr", false, SAME),
    (V4, b"*", true, SAME),
    (V4, b"10.0.0.7", true, SAME),
    (V4, b"10.0.0.8", false, SAME),
    (V4, b"10.0.0.0/8", true, SAME),
    (V4, b"10.9.9.9/8", true, SAME),
    (V4, b"11.0.0.0/8", false, SAME),
    (V4, b"11.0.0.0/7", true, SAME),
    (V4, b"12.0.0.0/7", false, SAME),
    (V4, b"11.0.0.0/1", true, SAME),
    (V4, b"10.0.0.0/08", true, SAME),
    (V4, b"10.0.0.6/31", true, SAME),
    (V4, b"10.0.0.8/31", false, SAME),
    (V4, b"10.0.0.7/32", true, SAME),
    (V4, b"10.0.0.7/33", false, SAME),
    (V4, b"10.0.0.7/-1", false, SAME),
    (V4, b"10.0.0.7/99999999999", false, SAME),
    (V4, b"0.0.0.0/0", false, SAME),
    (V4, b"10.0.0.7/0", true, SAME),
    (V4, b"10.0.0.7/", false, LENIENT),
    (V4, b"10.0.0.7/x", false, LENIENT),
    (V4, b"10.0.0.0/8x", false, LENIENT),
    (V4, b"10.0.0.0/8:443", false, LENIENT),
    (V4, b"10.0.0.0/+8", false, LENIENT),
    (V4, b"10.0.0.0/255.0.0.0", false, SAME),
    (V4, b"10.0.0.0 /8", false, SAME),
    (V4, b"example.com,\t10.0.0.0/8 ", true, SAME),
    (V4, b"10.0.0.7:443", false, SAME),
    (V4, b".10.0.0.7", false, SAME),
    (V4, b"10.0.0.7.", false, SAME),
    (V4, b"010.0.0.7", false, SAME),
    (V4, b"0.0.7", false, SAME),
    (V4, b".7", false, SAME),
    (V4, b"10.*", false, SAME),
    (V4, b"[10.0.0.7]", true, BRACKETS),
    (V4, b"::ffff:10.0.0.7", true, ONE_ADDRESS),
    (V6, b"*", true, SAME),
    (V6, b"fd00::7", true, SAME),
    (V6, b"FD00::7", true, SAME),
    (V6, b"fd00:0:0:0:0:0:0:7", true, AS_NAMES),
    (V6, b"fd00::0007", true, AS_NAMES),
    (V6, b"[fd00::7]", true, BRACKETS),
    (V6, b"fd00::8", false, SAME),
    (V6, b"fd00::/8", true, AS_NAMES),
    (V6, b"[fd00::]/8", true, BRACKETS),
    (V6, b"fc00::/7", true, AS_NAMES),
    (V6, b"fe00::/7", false, AS_NAMES),
    (V6, b"fd00::6/127", true, AS_NAMES),
    (V6, b"fd00::8/127", false, AS_NAMES),
    (V6, b"fd00::7/128", true, AS_NAMES),
    (V6, b"fd00::7/129", false, SAME),
    (V6, b"::/0", false, SAME),
    (V6, b"[fd00::7]:443", false, SAME),
    (V6, b"fd00::7%lo", false, SAME),
    (V6, b".fd00::7", false, AS_NAMES),
    (V6, b"fd00::7.", false, AS_NAMES),
    (MAPPED, b"::ffff:10.0.0.7", true, SAME),
    (MAPPED, b"::ffff:10.0.0.8", false, SAME),
    (MAPPED, b"10.0.0.0/8", true, ONE_ADDRESS),
];

#[test]
fn hosts_are_excepted_as_by_curl() {
    let test = "hosts_are_excepted_as_by_curl";
    let questions: Vec<_> = ROWS
        .iter()
        .map(|(url, no_proxy, ..)| Question {
            url: (*url).to_owned(),
            userinfo: Vec::new(),
            no_proxy: no_proxy.to_vec(),
        })
        .collect();
    let shown =
        |question: &Question| format!("{} with {:?}", question.url, String::from_utf8_lossy(&question.no_proxy));
    let mut wrong = Vec::new();
    for ((_, _, is_direct, _), (question, way)) in ROWS.iter().zip(questions.iter().zip(ask_library(&questions))) {
        if *is_direct == way.by_proxy() {
            wrong.push(format!("{}: {way:?}", shown(question)));
        }
    }
    assert!(wrong.is_empty(), "the library:\n{}", wrong.join("\n"));

    let Some(version) = curl_version() else {
        return skip(test, "curl 7.86 or later is not installed (Debian: curl)");
    };
    for ((_, _, is_direct, otherwise), question) in ROWS.iter().zip(&questions) {
        if otherwise.is_none() && *is_direct == ask_curl(question).by_proxy() {
            wrong.push(shown(question));
        }
    }
    assert!(wrong.is_empty(), "curl {version} does something else:\n{}", wrong.join("\n"));
    let reasons = ROWS.iter().filter(|(.., otherwise)| otherwise.is_some()).count();
    figures!("{} values of NO_PROXY read as by curl {version}, {reasons} otherwise for a reason", ROWS.len() - reasons);
}
