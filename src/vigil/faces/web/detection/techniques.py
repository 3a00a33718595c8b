"""Names of techniques that are often met (MITRE ATT&CK, by number); of others the number stands alone."""

from typing import Final

_NAMES: Final = {
    "T1003": "OS Credential Dumping",
    "T1016": "System Network Configuration Discovery",
    "T1018": "Remote System Discovery",
    "T1021": "Remote Services",
    "T1027": "Obfuscated Files or Information",
    "T1033": "System Owner/User Discovery",
    "T1036": "Masquerading",
    "T1041": "Exfiltration Over C2 Channel",
    "T1046": "Network Service Discovery",
    "T1047": "Windows Management Instrumentation",
    "T1053": "Scheduled Task/Job",
    "T1055": "Process Injection",
    "T1059": "Command and Scripting Interpreter",
    "T1068": "Exploitation for Privilege Escalation",
    "T1070": "Indicator Removal",
    "T1071": "Application Layer Protocol",
    "T1078": "Valid Accounts",
    "T1082": "System Information Discovery",
    "T1087": "Account Discovery",
    "T1090": "Proxy",
    "T1098": "Account Manipulation",
    "T1105": "Ingress Tool Transfer",
    "T1110": "Brute Force",
    "T1112": "Modify Registry",
    "T1133": "External Remote Services",
    "T1136": "Create Account",
    "T1140": "Deobfuscate/Decode Files or Information",
    "T1190": "Exploit Public-Facing Application",
    "T1203": "Exploitation for Client Execution",
    "T1204": "User Execution",
    "T1218": "System Binary Proxy Execution",
    "T1219": "Remote Access Tools",
    "T1486": "Data Encrypted for Impact",
    "T1489": "Service Stop",
    "T1490": "Inhibit System Recovery",
    "T1491": "Defacement",
    "T1498": "Network Denial of Service",
    "T1499": "Endpoint Denial of Service",
    "T1505": "Server Software Component",
    "T1543": "Create or Modify System Process",
    "T1546": "Event Triggered Execution",
    "T1547": "Boot or Logon Autostart Execution",
    "T1548": "Abuse Elevation Control Mechanism",
    "T1552": "Unsecured Credentials",
    "T1558": "Steal or Forge Kerberos Tickets",
    "T1562": "Impair Defenses",
    "T1566": "Phishing",
    "T1567": "Exfiltration Over Web Service",
    "T1569": "System Services",
    "T1574": "Hijack Execution Flow",
    "T1595": "Active Scanning",
}


def techniques_of(numbers: list[str]) -> list[dict[str, str]]:
    """Each with its name, if known, and its page at MITRE's."""
    return [
        {
            "number": number,
            "name": _NAMES.get(number.partition(".")[0], ""),
            "link": f"https://attack.mitre.org/techniques/{number.replace('.', '/')}/",
        }
        for number in numbers
    ]
