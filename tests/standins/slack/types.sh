#!/bin/sh
# Makes types.json again from the published types; needs Node 20. Run: sh tests/standins/slack/types.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/types.ts" "$work"
cd "$work"
npm install --silent --no-save @slack/types@3.2.0 ts-json-schema-generator@2.4.0
npx ts-json-schema-generator --path types.ts --type Root --no-type-check --jsDoc none --out made.json
cp node_modules/@slack/types/LICENSE "$here/types.LICENSE"
# One definition a line, so that a change of the types reads well as a difference.
node - "$here/types.json" <<'SCRIPT'
const fs = require("fs");
const { definitions } = JSON.parse(fs.readFileSync("made.json"));
const comment = "Made by types.sh from @slack/types 3.2.0 (MIT, Copyright (c) 2014- Slack Technologies, LLC; types.LICENSE)";
const lines = Object.keys(definitions).sort().map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(definitions[name])}`);
fs.writeFileSync(process.argv[2], `{
 "$comment": ${JSON.stringify(comment)},
 "$schema": "http://json-schema.org/draft-07/schema#",
 "definitions": {
${lines.join(",\n")}
 }
}
`);
SCRIPT
