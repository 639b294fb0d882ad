#!/bin/bash
# bugs_table.sh: bugs_of_others.tsv as a Markdown table, for scripts/check-docs.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
echo "| bug | shown not to be ours by | how |"
echo "| --- | --- | --- |"
awk -F'\t' '!/^#/ && NF == 4 { printf "| %s | [%s](../%s) | %s |\n", $1, $2, $2, $4 }' "$here/bugs_of_others.tsv"
