"""DNS, firewalls, sensors, VPN, the cloud."""
# ruff: noqa: E501  (a line of a log is one line)

from typing import Any

from tests.shipped_rules.lines import bind, cloud, eve, fortinet, syslog, zeek

HALF = 500_000_000


def label(n: int) -> str:
    """A name that carries data."""
    return f"{n:08x}{'a' * 32}.t.xa.example"


def denied(port: int = 445, *, src: str = "10.1.1.5", dst: str = "10.1.2.9", s: float = 0) -> str:
    """A firewall refused a connection."""
    return fortinet("traffic", srcip=src, dstip=dst, srcport=50000, dstport=port, action="deny", s=s)


def blocked(port: int, s: float = 0) -> str:
    """netfilter refused one."""
    text = f"[1.2] [UFW BLOCK] IN=eth0 OUT= SRC=192.168.1.5 DST=10.1.2.9 PROTO=TCP SPT=1 DPT={port}"
    return syslog("kernel", text, s=s)


def flow(to_server: int, *, s: float = 0, **more: Any) -> str:
    """A flow that Suricata saw."""
    return eve("flow", s=s, flow={"bytes_toserver": to_server, "state": "closed"}, dest_port=443, **more)


def let_through(port: int, src: str, dst: str = "192.168.1.9") -> str:
    """A firewall let a connection in."""
    return fortinet("traffic", srcip=src, dstip=dst, dstport=port, action="accept")


def vpn(ok: bool = False, *, ip: str = "203.0.113.7", s: float = 0) -> str:
    """A sign-in to a VPN."""
    if ok:
        return fortinet("event", subtype="vpn", action="tunnel-up", tunneltype="ssl-web", remip=ip, user="an", s=s)
    return fortinet("event", subtype="vpn", action="ssl-login-fail", remip=ip, user="an", s=s)


def cef(name: str, **pairs: Any) -> str:
    """A record in CEF."""
    told = " ".join(f"{key}={value}" for key, value in pairs.items())
    return f"CEF:0|Hang|Tuong Lua|1|100|{name}|8|src=203.0.113.7 dst=192.168.1.9 dpt=80 {told}".rstrip()


def console(answer: str, *, s: float = 0, kind: str = "IAMUser", mfa: str = "No") -> str:
    """A sign-in to the console of the cloud."""
    return cloud(
        "ConsoleLogin", s=s, userIdentity={"type": kind}, responseElements={"ConsoleLogin": answer},
        additionalEventData={"MFAUsed": mfa},
    )  # fmt: skip


def policy(name: str, **more: Any) -> str:
    """A policy was attached."""
    return cloud("AttachUserPolicy", requestParameters={"policyArn": f"arn:aws:iam::aws:policy/{name}"}, **more)


