#!/usr/bin/env bash
# Checks what is in deploy/ without an engine that runs images: schemas of Compose, Kubernetes and CloudFormation, the
# rules of check_deploy.py, and Prometheus's own check and unit test of the alerts.
#
# Needs python3-venv and promtool, and for the overlays kubectl (`kubectl kustomize` of version 1.27 or newer; no cluster
# is asked). A missing promtool fails the check. Without kubectl the manifests are checked one by one, and a line says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.build/venv-deploy
packages=(check-jsonschema==0.39.0 kubernetes-validate==1.37.0 cfn-lint==1.58.0 PyYAML==6.0.4)

if ! command -v promtool >/dev/null; then
    echo "check-deploy: promtool is not on the PATH (Debian has it in the package prometheus)" >&2
    exit 1
fi

stamp=$venv/$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-16).installed
if [[ ! -e $stamp ]]; then
    echo "check-deploy: preparing $venv"
    rm -rf "$venv"
    python=/usr/bin/python3
    [[ -x $python ]] || python=python3
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input "${packages[@]}"
    touch "$stamp"
fi

"$venv/bin/check-jsonschema" --builtin-schema vendor.compose-spec deploy/docker-compose.yml
for manifest in deploy/kubernetes/base/*.yaml; do
    [[ $manifest == */kustomization.yaml ]] || "$venv/bin/kubernetes-validate" --strict --kubernetes-version 1.30 "$manifest"
done
overlays=(deploy/kubernetes/overlays/*/)
if ! command -v kubectl >/dev/null; then
    echo "check-deploy: kubectl is not on the PATH; the overlays are not checked" >&2
    overlays=()
fi
for overlay in "${overlays[@]}"; do
    manifests=.build/manifests.yaml
    kubectl kustomize "$overlay" >"$manifests"
    "$venv/bin/kubernetes-validate" --strict --kubernetes-version 1.30 "$manifests"
    "$venv/bin/python" scripts/check_deploy.py <"$manifests"
done
"$venv/bin/cfn-lint" deploy/cloudformation/*.yaml
promtool check config deploy/prometheus/prometheus.yml
promtool test rules deploy/prometheus/alerts_test.yml
