"""Syslog from a real rsyslog and from clients that misbehave, over UDP, TCP and TLS."""

import gc
import socket
import ssl
import time
from pathlib import Path
from uuid import UUID

import pytest
from tests.postgresql import free_port
from tests.receiving import SOURCE, Doors, Receiving, Rsyslog, certificates, receiving, until

from vigil.adapters.receivers import ANY, Listening
from vigil.adapters.receivers.listening import sender_of
from vigil.adapters.receivers.syslog_streams import StreamListener
from vigil.adapters.spool import SpoolReader, SpoolWriter

OTHER = UUID(int=9)
HOW_TO = Path(__file__).parents[3] / "docs/how-to/send-logs.md"


def send(at: Receiving, data: bytes, listener: str = "syslog_tcp") -> None:
    with socket.create_connection(("127.0.0.1", at.ports[listener]), 5) as client:
        client.sendall(data)


def test_rsyslog_over_udp_tcp_and_tls(tmp_path: Path) -> None:
    certificate, key = certificates(tmp_path)
    listening = Listening(
        syslog_udp=ANY, syslog_tcp=ANY, syslog_tls=ANY, certificate=certificate, key=key, client_authority=certificate
    )
    with receiving(tmp_path / "spool", listening) as at:
        assert at.receivers.troubles == {}
        to = 'action(type="omfwd" target="127.0.0.1" action.resumeRetryCount="-1" queue.type="LinkedList"'
        tls = HOW_TO.read_text("utf-8").partition("```rsyslog\n")[2].partition("```")[0]
        where = f'target="127.0.0.1" port="{at.ports["syslog_tls"]}"'
        assert 'target="vigil.minhhoa.example" port="6514"' in tls
        tls = tls.replace('target="vigil.minhhoa.example" port="6514"', where)
        tls = tls.replace("/etc/rsyslog.d/ca.pem", str(certificate))
        rsyslog = Rsyslog(
            tmp_path,
            f'{to} protocol="udp" port="{at.ports["syslog_udp"]}")\n'
            f'{to} protocol="tcp" port="{at.ports["syslog_tcp"]}" template="RSYSLOG_SyslogProtocol23Format")\n'
            f'{to} protocol="tcp" port="{at.ports["syslog_tcp"]}" TCP_Framing="octet-counted")\n'
            f"{tls}",
            f'defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}"',
        )
        try:
            rsyslog.log("cảnh báo một", "x" * 20_000, *(f"số {n}" for n in range(30)))
            until(lambda: len(at.records()) == 4 * 32)
        finally:
            rsyslog.stop()
        records = at.records()
        assert sum("cảnh báo một".encode() in record for record in records) == 4
        assert sum(b"x" * 20_000 in record for record in records) == 4
        assert all(sum(f"số {n}".encode() in r and r.endswith(b" %d" % n) for r in records) == 4 for n in range(30))
        assert sum(record.startswith(b"<13>1 20") for record in records) == 64
        assert {(f.source, f.sender) for f in at.frames()} == {(SOURCE, "127.0.0.1")}
        counts = {count.listener: (count.received, count.refused) for count in at.tally.counts()}
        assert counts == {"syslog_udp": (32, 0), "syslog_tcp": (64, 0), "syslog_tls": (32, 0)}
        # who shows no certificate is not let in
        context = ssl.create_default_context(cafile=str(certificate))
        with (
            pytest.raises(OSError, match=r"certificate required|reset|EOF|Broken"),
            socket.create_connection(("127.0.0.1", at.ports["syslog_tls"]), 5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
        ):
            client.sendall(b"<1>nobody\n")
            client.recv(1)
            raise OSError("Broken: let in")
        send(at, b"<1>not TLS at all\n", "syslog_tls")
        assert len(at.records()) == 128


def test_what_misbehaves_costs_itself_alone(tmp_path: Path) -> None:
    doors = Doors(hosts={"gw": SOURCE, "web": OTHER}, anybody=None)
    listening = Listening(syslog_udp=ANY, syslog_tcp=ANY, most_record_bytes=2000, most_connections=20)
    with receiving(tmp_path, listening, doors) as at:
        gw, web = (b"<13>1 2026-02-14T10:00:00Z %s app - - - " % host for host in (b"gw", b"web"))
        send(at, gw + b"a\n" + web + b"b\n" + b"<13>whose\n")
        long = gw + b"x" * 3000
        send(at, long + b"\n" + b"%d " % len(long) + long + gw + b"c\n")
        send(at, gw + b"d\n" + b"500 " + gw)  # it dies in the middle of a record
        send(at, gw + b"e\n" + gw)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for data in (gw + b"f\nand more\x00", b"\n", b"", b"<13>whose"):
            udp.sendto(data, ("127.0.0.1", at.ports["syslog_udp"]))
        udp.close()
        until(lambda: len(at.records()) == 6 and sum(count.refused for count in at.tally.counts()) == 6)
        assert {(f.source, f.data.rpartition(b" ")[2]) for f in at.frames()} == {
            *((SOURCE, text) for text in (b"a", b"c", b"d", b"e", b"more")),
            (OTHER, b"b"),
        }
        assert gw + b"f#012and more" in at.records()
        said = " | ".join(at.refused())
        for why in (
            "nobody's: 127.0.0.1: <13>whose",
            "longer than 2000",
            "bytes announced, 2000",
            "cut off by the end",
        ):
            assert why in said
        # a connection too many is closed, the others go on
        at.tally.take()
        clients = [socket.create_connection(("127.0.0.1", at.ports["syslog_tcp"]), 5) for _ in range(20)]
        for client in clients:
            client.sendall(gw + b"g\n")
        until(lambda: len(at.records()) == 26)
        one_more = socket.create_connection(("127.0.0.1", at.ports["syslog_tcp"]), 5)
        with pytest.raises(ConnectionResetError):
            one_more.recv(1)
            raise ConnectionResetError  # closed without a reset
        one_more.close()
        clients[0].sendall(gw + b"h\n")
        until(lambda: len(at.records()) == 27)
        for client in clients:
            client.close()
        assert "20 connections are open" in " | ".join(at.refused())


def test_whose_a_connection_is() -> None:
    assert [sender_of(one) for one in ("192.0.2.7", "2001:db8::7", "2001:db8:0:0:9::1", "fe80::1%eth0", "::1", "")] == [
        "192.0.2.7", "2001:db8::/64", "2001:db8::/64", "fe80::/64", "::/64", "",
    ]  # fmt: skip


def test_one_address_takes_not_every_connection(tmp_path: Path) -> None:
    doors = Doors(hosts={"gw": SOURCE}, anybody=None)
    listening = Listening(syslog_tcp=ANY, most_connections=20, most_connections_of_one=3)
    with receiving(tmp_path, listening, doors) as at:
        port, line = at.ports["syslog_tcp"], b"<13>1 2026-02-14T10:00:00Z gw app - - - a\n"
        first = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(3)]
        for client in first:
            client.sendall(line)
        until(lambda: len(at.records()) == 3)
        with socket.create_connection(("127.0.0.1", port), 5) as fourth, pytest.raises(ConnectionResetError):
            fourth.recv(1)
            raise ConnectionResetError  # closed without a reset
        assert "3 connections of one address are open: 127.0.0.1" in " | ".join(at.refused())
        with socket.create_connection(("127.0.0.1", port), 5, ("127.0.0.2", 0)) as other:
            other.sendall(line)
            until(lambda: len(at.records()) == 4)
        for client in first:
            client.close()
        until(lambda: send(at, line) or len(at.records()) > 4)  # when it was seen that they are gone