NETWORK: dict[str, tuple[list[list[str]], list[list[str]]]] = {
    "DNS query with a very long label": (
        [[bind(label(1))], [eve("dns", dns={"type": "query", "rrname": label(1), "rrtype": "TXT"})]],
        [[bind("www.coquan.example")], [bind("dai-nhung-chua-du-dai.cham.va.nhieu.phan.hon.coquan.example")]],
    ),
    "Data leaves in the names of DNS queries (tunnel)": (
        [[bind(label(n), s=n * 2) for n in range(100)]],
        [[bind(label(n), s=n * 2) for n in range(99)], [bind(label(1), s=n) for n in range(150)],
         [bind(label(n), s=n, src=f"192.168.1.{n}") for n in range(150)], [bind(f"www{n}.coquan.example", s=n) for n in range(150)]],
    ),
    "Connection of an inside machine was refused": (
        [[denied()], [blocked(22)], [zeek(conn_state="S0")]],
        [[denied(src="203.0.113.7")], [let_through(445, "10.1.1.5")], [zeek()]],
    ),
    "Inside machine tries many ports of another": (
        [[denied(n, s=n) for n in range(1, 31)], [blocked(n, s=n) for n in range(1, 31)]],
        [[denied(n, s=n) for n in range(1, 30)], [denied(445, s=n) for n in range(60)],
         [denied(n, s=n, src="203.0.113.7") for n in range(60)]],
    ),
    "Inside machine tries one port of many others": (
        [[denied(dst=f"10.1.2.{n}", s=n) for n in range(50)]],
        [[denied(dst=f"10.1.2.{n}", s=n) for n in range(49)], [denied(s=n) for n in range(60)]],
    ),
    "Administration port is let in from the Internet": (
        [[let_through(3389, "203.0.113.7")], [let_through(135, "203.0.113.7")],
         [zeek(src="203.0.113.7", dst="192.168.1.9", **{"id.resp_p": 445})]],
        [[let_through(443, "203.0.113.7")], [let_through(3389, "10.1.1.5")], [denied(3389, src="203.0.113.7")],
         [zeek(src="203.0.113.7", dst="192.168.1.9", conn_state="S0", **{"id.resp_p": 445})],
         [let_through(3389, "192.168.1.5", "203.0.113.7")]],
    ),
    "Very large upload in one connection": (
        [[zeek(orig_bytes=HALF)], [flow(HALF)],
         [fortinet("traffic", srcip="10.1.1.5", dstip="203.0.113.80", dstport=443, action="close", sentbyte=HALF)]],
        [[zeek(orig_bytes=HALF - 1)], [zeek(orig_bytes=HALF, dst="10.9.9.9")], [zeek(orig_bytes=HALF, src="203.0.113.7")],
         [zeek(orig_bytes=5, resp_bytes=HALF)]],
    ),
    "Upload to a public address (Zeek)": ([[zeek(orig_bytes=20_000_000)]], [[zeek(orig_bytes=19_999_999)], [zeek()]]),
    "Upload to a public address (Suricata)": ([[flow(20_000_000)]], [[flow(10)], [flow(20_000_000, dst="10.2.2.2")]]),
    "Upload to a public address (Fortinet)": (
        [[fortinet("traffic", srcip="10.1.1.5", dstip="203.0.113.80", sentbyte=20_000_000)]],
        [[fortinet("traffic", srcip="10.1.1.5", dstip="10.2.2.2", sentbyte=20_000_000)]],
    ),
    "Machine sends gigabytes to public addresses within an hour": (
        [[zeek(orig_bytes=400_000_000, s=n * 600) for n in range(5)],
         [*(flow(400_000_000, src="10.1.1.5", s=n * 600) for n in range(3)), *(zeek(orig_bytes=400_000_000, s=1800 + n) for n in range(2))]],
        [[zeek(orig_bytes=400_000_000, s=n * 600) for n in range(4)], [zeek(orig_bytes=400_000_000, s=n * 1000) for n in range(6)],
         [zeek(orig_bytes=400_000_000, s=n, src=f"10.1.1.{n}") for n in range(6)]],
    ),
    "Intrusion sensor reports an attack of its gravest class (Suricata)": (
        [[eve("alert", alert={"signature": "Dò tìm lỗ hổng", "severity": 1})]],
        [[eve("alert", alert={"signature": "Lưu ý", "severity": 3})]],
    ),
    "Firewall reports a flood": (
        [[cef("SYN flood")], [fortinet("utm", subtype="anomaly", attack="tcp_syn_flood", srcip="203.0.113.7", dstip="192.168.1.9")]],
        [[cef("Flood insurance page", request="http://x.example/")], [fortinet("utm", subtype="ips", attack="tcp_syn_flood")]],
    ),
    "VPN refused somebody (Fortinet)": ([[vpn()]], [[vpn(True)]]),
    "VPN let somebody in (Fortinet)": ([[vpn(True)]], [[vpn()], [fortinet("event", action="tunnel-up", tunneltype="ipsec")]]),
    "VPN passwords are guessed": (
        [[vpn(s=n * 60) for n in range(10)]],
        [[vpn(s=n * 60) for n in range(9)], [vpn(s=n, ip=f"203.0.113.{n}") for n in range(20)]],
    ),
    "VPN password was guessed": (
        [[*(vpn(s=n) for n in range(10)), vpn(True, s=60)]],
        [[vpn(True), *(vpn(s=1 + n) for n in range(10))], [*(vpn(s=n) for n in range(10)), vpn(True, s=60, ip="203.0.113.9")]],
    ),
    "Root account of the cloud signs in without a second factor": (
        [[console("Success", kind="Root")]],
        [[console("Success", kind="Root", mfa="Yes")], [console("Success")], [console("Failure", kind="Root")]],
    ),
    "Recording of the cloud was stopped": (
        [[cloud("StopLogging")]], [[cloud("StopLogging", errorCode="AccessDenied")], [cloud("StartLogging")]],
    ),
    "Cloud account was given all rights": (
        [[policy("AdministratorAccess")]], [[policy("ReadOnlyAccess")], [policy("AdministratorAccess", errorCode="AccessDenied")]],
    ),
    "Cloud console refused somebody": ([[console("Failure")]], [[console("Success")]]),
    "Passwords of the cloud console are guessed": (
        [[console("Failure", s=n * 60) for n in range(6)]], [[console("Failure", s=n * 60) for n in range(5)]],
    ),
}  # fmt: skip
