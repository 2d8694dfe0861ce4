"""What `deploy/` names is there: commands and their options, settings, ports, paths, and the user of the containers."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from commands import parse

from qa_bot.config_file import VARIABLE
from qa_bot.settings import PREFIX, TOKEN, Settings
from qa_bot.slack.settings import ENVIRONMENT

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "container/Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())
KUBERNETES = {
    document["kind"]: document
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
}
CONTAINERS = {one["name"]: one for one in KUBERNETES["Deployment"]["spec"]["template"]["spec"]["containers"]}
KNOWN = {TOKEN, VARIABLE, *(PREFIX + name.upper() for name in Settings.model_fields), *ENVIRONMENT}


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Where a command of qa-bot stands, and its words."""
    for words in re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE):
        yield "Dockerfile", json.loads(words)
    for name, service in COMPOSE["services"].items():
        yield f"compose {name}", service["command"]
    for name, container in CONTAINERS.items():
        yield f"kubernetes {name}", container["args"]
    for path in DEPLOY.rglob("*.service"):
        for line in re.findall(r"^ExecStart=(.*)$", path.read_text(), re.MULTILINE):
            program, *words = shlex.split(line)
            assert program == "/opt/qa_bot/bin/qa-bot"
            yield path.name, words


@pytest.mark.parametrize(
    ("place", "words"), list(command_lines()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_is_one_that_there_is(place: str, words: list[str]) -> None:
    assert parse(words).command, place


def test_every_variable_is_one_that_is_read() -> None:
    named = set()
    for path in (path for path in DEPLOY.rglob("*") if path.is_file()):
        named |= {(path.name, name) for name in re.findall(r"\b(?:QA_BOT|SLACK)_[A-Z_]+\b", path.read_text())}
    assert len(named) > 10
    assert {(place, name) for place, name in named if name not in KNOWN} == set()


def test_the_page_listens_where_it_is_looked_for() -> None:
    for words, port in (
        (COMPOSE["services"]["page"]["command"], COMPOSE["services"]["page"]["ports"][0].rpartition(":")[2]),
        (CONTAINERS["page"]["args"], str(CONTAINERS["page"]["ports"][0]["containerPort"])),
    ):
        assert words[words.index("--port") + 1] == port == "8080"
        assert port in re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0].split()
    policy = KUBERNETES["NetworkPolicy"]["spec"]
    assert policy["ingress"][0]["ports"][0]["port"] == 8080
    assert f"127.0.0.1:{8080}/healthz" in COMPOSE["services"]["page"]["healthcheck"]["test"][3]


def test_what_a_container_writes_to_is_a_volume_and_the_rest_is_read_only() -> None:
    image = dict(re.findall(r"\b(QA_BOT_\w+_DIR)=(\S+)", DOCKERFILE))
    assert image == {"QA_BOT_DATA_DIR": "/data", "QA_BOT_CACHE_DIR": "/cache"}
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        mounted = {volume.split(":")[1] for volume in service["volumes"] if not volume.endswith(":ro")}
        assert mounted == set(image.values())
        assert service["tmpfs"] == ["/tmp"]
    for container in CONTAINERS.values():
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        written = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert written == {*image.values(), "/tmp"}


def test_the_user_is_the_same_everywhere_and_not_root() -> None:
    user = re.findall(r"--uid (\d+)", DOCKERFILE)[0]
    assert f"USER {user}:{user}" in DOCKERFILE
    context = KUBERNETES["Deployment"]["spec"]["template"]["spec"]["securityContext"]
    assert {context["runAsUser"], context["runAsGroup"], context["fsGroup"]} == {int(user)}
    assert context["runAsNonRoot"] is True


def test_the_store_of_one_machine_has_one_replica() -> None:
    spec = KUBERNETES["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")
    assert KUBERNETES["PersistentVolumeClaim"]


def test_figures_are_shown_where_they_are_looked_for() -> None:
    shown = set()
    for name in ("slack", "page"):
        (port,) = (one["value"] for one in CONTAINERS[name]["env"] if one["name"] == "QA_BOT_METRICS_PORT")
        assert int(port) in [one["containerPort"] for one in CONTAINERS[name]["ports"]]
        shown.add(int(port))
    assert len(shown) == 2  # they share the pod's network
    admitted = {port["port"] for rule in KUBERNETES["NetworkPolicy"]["spec"]["ingress"][1:] for port in rule["ports"]}
    scraped = re.findall(r":(\d+)\"", (DEPLOY / "monitoring/prometheus.yml").read_text())
    assert admitted == shown == set(map(int, scraped))


def test_every_volume_and_secret_that_is_mounted_is_declared() -> None:
    pod = KUBERNETES["Deployment"]["spec"]["template"]["spec"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    secrets = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "kubernetes/secret.env.example").read_text(), re.MULTILINE))
    for container in CONTAINERS.values():
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        for variable in container.get("env", []):
            assert variable["name"] in KNOWN
            assert "value" in variable or variable["valueFrom"]["secretKeyRef"]["key"] in secrets
    example = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "container/.env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "container/compose.yaml").read_text())) == example


def test_the_files_that_are_named_are_there() -> None:
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for path in (path for paths in copied for path in paths):
        assert (ROOT / path).exists()
        assert f"!{path}" in ignored, f"{path} does not reach the build"
    kustomization = KUBERNETES["Kustomization"]
    for name in [*kustomization["resources"], *kustomization["configMapGenerator"][0]["files"]]:
        assert (DEPLOY / "kubernetes" / name).is_file()
    for path in DEPLOY.rglob("qa_bot.toml"):
        assert tomllib.loads(path.read_text()).keys() <= {*Settings.model_fields, "slack"}


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    units = [path for pattern in ("*.service", "*.timer") for path in DEPLOY.rglob(pattern)]
    assert len(units) >= 4
    try:
        subprocess.run(["systemd-analyze", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no systemd-analyze here")
    for unit in units:  # the program is installed by the steps of deploy/README.md, and not here
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/qa_bot/bin/qa-bot", "/bin/true"))
    for unit in units:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)], capture_output=True, text=True
        )
        own = [line for line in done.stderr.splitlines() if unit.name in line or str(tmp_path) in line]
        assert own == [], own
