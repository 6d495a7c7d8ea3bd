#!/usr/bin/env bash
# Builds the documentation of the library ClockworkClient and of every other module, each into
# .build/docs/MODULE.doccarchive. A warning, such as a link that leads nowhere, fails it.
#
# The compiler's symbol graphs and the toolchain's docc do it, so the package needs no plugin for it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

modules=(ClockworkClient)
failed=()
for folder in Sources/*/; do
    module=$(basename "$folder")
    # C modules and the program itself have no Swift interface for others; the library is first, above.
    [[ $module =~ ^C(Curl|Kafka|Linux|SQLite)$ || $module == clockwork || $module == ClockworkClient ]] || modules+=("$module")
done
graphs=$PWD/.build/docs/graphs
rm -rf .build/docs
mkdir -p "$graphs"
rm -rf .build/*/symbolgraph
# It fails where the bundle of tests has not been built, whose graph nobody needs. What is needed is looked for below.
swift package dump-symbol-graph --skip-synthesized-members >.build/docs/symbols.log 2>&1 || true
found=$(dirname "$(sed -n 's/^Files written to //p' .build/docs/symbols.log)/.")
for module in "${modules[@]}"; do
    if [[ ! -e $found/$module.symbols.json ]]; then
        cat .build/docs/symbols.log >&2
        echo "docs: there is no symbol graph of $module" >&2
        exit 1
    fi
    mkdir "$graphs/$module"
    cp "$found/$module.symbols.json" "$graphs/$module/"
    # What a module adds to others' types is beside it.
    find "$found" -name "$module@*.symbols.json" -exec cp {} "$graphs/$module/" \;
    arguments=(--additional-symbol-graph-dir "$graphs/$module" --output-dir "$PWD/.build/docs/$module.doccarchive")
    arguments+=(--fallback-display-name "$module" --fallback-bundle-identifier "clockwork.$module" --warnings-as-errors)
    catalog=$PWD/Sources/$module/$module.docc
    [[ ! -d $catalog ]] || arguments=("$catalog" "${arguments[@]}")
    echo "docs: $module"
    # From a folder without a catalog: docc takes whichever it finds below the current one.
    (cd "$graphs/$module" && docc convert "${arguments[@]}") || failed+=("$module")
done
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "docs: see above for what is wrong in ${failed[*]}" >&2
    exit 1
fi
