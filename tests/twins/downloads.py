"""Broken rules of downloads: limits, grants, expiry, signatures and delivery."""

from tests.twins.twin import Twin

TWINS = (
    Twin(
        "A download limit is never exceeded: the fallback",
        "shares/db/fast_path.py",
        "WHERE max_downloads IS NOT NULL AND download_count < max_downloads AND {_NOT_ENDED}",
        "WHERE max_downloads IS NOT NULL AND {_NOT_ENDED}",
        "tests/races/test_caps.py",
        sqlite=False,
    ),
    Twin(
        # The statement checks the limit twice, so the counting is broken instead.
        "A download limit is never exceeded: the fast path",
        "shares/db/fast_path.py",
        "UPDATE shares_share s SET download_count = download_count + 1,",
        "UPDATE shares_share s SET download_count = download_count,",
        "tests/services/downloads/test_downloads.py tests/races/test_caps.py",
        sqlite=False,
    ),
    Twin(
        "A changed password ends the grants of the old one",
        "shares/services/downloads/grants.py",
        "return claims if claims is not None and claims.version == share.password_version else None",
        "return claims",
        "tests/services/downloads/test_downloads.py tests/views/recipient/test_recipient.py",
    ),
    Twin(
        "A token is valid for its own share only",
        "shares/services/downloads/grants.py",
        "if of_share != share_id or expires_at <= now:",
        "if expires_at <= now:",
        "tests/services/downloads/test_downloads.py tests/views",
    ),
    Twin(
        "A share ends at its expiry",
        "shares/policies.py",
        "share.expires_at <= now:\n        return Expired()\n    if share.used_up_at",
        "share.expires_at <= now:\n        pass\n    if share.used_up_at",
        "tests/services/downloads/test_downloads.py tests/views/recipient/test_ended_shares.py",
    ),
    Twin(
        "The share of another account does not exist in the API",
        "shares/policies.py",
        "if share.owner_id != caller.user.pk:",
        "if False:",
        "tests/api/test_shares.py tests/services/sharing/test_shares.py",
    ),
    Twin(
        "A signature is equal to botocore's, byte for byte",
        "shares/storage/signing/signer.py",
        'request.context["signed"] = sorted((*headers.items(), ("host", endpoint.host)))',
        'request.context["signed"] = [*headers.items(), ("host", endpoint.host)]',
        "tests/storage/signing/test_signer.py",
    ),
    Twin(
        "A signing key is valid for one day",
        "shares/storage/signing/signer.py",
        'day = request.context["timestamp"][:8]',
        'day = request.context["timestamp"][:6] + "01"',
        "tests/storage/signing/test_signer.py",
    ),
    Twin(
        "Storage refuses more bytes than a form allows",
        "shares/storage/signing/forms.py",
        '["content-length-range", 1, max_bytes]',
        '["content-length-range", 1, max_bytes + 1]',
        "tests/services/uploads/test_form_uploads.py",
    ),
    Twin(
        "CloudFront keeps no file of a share with a password",
        "shares/services/downloads/delivery.py",
        "return signed_delivery(cacheable=not share.has_password)",
        "return signed_delivery(cacheable=True)",
        "tests/services/downloads/test_delivery.py",
    ),
    Twin(
        "A link of a program ends with the time that its type allows",
        "shares/services/downloads/links.py",
        "        lifetime = min(lifetime, seconds)\n",
        "        lifetime = seconds\n",
        "tests/api/test_links.py",
    ),
)
