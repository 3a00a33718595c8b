"""Signatures: intact, changed afterwards, broken, trusted or not, each told apart; nothing fetched."""

import datetime
import io
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from vigil.adapters.documents import Document, Signature, extract

SIGNER = "Nguyễn Văn Mẫu"


def certificate(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(True, True, False, False, False, True, True, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return made, key


CERTIFICATE, KEY = certificate(SIGNER)


def signed(pdf: bytes, field: str = "ChuKy") -> bytes:
    store = serialization.pkcs12.serialize_key_and_certificates(
        b"x", KEY, CERTIFICATE, None, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner.load_pkcs12_data(store, [])
    metadata = signers.PdfSignatureMetadata(field_name=field)
    out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), metadata, signer=signer)
    return bytes(out.getvalue())


def only(document: Document) -> Signature:
    (signature,) = document.signatures
    return signature


def test_an_intact_signature_is_shown_with_its_signer_and_time(dispatch_pdf: bytes) -> None:
    document = extract(signed(dispatch_pdf))
    signature = only(document)
    assert (signature.field, signature.state, signature.coverage) == ("ChuKy", "intact", "whole file")
    assert (signature.signer, signature.trust, signature.timestamped) == (SIGNER, "no anchors", False)
    assert datetime.datetime.fromisoformat(signature.signed_at or "").tzinfo is not None
    assert document.warnings == ()
    assert document.text == extract(dispatch_pdf).text
    assert document.to_json()["signatures"][0]["says"].startswith(f"Signed by {SIGNER}: intact; ")


def test_trust_comes_from_the_folder_and_from_nowhere_else(dispatch_pdf: bytes, tmp_path: Path) -> None:
    data = signed(dispatch_pdf)
    (tmp_path / "broken.crt").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert only(extract(data, anchors=tmp_path)).trust == "no anchors"
    other, _key = certificate("Somebody Else")
    (tmp_path / "other.pem").write_bytes(other.public_bytes(serialization.Encoding.PEM))
    assert only(extract(data, anchors=tmp_path)).trust == "not trusted"
    (tmp_path / "own.der").write_bytes(CERTIFICATE.public_bytes(serialization.Encoding.DER))
    assert only(extract(data, anchors=tmp_path)).trust == "trusted"


def test_a_tampered_file_shows_a_broken_signature(dispatch_pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "own.der").write_bytes(CERTIFICATE.public_bytes(serialization.Encoding.DER))
    data = bytearray(signed(dispatch_pdf))
    data[data.index(b"/Producer") + 12] ^= 1
    document = extract(bytes(data), anchors=tmp_path)
    assert (only(document).state, only(document).trust) == ("broken", "not checked")
    assert [str(one) for one in document.warnings] == ["A signature of the file is BROKEN."]


def test_an_addition_after_signing_is_told_apart_from_breaking(dispatch_pdf: bytes) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed(dispatch_pdf)))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)
    buffer = io.BytesIO()
    writer.write(buffer)
    document = extract(buffer.getvalue())
    assert only(document).state == "changed after signing"
    assert [str(one) for one in document.warnings] == ["The file was changed after it was signed."]


def test_a_second_signature_does_not_spoil_the_first(dispatch_pdf: bytes) -> None:
    document = extract(signed(signed(dispatch_pdf), "ChuKy2"))
    assert [one.state for one in document.signatures] == ["intact", "intact"]
    assert [one.coverage for one in document.signatures] == ["earlier revision", "whole file"]


@pytest.mark.parametrize("mark", [b"/ByteRange", b"/Contents <3"])
def test_a_signature_that_is_none_is_said_to_be_unreadable_or_broken(dispatch_pdf: bytes, mark: bytes) -> None:
    data = bytearray(signed(dispatch_pdf))
    place = data.rindex(mark) + len(mark) + 2
    data[place : place + 4] = b"9999"
    document = extract(bytes(data))
    assert {one.state for one in document.signatures} <= {"broken", "unreadable"}
    assert document.warnings
