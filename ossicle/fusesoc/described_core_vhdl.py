"""What FuseSoC runs: VHDL, and a core file that names it, in the folder it is started in, from the YAML file that FuseSoC wrote.

The description is read anew each time, so that a change of a file of taps that it names is seen.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DONE, BAD_INPUT = 0, 2


def described(request: Mapping[str, Any]) -> Any:
    """The core that a request of FuseSoC describes.

    Parameters
    ----------
    request : mapping
        ``files_root``, a folder, and ``parameters``, as FuseSoC's generator interface gives them.

    Raises
    ------
    DescriptionError, ParameterError, ValueError, OSError
        For a description that is none.
    """
    from ip_cores.core import make_core
    from ip_cores.description import load_core, located

    parameters = dict(request.get("parameters") or {})
    description, changes = parameters.pop("description", None), parameters.pop("changes", {})
    if parameters:
        raise ValueError(f"unknown parameter {', '.join(parameters)}: description and changes are known")
    if not isinstance(description, str | Mapping) or not isinstance(changes, Mapping):
        raise ValueError("description must be the name of a TOML file or a table of keys, changes a table")
    folder = Path(request["files_root"])
    if isinstance(description, str):
        return load_core(folder / description, **changes)
    return make_core({key: located(value, folder) for key, value in {**description, **changes}.items()})


def write(request: Mapping[str, Any], folder: Path) -> None:
    """VHDL into `folder` and a core file, of the name that FuseSoC chose, beside it."""
    from ip_cores.companions.fusesoc_file import capi2_head, filesets_text
    from ip_cores.generate import generate

    core = described(request)
    manifest = generate(core, folder / core.name, companions=None)
    files = [f"{core.name}/{file}" for file in manifest.files]
    text = capi2_head(str(request["vlnv"]), core.summary) + filesets_text({"rtl": files}, {})
    (folder / f"{core.name}.core").write_text(f"{text}\ntargets:\n  default:\n    filesets: [rtl]\n")


def main(arguments: list[str]) -> int:
    """Read the request, write the core; what is wrong with it in one line."""
    try:
        import yaml

        from ip_cores.description import DescriptionError
    except ModuleNotFoundError as error:
        print(f"ossicle: {sys.executable} has no {error.name}: activate the environment that has ossicle and fusesoc", file=sys.stderr)
        return BAD_INPUT
    try:
        write(yaml.safe_load(Path(arguments[0]).read_text()), Path.cwd())
    except (DescriptionError, ValueError, OSError) as error:
        print(f"ossicle: {error}", file=sys.stderr)
        return BAD_INPUT
    return DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
