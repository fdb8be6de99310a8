"""Certificates as a Nextcloud may have them, good and bad, made for the test."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


class Authority:
    """A private certificate authority; `file` is what NEXTCLOUD_CA_FILE would name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("The brigade's own authority")
        self._number = 0
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = _builder(self._name, self._name, self._key.public_key(), ends_in=DAY)
        builder = builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def serves(
        self, *names: x509.GeneralName, ends_in: datetime.timedelta = DAY, own_signature: bool = False
    ) -> ssl.SSLContext:
        """What a server needs that has a certificate for `names`, of this authority or signed by itself."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certifies(*names, ends_in=ends_in, own_signature=own_signature))
        return context

    def certifies(
        self, *names: x509.GeneralName, ends_in: datetime.timedelta = DAY, own_signature: bool = False
    ) -> Path:
        """A file with that certificate and its key."""
        self._number += 1
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name("Nextcloud")
        issuer = subject if own_signature else self._name
        alternative = x509.SubjectAlternativeName(names or (LOOPBACK,))
        built = _builder(subject, issuer, key.public_key(), ends_in=ends_in).add_extension(alternative, critical=False)
        certificate = built.sign(key if own_signature else self._key, hashes.SHA256())
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._folder / f"server-{self._number}.pem"
        file.write_bytes(secret + _pem(certificate))
        return file


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends_in: datetime.timedelta
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.not_valid_before(now - 30 * DAY).not_valid_after(now + ends_in)
    return builder.serial_number(x509.random_serial_number())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
