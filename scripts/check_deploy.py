"""Rules for what is in deploy/ that no schema has. Prints what breaks one, a line each; see check-deploy.sh."""

import json
import pathlib
import re
import sys

import yaml

root = pathlib.Path(__file__).resolve().parent.parent
deploy = root / "deploy"
faults = []


def rule(holds, text):
    if not holds:
        faults.append(text)


def dockerfile():
    """What hadolint asks for, as far as it applies here."""
    text = (deploy / "Dockerfile").read_text()
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    instructions = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    froms = [argument.split() for name, argument in instructions if name == "FROM"]
    rule(len(froms) == 2, "Dockerfile: two stages, one that builds and one that runs")
    for image in froms:
        rule(":" in image[0] and not image[0].endswith(":latest"), f"Dockerfile: {image[0]} has no fixed tag")
    for name, argument in instructions:
        rule(name != "ADD" and name != "MAINTAINER", f"Dockerfile: {name} is not used")
        if name == "RUN" and "apt-get install" in argument:
            rule("--yes" in argument, "Dockerfile: apt-get install asks questions")
            rule("--no-install-recommends" in argument, "Dockerfile: apt-get install takes more than is needed")
            rule("apt-get update" in argument, "Dockerfile: apt-get update and install belong into one layer")
            rule("rm -rf /var/lib/apt/lists/*" in argument, "Dockerfile: the package lists stay in the layer")
        if name in ("CMD", "ENTRYPOINT"):
            rule(argument.startswith("["), f"Dockerfile: {name} is not in JSON form, so signals go to a shell")
        if name == "WORKDIR":
            rule(argument.startswith("/"), "Dockerfile: WORKDIR is not absolute")
        if name == "RUN":
            rule("sudo" not in argument and " cd " not in f" {argument} ", "Dockerfile: neither sudo nor cd")
    last = [name for name, _ in instructions][len(instructions) - [n for n, _ in instructions][::-1].index("FROM"):]
    rule("USER" in last and "HEALTHCHECK" in last, "Dockerfile: the last stage has a user and a health check")
    user = [argument for name, argument in instructions if name == "USER"][-1]
    rule(user.split(":")[0].isdigit() and user.split(":")[0] != "0", "Dockerfile: the user is a number other than 0")
    runtime = joined[joined.rindex("FROM"):]
    setup = (root / "scripts/setup.sh").read_text()
    for package in ("librdkafka", "libcurl4", "libsqlite3"):
        rule(package in runtime and package in setup, f"Dockerfile: {package} is needed to build and to run")


def compose():
    text = yaml.safe_load((deploy / "docker-compose.yml").read_text())
    sources = (root / "Sources/ClockworkService/Configuration").glob("Setting*.swift")
    settings = {name for file in sources for name in re.findall(r'^        "([A-Z0-9_]+)",?$', file.read_text(), re.M)}
    pods = [service for name, service in text["services"].items() if name.startswith("pod-")]
    rule(len(pods) == 3, "docker-compose.yml: three pods")
    for pod in pods:
        for name in pod["environment"]:
            rule(name in settings, f"docker-compose.yml: {name} is not a setting")
    for name, service in text["services"].items():
        image = service["image"]
        rule(image == "clockwork" or re.search(r":v?\d", image), f"docker-compose.yml: {image} has no fixed tag")
        for port in service.get("ports", []):
            rule(port.startswith("127.0.0.1:"), f"docker-compose.yml: {name} listens beyond this host")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            rule(not source.startswith(".") or (deploy / source).exists(), f"docker-compose.yml: {source} is not there")
    return settings


def kubernetes(settings, documents):
    by_kind = {document["kind"]: document for document in documents}
    stateful_set = by_kind["StatefulSet"]
    spec = stateful_set["spec"]["template"]["spec"]
    labels = stateful_set["spec"]["template"]["metadata"]["labels"]
    for document in documents:
        selector = {
            "Service": lambda d: d["spec"]["selector"],
            "StatefulSet": lambda d: d["spec"]["selector"]["matchLabels"],
            "PodDisruptionBudget": lambda d: d["spec"]["selector"]["matchLabels"],
            "NetworkPolicy": lambda d: d["spec"]["podSelector"]["matchLabels"],
        }.get(document["kind"])
        if selector:
            rule(selector(document).items() <= labels.items(), f"{document['kind']}: selects no pod")
        if document["kind"] == "ConfigMap":
            for name in document["data"]:
                rule(name in settings, f"ConfigMap: {name} is not a setting")
    rule("replicas" not in stateful_set["spec"], "StatefulSet: the autoscaler sets the replicas")
    target = by_kind["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    rule(target["kind"] == "StatefulSet" and target["name"] == stateful_set["metadata"]["name"],
         "HorizontalPodAutoscaler: scales something else")
    rule(spec["serviceAccountName"] == by_kind["ServiceAccount"]["metadata"]["name"], "StatefulSet: another account")
    rule(spec["securityContext"]["runAsNonRoot"], "StatefulSet: runs as root")
    container = spec["containers"][0]
    context = container["securityContext"]
    rule(context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
         and context["capabilities"]["drop"] == ["ALL"], "StatefulSet: the container may do more than it needs")
    rule({"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), "StatefulSet: a probe is missing")
    rule(container["readinessProbe"]["httpGet"]["path"] == "/health/ready", "StatefulSet: another readiness probe")
    rule(spec.get("enableServiceLinks") is False, "StatefulSet: a Service called app would set APP_PORT")
    rule("preStop" in container.get("lifecycle", {}), "StatefulSet: the end of a pod comes before anyone has heard of it")
    rule(any(e["name"] == "POD_NAME" for e in container["env"]), "StatefulSet: pods need names for static membership")
    rule(spec["terminationGracePeriodSeconds"] > 10, "StatefulSet: a pod takes up to 10 s to end")


def metrics():
    """What dashboard and alerts ask for exists, once docs/metrics.md lists what does."""
    listed = root / "docs/metrics.md"
    dashboard = json.loads((deploy / "grafana/dashboards/clockwork.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    rule(all(panel["type"] == "row" or panel["targets"] for panel in dashboard["panels"]), "dashboard: an empty panel")
    rule(len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]), "dashboard: an id twice")
    alerts = yaml.safe_load((deploy / "prometheus/alerts.yml").read_text())
    expressions += [r["expr"] for group in alerts["groups"] for r in group["rules"]]
    if not listed.exists():
        return
    known = set(re.findall(r"^\| `(\w+)`", listed.read_text(), re.M))
    for expression in expressions:
        for name in re.findall(r"\b(?:clockwork|process)_\w+", expression):
            base = re.sub(r"_(bucket|count|sum)$", "", name)
            rule(name in known or base in known, f"metrics: {name} is not in docs/metrics.md")


dockerfile()
names = compose()
kubernetes(names, list(yaml.safe_load_all(sys.stdin)))
metrics()
print("\n".join(faults) or "deploy: every rule holds")
sys.exit(bool(faults))