def test_a_port_in_use_is_that_listener_s_trouble_alone(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        listening = Listening(syslog_tcp=port, syslog_tls=ANY, syslog_udp=ANY, http=port)
        with receiving(tmp_path, listening) as at:
            assert set(at.ports) == {"syslog_udp"}
            assert "in use" in at.receivers.troubles["syslog_tcp"]
            assert "in use" in at.receivers.troubles["http"]
            assert "certificate" in at.receivers.troubles["syslog_tls"]


def test_senders_are_held_while_the_disk_is_full_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = SpoolWriter(tmp_path, "events", least_free_bytes=2**60)
    with receiving(tmp_path, Listening(syslog_tcp=ANY), spool=spool) as at:
        client = socket.create_connection(("127.0.0.1", at.ports["syslog_tcp"]), 5)
        client.settimeout(0.5)
        sent = b"".join(b"<13>%d %s\n" % (n, b"x" * 500) for n in range(60_000))
        done = 0
        with pytest.raises(TimeoutError):
            while done < len(sent):
                done += client.send(sent[done : done + 65536])
        assert 0 < done < len(sent), "what is not read stays with the sender"
        assert at.records() == []
        monkeypatch.setattr(spool, "_least", 0)
        client.settimeout(20)
        client.sendall(sent[done:])
        client.close()
        until(lambda: sum(count.received for count in at.tally.counts()) == 60_000)
        numbers = [int(record[4:].split()[0]) for record in at.records()]
        assert numbers == list(range(60_000))


def test_many_datagrams_at_once(tmp_path: Path) -> None:
    """What the kernel takes for us is in the spool; what it drops is counted."""
    with receiving(tmp_path, Listening(syslog_udp=ANY)) as at:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for n in range(20_000):
            udp.sendto(b"<13>%d" % n, ("127.0.0.1", at.ports["syslog_udp"]))
        time.sleep(0.2)
        udp.sendto(b"<13>last", ("127.0.0.1", at.ports["syslog_udp"]))
        udp.close()
        until(lambda: at.records()[-1] == b"<13>last")
        dropped = sum(count.refused for count in at.tally.counts())
        assert len(at.records()) == len(set(at.records())) == 20_001 - dropped
        assert SpoolReader(tmp_path).streams() == ["events"]


def test_connections_of_the_past_are_not_kept(tmp_path: Path) -> None:
    with receiving(tmp_path, Listening(syslog_tcp=ANY)) as at:
        (listener,) = (one for one in at.receivers._running if isinstance(one, StreamListener))
        for n in range(50):
            send(at, b"<13>%d\n" % n)
        until(lambda: len(at.records()) == 50 and not listener._tasks)
        until(lambda: gc.collect() >= 0 and not listener._open)
        assert not listener._of_one
