"""Settings of a storage on AWS that no test connects to, and the private key of its CloudFront distribution."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ACCOUNT = "123456789012"
ACCESS_POINT = f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/team-readers"
OBJECT_LAMBDA = f"arn:aws:s3-object-lambda:eu-west-1:{ACCOUNT}:accesspoint/redact"
MULTI_REGION = f"arn:aws:s3::{ACCOUNT}:accesspoint/mfzwi23gnjvgw.mrap"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()
AWS = {
    "bucket_name": "shares",
    "region_name": "eu-west-1",
    "addressing_style": "virtual",
    "access_key": "AKIDEXAMPLE",
    "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "account_id": ACCOUNT,
}
CLOUDFRONT = {"cloudfront_domain": "cdn.example.org", "cloudfront_key_id": "K2JCJMDEHXQW5F", "cloudfront_key": PEM}
