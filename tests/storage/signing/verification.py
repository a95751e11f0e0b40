"""Verifies signed URLs as the other side does, with code that shares nothing with the signers: public keys alone."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

ALGORITHM = "AWS4-ECDSA-P256-SHA256"
# The order of the curve P-256, from NIST SP 800-186, section 3.2.1.3.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def derive_public_key(access_key: str, secret_key: str) -> ec.EllipticCurvePublicKey:
    """The public half of the key that a pair derives to, by the key derivation function of NIST SP 800-108 in counter
    mode, as AWS publishes it for signature version 4A.
    """
    for counter in range(1, 255):
        context = ALGORITHM.encode() + b"\0" + access_key.encode() + bytes([counter]) + (256).to_bytes(4, "big")
        digest = hmac.new(b"AWS4A" + secret_key.encode(), (1).to_bytes(4, "big") + context, hashlib.sha256).digest()
        candidate = int.from_bytes(digest, "big")
        if candidate <= ORDER - 2:
            return ec.derive_private_key(candidate + 1, ec.SECP256R1()).public_key()
    raise AssertionError("no key")


def verify_asymmetric(url: str, public_key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Check a presigned GET of signature version 4A; returns its query. Raises InvalidSignature."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    signature = bytes.fromhex(query.pop("X-Amz-Signature"))
    assert query["X-Amz-SignedHeaders"] == "host"
    quoted_query = [(quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items()]
    canonical_query = "&".join(f"{name}={value}" for name, value in sorted(quoted_query))
    request = ["GET", quote(unquote(parts.path), safe="/-_.~"), canonical_query]
    request += [f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"]
    scope = query["X-Amz-Credential"].split("/", 1)[1]
    digest = hashlib.sha256("\n".join(request).encode()).hexdigest()
    message = "\n".join([query["X-Amz-Algorithm"], query["X-Amz-Date"], scope, digest])
    public_key.verify(signature, message.encode(), ec.ECDSA(hashes.SHA256()))
    return query


def verify_canned(url: str, public_key: rsa.RSAPublicKey) -> int:
    """Check a CloudFront URL with a canned policy; returns the second at which it ends. Raises InvalidSignature."""
    resource, _, signature_query = url.partition("&Expires=")
    values = dict(parse_qsl("Expires=" + signature_query, strict_parsing=True))
    end = int(values["Expires"])
    policy = {"Statement": [{"Resource": resource, "Condition": {"DateLessThan": {"AWS:EpochTime": end}}}]}
    message = json.dumps(policy, separators=(",", ":")).encode()
    public_key.verify(_decode(values["Signature"]), message, padding.PKCS1v15(), hashes.SHA1())
    return end


def verify_custom(url: str, public_key: rsa.RSAPublicKey) -> dict[str, Any]:
    """Check a CloudFront URL with a custom policy of its own; returns its conditions. Raises InvalidSignature."""
    resource, _, signature_query = url.partition("&Policy=")
    values = dict(parse_qsl("Policy=" + signature_query, strict_parsing=True))
    statement = verify_policy(values["Policy"], values["Signature"], public_key)
    assert statement["Resource"] == resource
    conditions: dict[str, Any] = statement["Condition"]
    return conditions


def verify_policy(policy: str, signature: str, public_key: rsa.RSAPublicKey) -> dict[str, Any]:
    """The statement of an encoded policy, as URLs and cookies contain it. Raises InvalidSignature."""
    message = _decode(policy)
    public_key.verify(_decode(signature), message, padding.PKCS1v15(), hashes.SHA1())
    [statement] = json.loads(message)["Statement"]
    result: dict[str, Any] = statement
    return result


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _decode(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")), validate=True)
