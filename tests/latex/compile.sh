#!/usr/bin/env bash
# Compiles every table of the paper, the tasks and the ablations with pdflatex, from what the records of a
# configuration hold, and fails where LaTeX complains or a table is wider than the page. Needs TeX Live with booktabs (Debian: texlive-latex-recommended).
#   tests/latex/compile.sh [CONFIG] [FOLDER]       by default config/cached.yaml and a temporary folder
set -euo pipefail

config=${1:-config/cached.yaml}
folder=${2:-$(mktemp -d)}
command -v pdflatex > /dev/null || { echo "pdflatex is missing; install TeX Live (Debian: texlive-latex-recommended)" >&2; exit 1; }
mkdir -p "$folder"

printf 'results: %s\n' "$folder" > "$folder/results.yaml"
for command in paper tables ablations; do
    python -m specar "$command" --config "$config" --config "$folder/results.yaml" > /dev/null
done
cd "$folder"
{
    echo '\documentclass[10pt,a4paper]{article}'
    echo '\usepackage[margin=1.5cm]{geometry}'
    echo '\usepackage{booktabs,graphicx}'
    echo '\begin{document}'
    for table in {paper,tables,ablations}/*.tex; do printf '\\input{%s}\\clearpage\n' "$table"; done
    echo '\end{document}'
} > tables.tex
pdflatex -interaction=nonstopmode -halt-on-error tables.tex > pdflatex.txt || { grep -A5 '^!' pdflatex.txt >&2; exit 1; }
if grep -E '^(Overfull|LaTeX Warning: (Float too large|.*undefined))' pdflatex.txt >&2; then
    echo "a table does not fit the page; see $folder/tables.pdf" >&2
    exit 1
fi
echo "$folder/tables.pdf"
