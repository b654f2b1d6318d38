#!/usr/bin/env bash
# Runs `advisor check` once for the log, the annotations, the job's summary and the comment; see action.yml.
# Everything it is told is in its environment. Writes its exit status to GITHUB_OUTPUT and itself ends with 0, so that
# the comment is written before the job fails.
set -euo pipefail
mkdir -p "$ADVISOR_OUT"
rm -f "$ADVISOR_OUT/comment.md" "$ADVISOR_OUT/annotations.txt"
cd "$ADVISOR_DIRECTORY"

words=(--snapshot "$ADVISOR_SNAPSHOT" --baseline "$ADVISOR_BASELINE" --fail-level "$ADVISOR_FAIL_LEVEL")
words+=(--format text --format "github=$ADVISOR_OUT/annotations.txt" --format "markdown=$ADVISOR_OUT/comment.md")
[ -z "$ADVISOR_ALEMBIC" ] || words+=(--alembic "$ADVISOR_ALEMBIC")
[ -z "$ADVISOR_SARIF" ] || words+=(--format "sarif=$ADVISOR_SARIF")
[ -z "$ADVISOR_JUNIT" ] || words+=(--format "junit=$ADVISOR_JUNIT")
while IFS= read -r word; do [ -z "$word" ] || words+=("$word"); done <<< "$ADVISOR_ARGUMENTS"
inputs=()
while IFS= read -r word; do [ -z "$word" ] || inputs+=("$word"); done <<< "$ADVISOR_INPUTS"

status=0
advisor check "${words[@]}" -- ${inputs[@]+"${inputs[@]}"} || status=$?
if [ -f "$ADVISOR_OUT/annotations.txt" ]; then grep '^::' "$ADVISOR_OUT/annotations.txt" || true; fi
if [ -f "$ADVISOR_OUT/comment.md" ]; then cat "$ADVISOR_OUT/comment.md" >> "$GITHUB_STEP_SUMMARY"; fi
echo "status=$status" >> "$GITHUB_OUTPUT"
