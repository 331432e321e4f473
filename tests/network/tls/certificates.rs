//! Chains with one flaw, or with none.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

const END: &str = "-----END CERTIFICATE-----\n";

/// What a server shows, in PEM: the leaf first, then what stands between it and the root.
#[derive(Clone)]
pub struct Identity {
    pub chain: String,
    pub key: String,
    /// The root that the client trusts.
    pub root: String,
}

impl Identity {
    pub fn chain_der(&self) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.chain.as_bytes()).collect::<Result<_, _>>().expect("certificates")
    }

    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key")
    }

    /// The same server, before a client that trusts another root.
    pub fn before(self, root: &Authority) -> Self {
        Self { root: root.pem(), ..self }
    }

    /// The same server, which shows what stands above the leaf the other way round.
    pub fn out_of_order(mut self) -> Self {
        let mut shown: Vec<_> = self.chain.split_inclusive(END).collect();
        shown[1..].reverse();
        self.chain = shown.concat();
        self
    }

    /// The same server without the certificates after the leaf.
    pub fn leaf_alone(self) -> Self {
        let leaf = self.chain.split_inclusive(END).next().expect("a certificate");
        Self { chain: leaf.to_owned(), ..self }
    }
}

/// A CA's parameters, good from 2020 to 2090. Its name is one of its own: verifiers look for an issuer by its name.
pub fn authority(name: &str) -> CertificateParams {
    let mut params = leaf(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = Vec::new();
    params
}

/// A server's parameters; a name that is an address becomes an iPAddress.
pub fn leaf(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, "a server");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2090, 1, 1));
    params
}

pub fn with(mut params: CertificateParams, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    change(&mut params);
    params
}

pub fn expired(params: &mut CertificateParams) {
    params.not_after = date_time_ymd(2021, 1, 1);
}

pub fn not_yet_valid(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2089, 1, 1);
}

pub fn client_only(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

/// No CA, and does not say so either.
pub fn no_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::NoCa;
}

pub fn not_a_ca(params: &mut CertificateParams) {
    params.is_ca = IsCa::ExplicitNoCa;
}

pub fn for_intermediates(count: u8) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(count))
}

pub fn permits(name: &str) -> impl FnOnce(&mut CertificateParams) {
    let permitted_subtrees = vec![GeneralSubtree::DnsName(name.to_owned())];
    |params| params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() })
}

pub fn excludes(name: &str) -> impl FnOnce(&mut CertificateParams) {
    let excluded_subtrees = vec![GeneralSubtree::DnsName(name.to_owned())];
    |params| params.name_constraints = Some(NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees })
}

pub fn permits_network(address: [u8; 4], mask: [u8; 4]) -> impl FnOnce(&mut CertificateParams) {
    let permitted_subtrees = vec![GeneralSubtree::IpAddress(CidrSubnet::V4(address, mask))];
    move |params| params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() })
}

/// The name stands in the common name alone.
pub fn common_name(name: &str) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.distinguished_name.push(DnType::CommonName, name)
}

/// A dNSName with this text, also where it is an address.
pub fn dns_name(text: &str) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.subject_alt_names.push(SanType::DnsName(text.try_into().expect("ASCII")))
}

/// An extension that nobody knows (an OID for examples), and that must be understood.
pub fn unknown_critical(params: &mut CertificateParams) {
    let mut extension = CustomExtension::from_oid_content(&[2, 999, 4, 1], vec![5, 0]);
    extension.set_criticality(true);
    params.custom_extensions.push(extension);
}

pub fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

pub fn root(params: CertificateParams) -> Authority {
    root_of(key(), params)
}

pub fn root_of(key: KeyPair, params: CertificateParams) -> Authority {
    CertifiedIssuer::self_signed(params, key).expect("a root")
}

pub fn below(params: CertificateParams, issuer: &Authority) -> Authority {
    CertifiedIssuer::signed_by(params, key(), issuer).expect("an intermediate")
}

/// A leaf with this key, below the last of `authorities`, of which the first is the root.
pub fn issue_for(key: &KeyPair, params: &CertificateParams, authorities: &[&Authority]) -> Identity {
    let (root, issuer) = (authorities[0], authorities[authorities.len() - 1]);
    let leaf = params.signed_by(key, issuer).expect("a certificate");
    let between = authorities[1..].iter().rev().map(|authority| authority.pem());
    let chain = [leaf.pem()].into_iter().chain(between).collect();
    Identity { chain, key: key.serialize_pem(), root: root.pem() }
}

pub fn issue(params: &CertificateParams, authorities: &[&Authority]) -> Identity {
    issue_for(&key(), params, authorities)
}

/// A leaf that its own key has signed.
pub fn self_signed(params: &CertificateParams, trusted: &Authority) -> Identity {
    let key = key();
    let leaf = params.self_signed(&key).expect("a certificate");
    Identity { chain: leaf.pem(), key: key.serialize_pem(), root: trusted.pem() }
}
