#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The independent implementation of the interoperability test: scapy's STAMP layouts.

stamp_scapy.py decode sender|reflector HEX    the fields as scapy sees them, one `name value` a line
stamp_scapy.py probe SEQUENCE SSID [TYPE:HEX …]    a probe as scapy makes it, in hexadecimal
"""
import logging
import sys

logging.getLogger("scapy").setLevel(logging.CRITICAL)
# pylint: disable=wrong-import-position
from scapy.contrib.stamp import (STAMPSessionReflectorTestUnauthenticated, STAMPSessionSenderTestUnauthenticated,
                                 STAMPTestTLV)  # noqa: E402


def raw_time(packet, field):
    """The 64 bits of a time stamp: scapy reads it before it knows its format."""
    description, value = packet.getfield_and_val(field)
    return description.addfield(packet, b"", value)[-8:].hex()


def estimate(packet, field):
    each = getattr(packet, field)
    return f"{each.S} {each.Z} {each.scale} {each.multiplier}"


def decode(kind, octets):
    layout = {"sender": STAMPSessionSenderTestUnauthenticated, "reflector": STAMPSessionReflectorTestUnauthenticated}
    packet = layout[kind](octets)
    print("seq", packet.seq)
    print("ts", raw_time(packet, "ts"))
    print("estimate", estimate(packet, "err_estimate"))
    print("ssid", packet.ssid)
    if kind == "reflector":
        print("ts_rx", raw_time(packet, "ts_rx"))
        print("seq_sender", packet.seq_sender)
        print("ts_sender", raw_time(packet, "ts_sender"))
        print("estimate_sender", estimate(packet, "err_estimate_sender"))
        print("mbz", packet.mbz1, packet.mbz2)
        print("ttl_sender", packet.ttl_sender)
    else:
        print("mbz", packet.mbz)
    for tlv in packet.tlv_objects:
        print("tlv", f"{int(tlv.flags):02x}", tlv.type, tlv.len, tlv.value.hex() or "-")
    print("rest", len(packet.payload))


def probe(sequence, ssid, tlvs):
    packet = STAMPSessionSenderTestUnauthenticated(seq=int(sequence), ssid=int(ssid), ts=3_900_000_000.25)
    packet.err_estimate.S = 1
    packet.err_estimate.scale = 3
    packet.err_estimate.multiplier = 200
    for tlv in tlvs:
        kind, value = tlv.split(":")
        octets = bytes.fromhex(value)
        packet.tlv_objects.append(STAMPTestTLV(flags=0x80, type=int(kind), len=len(octets), value=octets))
    print(bytes(packet).hex())


if sys.argv[1] == "decode":
    decode(sys.argv[2], bytes.fromhex(sys.argv[3]))
else:
    probe(sys.argv[2], sys.argv[3], sys.argv[4:])
