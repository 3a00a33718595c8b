"""An IMAP server of the tests' own, on a loopback port, with a folder of its own; stopped by its process."""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path
from tempfile import mkdtemp

from imap_tools import MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from tests.postgresql import free_port

PASSWORD = "mật-khẩu thử"


@dataclass
class Dovecot:
    """A running server; `url` is what Vigil is given."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def url(self) -> str:
        from urllib.parse import quote

        return f"imap://truc:{quote(PASSWORD)}@127.0.0.1:{self.port}/INBOX"

    def box(self) -> MailBoxUnencrypted:
        """Signed in. One that starts on a busy machine may drop a connection: asked again for a while."""
        for left in reversed(range(50)):
            box = None
            try:
                box = MailBoxUnencrypted("127.0.0.1", port=self.port, timeout=10)
                return box.login_utf8("truc", PASSWORD)
            except (OSError, IMAP4.error, ImapToolsError):
                if box is not None:
                    box.client.shutdown()  # what is left open would fail whatever test runs when it is collected
                if not left or self.process.poll() is not None:
                    raise
                time.sleep(0.1)
        raise AssertionError("unreachable")

    def put(self, *messages: bytes) -> None:
        with self.box() as box:
            for message in messages:
                box.append(message, "INBOX")

    def unseen(self) -> int:
        with self.box() as box:
            return len(box.uids("UNSEEN"))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_dovecot() -> Dovecot:
    """Start a server whose one user keeps mail under a folder of its own.

    The folder is not pytest's: Dovecot's processes belong to other users, and every pytest that starts beside
    this one closes the folder that all of them share to its owner alone.
    """
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    if not Path(program).exists():
        raise RuntimeError("Dovecot is not installed: apt-get install dovecot-imapd")
    root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
    ours = pwd.getpwuid(os.getuid()).pw_name
    folder = Path(mkdtemp(prefix="vigil-dovecot-"))
    folder.chmod(0o711)
    mail, port = folder / "mail", free_port()
    mail.mkdir()
    if root:
        os.chown(mail, owner.pw_uid, owner.pw_gid)
    (folder / "users").write_text(f"truc:{{PLAIN}}{PASSWORD}:{owner.pw_uid}:{owner.pw_gid}::{mail}::\n", "utf-8")
    (folder / "users").chmod(0o644)
    users = ("dovenull", "dovecot") if root else (ours, ours)
    (folder / "conf").write_text(f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_login_user = {users[0]}
default_internal_user = {users[1]}
first_valid_uid = 0
mail_location = maildir:{mail}/Maildir
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
""")
    process = subprocess.Popen(
        [program, "-F", "-c", str(folder / "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    started = Dovecot(process, port, folder)
    try:
        with started.box():
            return started
    except (OSError, IMAP4.error, ImapToolsError) as error:
        said = _log(folder)
        started.stop()
        raise RuntimeError(f"Dovecot does not answer ({process.returncode}): {said}") from error


def _log(folder: Path) -> str:
    return (folder / "log").read_text() if (folder / "log").exists() else ""
