//! Says in words by which kind of signature a certificate is signed, if that kind is not accepted.

/// The beginnings of the identifiers of signatures, in DER without the outer tag: object identifiers.
const SIGNATURES: [(&[u8], &str); 7] = [
    (b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05", "with SHA-1"),
    (b"\x06\x07\x2A\x86\x48\xCE\x3D\x04\x01", "with SHA-1"),
    (b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04", "with MD5"),
    (b"\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x04", "with ECDSA and SHA-512"),
    (b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0E", "with SHA-224"),
    (b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A", "with RSA-PSS in an unusual form"),
    (b"\x06\x03\x2B\x65\x71", "with Ed448"),
];

/// Keys and what is said of them. An elliptic-curve key has two identifiers: of its kind, and of its curve.
const KEYS: [(&[u8], &str); 3] = [
    (b"\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00\x23", "by a P-521 key"),
    (b"\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00\x0A", "by a secp256k1 key"),
    (b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A", "by an RSA-PSS key"),
];

/// `key` is that of the issuer, if it is the key that does not fit.
pub(super) fn not_accepted(signature: &[u8], key: Option<&[u8]>) -> String {
    let known = match key {
        Some(key) => KEYS.iter().find(|(identifier, _)| key.starts_with(identifier)),
        None => SIGNATURES.iter().find(|(identifier, _)| signature.starts_with(identifier)),
    };
    let how = known.map_or("in a way", |(_, how)| how);
    format!("the certificate or its issuer's is signed {how}, which is not accepted")
}
