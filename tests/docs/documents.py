"""Read the code blocks of a Markdown page and run them as its reader would.

What runs, in the order of the page, in one working folder:

- a ``python`` block, all of a page with the same names; what it prints must be what the ``text`` block
  after it says, if there is one;
- a ``console`` block: each line after ``$``; what it prints must be what stands below, and it must
  end with exit code 0 unless the next command is ``echo $?``;
- any block with a ``title="name"`` is that file, written where the page's commands find it.

``...`` or ``…`` in an expected output stands for whatever is there. Blocks of other languages are to be
read only.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?P<rest>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```\s*$", re.M | re.S
)

NOT_RUN = (".", "make", "git", "pip", "python", "export", "cd", "spark-submit", "aws", "open")
"""Programs that a page may name and that no test starts: they make or leave the environment."""

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title if it has one, its text, and the line it begins on."""

    language: str
    title: str | None
    text: str
    line: int


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = []
    for match in FENCE.finditer(markdown):
        indent = len(match["indent"])
        title = re.search(r'title="([^"]+)"', match["rest"])
        text = "".join(line[indent:] for line in match["body"].splitlines(keepends=True))
        line = markdown.count("\n", 0, match.start()) + 1
        found.append(Block(match["language"], title[1] if title else None, text, line))
    return found


def run_document(page: Path, interpreter: Interpreter) -> int:
    """Run the blocks of `page` as if nothing had been run before, and return how many ran."""
    ran = 0
    found = blocks(page.read_text(encoding="utf-8"))
    interpreter.turn_over()
    for block, after in zip(found, [*found[1:], None], strict=True):
        place = f"{page.name}:{block.line}"
        if block.title is not None:
            target = interpreter.folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        if block.language == "python":
            printed = interpreter.run(block.text, place)
            if after is not None and after.language == "text":
                same(expected=after.text, printed=printed, place=place)
            ran += 1
        elif block.language == "console":
            ran += run_console(block.text, place, interpreter)
    return ran


class Interpreter:
    """A Python of its own, with its own working folder (a Spark that runs already keeps the one it has).

    Pages have one after the other, as to start Spark takes longer than what most of them run.
    """

    LOOP = """
import contextlib, io, json, os, sys
names = {"__name__": "__main__"}
session = contextlib.ExitStack()

def forget():
    names.clear()
    names["__name__"] = "__main__"
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(os.getcwd()):
            del sys.modules[name]
    sql = sys.modules.get("pyspark.sql")
    spark = sql and sql.SparkSession.getActiveSession()
    if spark:
        from headgate.etl.lake.java import java_class
        # Delta remembers what it has read in a folder.
        java_class(spark, "org.apache.spark.sql.delta.DeltaLog").clearCache()
        for view in spark.catalog.listTables():
            spark.catalog.dropTempView(view.name)

def execute(source, place):
    exec(compile(source, place, "exec"), names)

def headgate(*arguments):
    from headgate.jobs.cli import main
    if arguments[0] not in ("check", "schema"):
        # Each command would start a Spark of its own, which is most of what it takes.
        from headgate.jobs.session import spark_session
        session.enter_context(spark_session(app="documents", small=True))
    main(arguments)

for line in sys.stdin:
    what, *given = json.loads(line)
    printed, code = io.StringIO(), 0
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        if what == "forget":
            forget()
        elif what == "execute":
            with contextlib.redirect_stderr(sys.__stderr__):
                execute(*given)
        else:
            try:
                headgate(*given)
            except SystemExit as ended:
                code = int(ended.code or 0)
    print(json.dumps([code, printed.getvalue()]), flush=True)
session.close()
"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def turn_over(self) -> None:
        """Empty the folder, and forget what was executed."""
        for file in self.folder.iterdir():
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        if self.process is not None:
            self._ask("forget")

    def run(self, source: str, place: str) -> str:
        """Execute `source` after all that was executed before, and return what it printed."""
        answer = self._ask("execute", source, place)
        assert answer, f"{place}: the code raised; its traceback is on standard error"
        return answer[1]

    def headgate(self, *arguments: str) -> tuple[int, str]:
        """Give the exit code of a command of this tree, and what it printed."""
        answer = self._ask("headgate", *arguments)
        assert answer, f"headgate {' '.join(arguments)}: it raised; its traceback is on standard error"
        return answer

    def _ask(self, *words: str) -> tuple[int, str] | None:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", self.LOOP],
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.close()
        return tuple(json.loads(answer)) if answer else None

    def close(self) -> None:
        """End the interpreter, if it was started."""
        if self.process is not None:
            self.process.communicate(timeout=60)
            self.process = None


def run_console(text: str, place: str, interpreter: Interpreter) -> int:
    """Run the commands of a console block and return how many ran."""
    ran = code = 0
    listed = list(commands(text))
    for (command, expected), (following, _) in zip(listed, [*listed[1:], ("", "")], strict=True):
        if command == "echo $?":
            same(expected=expected, printed=f"{code}\n", place=place)
        elif command.split()[0] not in NOT_RUN:
            code, printed = run_command(command, interpreter)
            ran += 1
            assert code == 0 or following == "echo $?", f"{place}: `{command}`: exit code {code}\n{printed}"
            if expected.strip():
                same(expected=expected, printed=printed, place=place)
    return ran


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, output = part.replace("\\\n", " ").partition("\n")
        yield command.strip(), output


def run_command(command: str, interpreter: Interpreter) -> tuple[int, str]:
    """Run one command as a terminal would, `headgate` being the one of this tree."""
    program, *arguments = shlex.split(command)
    if program == "headgate":
        return interpreter.headgate(*arguments)
    done = subprocess.run(
        [program, *arguments],
        cwd=interpreter.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout


def environment() -> dict[str, str]:
    """The variables of this process, and a width to print to."""
    return {**os.environ, "COLUMNS": "100"}


def same(*, expected: str, printed: str, place: str) -> None:
    """Fail unless `printed` is what the page says."""
    expected = expected.replace("…", "...")
    if not doctest.OutputChecker().check_output(expected, printed, FLAGS):
        raise AssertionError(f"{place}: the page says\n{expected}\nand the code printed\n{printed}")
