"""Writes the instances beside it, from fixed seeds: the same files each time. `python tools/bench/roster/make.py`."""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
FUNCTIONS = {"monitoring": "giám sát", "response": "ứng cứu", "support": "hỗ trợ"}
HOLIDAYS = (date(2026, 4, 30), date(2026, 5, 1))


def instance(name: str, *, people: int, days: int, pattern: str, seats: tuple[int, int, int], first: date) -> str:
    """An instance with `people`, three posts and so many seats at each."""
    random = Random(name)  # noqa: S311 - the same file each time
    lines = [
        f'name = "{name}"', 'zone = "Asia/Ho_Chi_Minh"', f"from = {first}", f"until = {first + timedelta(days=days)}",
        f"holidays = [{', '.join(str(day) for day in HOLIDAYS)}]", "",
    ]  # fmt: skip
    for (post, function), seat in zip(FUNCTIONS.items(), seats, strict=True):
        lines += [
            f"[posts.{post}]",
            f'functions = ["{function}"]',
            f'pattern = "{pattern}"',
            f"on_site = {seat}",
            "leads = 1",
            f"on_call = {int(post == 'response')}",
            f'requires = ["{post}"]',
            "",
        ]
    posts = list(FUNCTIONS)
    for number in range(people):
        skills = {posts[number % 3], *random.sample(posts, random.choice((0, 1, 1)))}
        lines += _person(random, number, sorted(skills), lead=number % 9 < 3, first=first, days=days)
    return "\n".join(lines) + "\n"


def _person(random: Random, number: int, skills: list[str], *, lead: bool, first: date, days: int) -> list[str]:
    lines = ["[[people]]", f'id = "p{number + 1:03}"', f"skills = [{', '.join(f'{skill!r}' for skill in skills)}]"]
    if lead:
        lines.append("lead = true")
    lines.append(
        f"carried = {{ nights = {random.randrange(5)}, holidays = {random.randrange(3)}, "
        f"hours = {random.randrange(0, 60, 4)} }}"
    )
    if random.random() < 0.1:
        day = first + timedelta(days=random.randrange(days))
        lines.append(f"leave = [{{ from = {day}, until = {day + timedelta(days=1)} }}]")
    wishes = []
    for _ in range(random.choice((0, 0, 1, 2))):
        start = datetime(first.year, first.month, first.day) + timedelta(hours=8 * random.randrange(days * 3))  # noqa: DTZ001
        avoid, weight = random.random() < 0.7, random.randrange(1, 4)
        wishes.append(f"{{ from = {start:%Y-%m-%dT%H:%M:%S}, until = {start + timedelta(hours=8):%Y-%m-%dT%H:%M:%S}, "
                      f"avoid = {str(avoid).lower()}, weight = {weight} }}")  # fmt: skip
    if wishes:
        lines.append(f"wishes = [{', '.join(wishes)}]")
    return [*lines, ""]


def impossible() -> str:
    """Twelve people, five days, nobody two nights running: of four who may lead one is away over the holiday's two
    nights.
    """
    lines = [
        'name = "5d-12p-impossible"', 'zone = "Asia/Ho_Chi_Minh"', "from = 2026-04-29", "until = 2026-05-04",
        f"holidays = [{', '.join(str(day) for day in HOLIDAYS)}]", "",
        "[rules]", "max_nights = 1", "",
        "[posts.monitoring]", 'functions = ["giám sát"]', 'pattern = "8h"', "on_site = 2",
        "[posts.monitoring.shifts.night]", "on_site = 2", "leads = 1", "",
        "[posts.response]", 'functions = ["ứng cứu"]', 'pattern = "8h"', "on_site = 1",
        "[posts.response.shifts.night]", "on_site = 1", "leads = 1", "",
    ]  # fmt: skip
    for number in range(12):
        lines += ["[[people]]", f'id = "p{number + 1:02}"']
        if number < 4:
            lines.append("lead = true")
        if number == 3:
            lines.append("leave = [{ from = 2026-04-30T20:00:00, until = 2026-05-02T08:00:00 }]")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write them all."""
    start = date(2026, 4, 29)
    made = {
        "5d-30p-8h": instance("5d-30p-8h", people=30, days=5, pattern="8h", seats=(3, 2, 2), first=start),
        "5d-30p-12h": instance("5d-30p-12h", people=30, days=5, pattern="12h", seats=(3, 2, 2), first=start),
        "14d-200p": instance("14d-200p", people=200, days=14, pattern="8h", seats=(8, 6, 5), first=start),
        "5d-12p-impossible": impossible(),
    }
    for name, text in made.items():
        (HERE / f"{name}.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
