"""The key that signs access tokens: an RSA key from TOKEN_KEY (RS256), or one derived from SECRET_KEY (HS256).

Imports no model, so that a system check can read the key before models are loaded.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings
from django.utils.crypto import salted_hmac


@dataclass(frozen=True, slots=True)
class Key:
    """What signs and verifies, and the name of it in the header of a token."""

    algorithm: str
    id: str
    private: bytes | RSAPrivateKey
    public: bytes | RSAPublicKey


def current_key() -> Key:
    return _rsa_key(settings.TOKEN_KEY) if settings.TOKEN_KEY else _derived_key(settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _derived_key(secret: str) -> Key:
    key = salted_hmac("shares.access-token", "HS256", secret=secret, algorithm="sha256").digest()
    return Key("HS256", _name(key), key, key)


@lru_cache(maxsize=4)
def _rsa_key(pem: str) -> Key:
    """Raises ValueError for anything but an RSA key in PEM; a check reports that at the start."""
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, RSAPrivateKey) or private.key_size < 2048:
        raise ValueError("not an RSA key of at least 2048 bits")
    public = private.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Key("RS256", _name(der), private, public)


def _name(key: bytes) -> str:
    return urlsafe_b64encode(sha256(b"shares.access-token.kid" + key).digest()[:9]).decode()
