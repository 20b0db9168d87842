"""Completion in a shell: of commands, options and their choices."""

import shutil
import subprocess

import pytest

from specar.cli import main

COMPLETED = """
source {script}
COMP_WORDS=(specar {words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMP_LINE="${{COMP_WORDS[*]}}"
_shtab_specar 2>/dev/null
echo "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("sta", {"status"}),
        ("status --wa", {"--watch"}),
        ("runs --protocol s", {"strict"}),
        ("config che", {"check"}),
        ("status --config con", {"config.yaml"}),
    ],
)
def test_bash_completes(tmp_path, capsys, words, found):
    assert main(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out)
    (tmp_path / "config.yaml").touch()
    code = COMPLETED.format(script=tmp_path / "script", words=words)
    done = subprocess.run(["bash", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == found


def test_what_zsh_gets_names_every_command(tmp_path, capsys):
    assert main(["completion", "zsh"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("#compdef specar")
    assert all(f"    {name}:'" in text for name in ("status", "train", "report", "completion"))
    if zsh := shutil.which("zsh"):
        (tmp_path / "_specar").write_text(text)
        subprocess.run([zsh, "-n", tmp_path / "_specar"], check=True)
