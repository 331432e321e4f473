use super::*;

use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};

use Flaw::{Base64, Begin, Contents, End, NotForServers};

fn der(name: &str) -> Vec<u8> {
    let mut params = CertificateParams::new([]).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, name);
    params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").der().to_vec()
}

/// As OpenSSL writes it, without the line break at the end.
fn armour(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}

/// Number and line of each certificate that begins, and its flaw.
fn found(text: &[u8]) -> Vec<(usize, usize, Option<Flaw>)> {
    certificates(text).map(|found| (found.place.number, found.place.line, found.certificate.err())).collect()
}

/// All that are well, in their order.
fn taken(text: &[u8]) -> Vec<Vec<u8>> {
    certificates(text).filter_map(|found| Some(found.certificate.ok()?.to_vec())).collect()
}

#[test]
fn everything_that_openssl_reads_is_read() {
    let [first, second] = ["first", "second"].map(der);
    let [one, two] = [&first, &second].map(|der| armour("CERTIFICATE", der));
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let indented = |text: &str| text.lines().map(|line| format!("\t  {line}  \n")).collect::<String>();
    let one_line = |text: &str| {
        let mut lines: Vec<_> = text.lines().collect();
        let last = lines.pop().expect("a line");
        format!("{}\n{}\n{last}", lines[0], lines[1..].concat())
    };
    let texts: Vec<(&str, Vec<u8>)> = vec![
        ("plain", format!("{one}\n{two}\n").into()),
        ("no line break at the end", format!("{one}\n{two}").into()),
        ("joined without a line break", format!("{one}{two}").into()),
        ("joined with a blank", format!("{one} {two}").into()),
        ("byte order mark", format!("\u{FEFF}{one}\n{two}\n").into()),
        ("byte order marks of two files", format!("\u{FEFF}{one}\n\u{FEFF}{two}\n").into()),
        ("joined at a byte order mark", format!("{one}\u{FEFF}{two}\n").into()),
        ("CR LF", crlf(&format!("{one}\n{two}\n")).into()),
        ("CR", format!("{one}\n{two}\n").replace('\n', "\r").into()),
        ("line ends of all kinds", format!("{}\n{}\r{two}", crlf(&one), "a comment").into()),
        ("indented", format!("{}{}", indented(&one), indented(&two)).into()),
        ("old label", [armour("X509 CERTIFICATE", &first), armour("TRUSTED CERTIFICATE", &second)].join("\n").into()),
        ("Latin-1 between them", [one.as_bytes(), b"\n# Autorit\xE9 -\xFF\n", two.as_bytes()].concat()),
        ("NUL between them", [one.as_bytes(), b"\n\0\0\n", two.as_bytes()].concat()),
        ("each in one line", format!("{}\n{}", one_line(&one), one_line(&two)).into()),
        ("blank lines within", format!("{}\n{two}", one.replacen('\n', "\n\n", 1)).into()),
        ("behind a key and a request", {
            let others = [armour("PRIVATE KEY", b"key"), armour("CERTIFICATE REQUEST", b"request")].concat();
            format!("{others}{one}\n{}{two}", armour("X509 CRL", b"list")).into()
        }),
        ("comments that look alike", {
            let comments = "# -----BEGIN CERTIFICATE-----\n== BEGIN CERTIFICATE ==\nsee -----BEGIN CERTIFICATE-----\n";
            format!("{comments}{one}\n-----BEGIN CERTIFICATES-----\n{two}").into()
        }),
        (
            "something behind the value",
            { armour("CERTIFICATE", &[&first[..], b"\x30\0"].concat()) + "\n" + &two }.into(),
        ),
    ];
    for (name, text) in texts {
        assert_eq!(taken(&text), [first.as_slice(), &second], "{name}: {:?}", found(&text));
    }
}

