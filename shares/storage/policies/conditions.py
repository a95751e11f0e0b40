"""The conditions of statements: in words, and whether a request of the site meets them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from shares.storage.policies.statements import matches

# What a condition compares, by its key in lower case.
SUBJECTS = {
    "aws:calledvia": "the service that sends the request for its caller",
    "aws:currenttime": "the time",
    "aws:multifactorauthpresent": "sign-in by a second factor",
    "aws:principalaccount": "the account of the key pair",
    "aws:principalarn": "the user or role of the key pair",
    "aws:principalorgid": "the organization of the key pair",
    "aws:principaltype": "the kind of the key pair",
    "aws:referer": "the page that the request comes from",
    "aws:securetransport": "https",
    "aws:sourceaccount": "the account of the service",
    "aws:sourceip": "the address of the client",
    "aws:sourcevpc": "the VPC of the request",
    "aws:sourcevpce": "the VPC endpoint of the request",
    "aws:useragent": "the program of the client",
    "aws:userid": "the id of the user or role",
    "aws:username": "the name of the user",
    "aws:viaawsservice": "sending by a service of AWS",
    "aws:vpcsourceip": "the address of the client within its VPC",
    "s3:authtype": "the place of the signature",
    "s3:dataaccesspointaccount": "the account of the access point",
    "s3:dataaccesspointarn": "the access point of the request",
    "s3:prefix": "the prefix of a listing",
    "s3:resourceaccount": "the account of the bucket",
    "s3:signatureage": "the age of the signature in milliseconds",
    "s3:signatureversion": "the version of the signature",
    "s3:tlsversion": "the version of TLS",
    "s3:x-amz-acl": "the access list of the object",
    "s3:x-amz-content-sha256": "the checksum of the request",
    "s3:x-amz-server-side-encryption": "the encryption of the object",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "the key of the object",
    "s3:x-amz-storage-class": "the storage class of the object",
}
RELATIONS = {
    "arnequals": "is",
    "arnlike": "is",
    "arnnotequals": "is not",
    "arnnotlike": "is not",
    "binaryequals": "is",
    "bool": "is",
    "dateequals": "is",
    "dategreaterthan": "is after",
    "dategreaterthanequals": "is not before",
    "datelessthan": "is before",
    "datelessthanequals": "is not after",
    "datenotequals": "is not",
    "ipaddress": "is in",
    "notipaddress": "is not in",
    "numericequals": "is",
    "numericgreaterthan": "is above",
    "numericgreaterthanequals": "is at least",
    "numericlessthan": "is below",
    "numericlessthanequals": "is at most",
    "numericnotequals": "is not",
    "stringequals": "is",
    "stringequalsignorecase": "is",
    "stringlike": "is",
    "stringnotequals": "is not",
    "stringnotequalsignorecase": "is not",
    "stringnotlike": "is not",
}
NEGATED = {name for name, relation in RELATIONS.items() if relation in {"is not", "is not in"}}
SHAPE = re.compile(r"(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?")
UNKNOWN = "a condition that the doctor does not know"


@dataclass(frozen=True, slots=True)
class Condition:
    """``quantifier`` is ``forallvalues``, ``foranyvalue`` or empty; all names are in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False
    text: str = ""

    @classmethod
    def parse(cls, operator: str, key: str, values: tuple[str, ...]) -> "Condition":
        match = SHAPE.fullmatch(operator.lower())
        quantifier, name, suffix = match.groups() if match else ("", operator.lower(), "")
        text = f"{operator} {key}: {', '.join(values)}"
        return cls(name, key.lower(), values, quantifier or "", bool(suffix), text)

    @property
    def is_known(self) -> bool:
        """Whether the doctor knows what this condition compares, and how."""
        return self.key in SUBJECTS and (self.operator == "null" or self.operator in RELATIONS)

    def __str__(self) -> str:
        if not self.is_known:
            return f"“{self.text}” holds ({UNKNOWN})"
        subject, values = SUBJECTS[self.key], " or ".join(self.values)
        if self.operator == "null":
            return f"{subject} is {'not stated' if 'true' in self.values else 'stated'}"
        if self.operator == "bool":
            return f"it uses {subject}" if "true" in self.values else f"it does not use {subject}"
        return f"{subject} {RELATIONS[self.operator]} {values}" + (", if it is stated" if self.if_exists else "")

    def holds(self, context: Mapping[str, str | None]) -> bool | None:
        """Whether it holds for a request with these values of keys; None if the doctor cannot know.

        A value of None is a key that the request does not have.
        """
        if not self.is_known or self.key not in context:
            return None
        value = context[self.key]
        if self.operator == "null":
            return (value is None) is ("true" in self.values)
        if value is None:
            return self.operator in NEGATED or self.if_exists or self.quantifier == "forallvalues"
        try:
            is_match = any(COMPARISONS[self.operator](value, expected) for expected in self.values)
        except (KeyError, ValueError):
            return None
        return is_match is not (self.operator in NEGATED)


def is_within(address: str, network: str) -> bool:
    return ip_address(address) in ip_network(network, strict=False)


COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    **dict.fromkeys(("stringequals", "stringnotequals"), lambda value, expected: value == expected),
    **dict.fromkeys(
        ("stringequalsignorecase", "stringnotequalsignorecase", "bool"),
        lambda value, expected: value.lower() == expected.lower(),
    ),
    **dict.fromkeys(("stringlike", "stringnotlike", "arnlike", "arnnotlike", "arnequals", "arnnotequals"), matches),
    **dict.fromkeys(("ipaddress", "notipaddress"), is_within),
    **dict.fromkeys(("numericequals", "numericnotequals"), lambda value, expected: float(value) == float(expected)),
    "numericgreaterthan": lambda value, expected: float(value) > float(expected),
    "numericgreaterthanequals": lambda value, expected: float(value) >= float(expected),
    "numericlessthan": lambda value, expected: float(value) < float(expected),
    "numericlessthanequals": lambda value, expected: float(value) <= float(expected),
}


def in_words(conditions: tuple[Condition, ...]) -> str:
    """The conditions of one statement, after "when"; all of them must hold."""
    return " and ".join(map(str, conditions))
