"""A small certificate authority (RFC 5280) for one broker and its gateways, kept in files beside the broker's own."""

import datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from town.errors import ConfigError
from town.moment import DAY, Duration, Moment
from town.private_file import write_private

CA_CERTIFICATE, CA_KEY = "ca.pem", "ca.key"
SERVER_CERTIFICATE, SERVER_KEY = "server.pem", "server.key"
REVOKED = "revoked.pem"
AUTHORITY_DAYS: Duration = 3650 * DAY
LEAF_DAYS: Duration = 825 * DAY
"""As long as most devices accept a certificate for."""
_BACKDATED: Duration = DAY
"""Devices whose clock is behind take it too."""


class Authority:
    """Signs certificates of a broker and of gateways. `now` is an argument, so that nothing here reads a clock."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.folder, self._certificate, self._key = folder, certificate, key

    @staticmethod
    def open(folder: Path, *, name: str, now: Moment) -> "Authority":
        """The authority in the folder, made if there is none; `name` is what people see of it."""
        if not (folder / CA_CERTIFICATE).exists():
            return _new(folder, name, now)
        try:
            certificate = x509.load_pem_x509_certificate((folder / CA_CERTIFICATE).read_bytes())
            key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{folder}: restore {CA_CERTIFICATE} and {CA_KEY}, they cannot be read: {error}"
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ConfigError(f"{folder / CA_KEY} is not a key that `town gateway init` made")
        return Authority(folder, certificate, key)

    def certify_server(self, hosts: list[str], *, now: Moment) -> None:
        """Write certificate and key of the broker, for these names and addresses."""
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        certificate, key = self._sign(hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, now=now, names=names)
        write_private(self.folder / SERVER_KEY, key)
        write_private(self.folder / SERVER_CERTIFICATE, certificate)

    def certify_gateway(self, name: str, *, now: Moment) -> tuple[bytes, bytes]:
        """Certificate and key (PEM) of a gateway, whose common name is its account. One it had before is revoked."""
        self.revoke(name, now=now)
        certificate, key = self._sign(name, ExtendedKeyUsageOID.CLIENT_AUTH, now=now)
        write_private(self._of(name), certificate)
        return certificate, key

    def revoke(self, name: str, *, now: Moment) -> None:
        """Refuse the certificate of a gateway from now on, if it has one; the list (CRL) is there in any case."""
        serials = {one.serial_number: one.revocation_date_utc for one in self._revoked()}
        if self._of(name).exists():
            serials[x509.load_pem_x509_certificate(self._of(name).read_bytes()).serial_number] = _utc(now)
            self._of(name).unlink()
        self._write_revoked(serials, now)

    def _write_revoked(self, serials: dict[int, datetime.datetime], now: Moment) -> None:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._certificate.subject)
        builder = builder.last_update(_utc(now - _BACKDATED)).next_update(_utc(now + AUTHORITY_DAYS))
        for serial, at in serials.items():
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
            builder = builder.add_revoked_certificate(one)
        listed = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        write_private(self.folder / REVOKED, listed)

    def _revoked(self) -> list[x509.RevokedCertificate]:
        if not (self.folder / REVOKED).exists():
            return []
        return list(x509.load_pem_x509_crl((self.folder / REVOKED).read_bytes()))

    def _of(self, name: str) -> Path:
        return self.folder / f"gateway-{name}.pem"

    def _sign(
        self, name: str, use: x509.ObjectIdentifier, *, now: Moment, names: x509.SubjectAlternativeName | None = None
    ) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_subject(name), self._certificate.subject, key.public_key(), now, lives=LEAF_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(own, critical=False)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM), _pem(key)


def _new(folder: Path, name: str, now: Moment) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_subject(name), _subject(name), key.public_key(), now, lives=AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_CA_USAGE, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / CA_KEY, _pem(key))
    write_private(folder / CA_CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
    authority = Authority(folder, certificate, key)
    authority.revoke("", now=now)
    return authority


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: Moment, *, lives: Duration
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(_utc(now - _BACKDATED)).not_valid_after(_utc(now + lives))


_CA_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


def _utc(at: Moment) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at // 1000, datetime.UTC)
