//! Certificates and keys of an API server that lives for one run.

use std::net::{IpAddr, Ipv4Addr};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};

/// Everything that the API server needs, as PEM.
#[derive(Debug)]
pub(super) struct Credentials {
    /// The authority that clients trust.
    pub(super) authority: String,
    /// The server's certificate.
    pub(super) certificate: String,
    /// The server's key.
    pub(super) key: String,
    /// The key that signs the tokens of service accounts.
    pub(super) account_key: String,
    /// Its public half.
    pub(super) account_public_key: String,
    /// The administrator's token; nobody can guess it.
    pub(super) token: String,
}

impl Credentials {
    /// New ones for a server on the loopback address.
    pub(super) fn generate() -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority
            .distinguished_name
            .push(DnType::CommonName, "am-live envtest");
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, authority_key);

        let mut server = CertificateParams::new(vec!["localhost".to_owned()])?;
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        server.subject_alt_names.push(SanType::IpAddress(loopback));
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &issuer)?;

        let account = KeyPair::generate()?;
        let random = KeyPair::generate()?.serialize_der();
        let token = random
            .iter()
            .rev()
            .take(24)
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Ok(Self {
            authority: authority_certificate.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            account_key: account.serialize_pem(),
            account_public_key: account.public_key_pem(),
            token,
        })
    }
}