#[test]
fn each_line_that_begins_a_certificate_gives_one_or_its_flaw() {
    let good = armour("CERTIFICATE", &der("good"));
    let body = good.split_once('\n').expect("lines").1;
    let lines = good.lines().count();
    // A flaw, and how many lines the text has; a good certificate follows.
    let broken: Vec<(String, Flaw)> = vec![
        (format!("-----BEGIN CERTIFICATE----\n{body}"), Begin),
        (format!("----BEGIN CERTIFICATE-----\n{body}"), Begin),
        (format!("----- BEGIN CERTIFICATE -----\n{body}"), Begin),
        (format!("-----BEGIN CERTIFICATE----- \u{201C}\n{body}"), Begin),
        (format!("\u{2013}\u{2013}BEGIN CERTIFICATE\u{2013}\u{2013}\n{body}"), Begin),
        (format!("\"-----BEGIN TRUSTED CERTIFICATE-----\\n{}", body.replace('\n', "\\n")), Begin),
        (good.replace('\n', ""), Begin),
        (good.replace("-----END CERTIFICATE-----", ""), End),
        (good.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE----"), End),
        (good.replace("END CERTIFICATE", "END X509 CERTIFICATE"), End),
        (good.replacen("\nMI", "\nM\u{E4}", 1), Base64),
        (good.replacen("\nMI", "\nI", 1), Base64),
        (good.replacen("\nMI", "\nName: value\n\nMI", 1), Base64),
        (armour("CERTIFICATE", b""), Contents),
        (armour("CERTIFICATE", &[0; 3]), Contents),
        (armour("CERTIFICATE", &der("cut")[..100]), Contents),
    ];
    for (text, flaw) in broken {
        let next = text.matches('\n').count() + 2;
        let expected = [(1, 1, Some(flaw)), (2, next, None)];
        assert_eq!(found(format!("{text}\n{good}\n").as_bytes()), expected, "{text}");
        let expected = [(1, 1, None), (2, lines + 2, Some(flaw))];
        assert_eq!(found(format!("{good}\n\n{text}").as_bytes()), expected, "{text}");
    }
    assert_eq!(found(b"no PEM at all, and no line that looks like it: ---- BEGIN ----"), []);
}

#[test]
fn trust_settings_are_obeyed() {
    const SERVERS: &[u8] = SERVER_AUTH;
    const ANY: &[u8] = &[0x06, 4, 0x55, 0x1D, 0x25, 0];
    /// emailProtection.
    const EMAIL: &[u8] = &[0x06, 8, 0x2B, 6, 1, 5, 5, 7, 3, 4];
    const SERVER_AUTH: &[u8] = &[0x06, 8, 0x2B, 6, 1, 5, 5, 7, 3, 1];
    let list = |tag: u8, purposes: &[&[u8]]| {
        let content = purposes.concat();
        [&[tag, content.len() as u8][..], &content].concat()
    };
    let (trust, reject) = (|purposes: &[&[u8]]| list(0x30, purposes), |purposes: &[&[u8]]| list(0xA0, purposes));
    let alias = &[0x0C, 1, b'a'][..];
    let cases = [
        (vec![], None),
        (alias.to_vec(), None),
        (trust(&[SERVERS]), None),
        (trust(&[EMAIL, SERVERS]), None),
        (trust(&[ANY]), None),
        ([&trust(&[SERVERS])[..], &reject(&[EMAIL])].concat(), None),
        (reject(&[EMAIL]), None),
        ([&trust(&[SERVERS])[..], alias].concat(), None),
        (trust(&[EMAIL]), Some(NotForServers)),
        (trust(&[]), Some(NotForServers)),
        (reject(&[SERVERS]), Some(NotForServers)),
        (reject(&[EMAIL, ANY]), Some(NotForServers)),
        ([&trust(&[SERVERS])[..], &reject(&[SERVERS])].concat(), Some(NotForServers)),
        (list(0x30, &[b"\x01\x01\x00"]), Some(Contents)),
    ];
    let certificate = der("a root");
    for (settings, flaw) in cases {
        let with_settings = [&certificate[..], &list(0x30, &[&settings])].concat();
        let text = armour("TRUSTED CERTIFICATE", &with_settings);
        assert_eq!(found(text.as_bytes()), [(1, 1, flaw)], "{settings:02x?}");
        if flaw.is_none() {
            assert_eq!(taken(text.as_bytes()), [certificate.as_slice()], "the certificate alone");
        }
        // What follows a certificate of another kind has no meaning.
        assert_eq!(found(armour("CERTIFICATE", &with_settings).as_bytes()), [(1, 1, None)]);
    }
    let cut = [&certificate[..], &[0x30, 5, 0]].concat();
    assert_eq!(found(armour("TRUSTED CERTIFICATE", &cut).as_bytes()), [(1, 1, Some(Contents))]);
}

/// Whatever the bytes are: it comes to an end, and counts what it finds.
#[test]
fn cut_and_changed_texts_are_read_to_their_end() {
    let text =
        format!("{}{}\r\n", armour("CERTIFICATE", &der("a")), armour("TRUSTED CERTIFICATE", &der("b"))).into_bytes();
    let check = |text: &[u8]| {
        let found = found(text);
        assert!(found.len() <= 3 && found.iter().map(|(number, ..)| *number).eq(1..=found.len()), "{found:?}");
    };
    for length in 0..text.len() {
        check(&text[..length]);
        for byte in [b'-', b'\n', b'\r', b' ', b'=', b'E', 0xFF] {
            let mut changed = text.clone();
            changed[length] = byte;
            check(&changed);
        }
    }
}
