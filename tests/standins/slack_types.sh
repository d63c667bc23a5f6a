#!/bin/sh
# Makes slack_types.json again from the published types; needs Node 20. Run: sh tests/standins/slack_types.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/slack_types.ts" "$work"
cd "$work"
npm install --silent --no-save @slack/types@3.2.0 ts-json-schema-generator@2.4.0
npx ts-json-schema-generator --path slack_types.ts --type Root --no-type-check --jsDoc none --out made.json
cp node_modules/@slack/types/LICENSE "$here/slack_types.LICENSE"
# One definition a line, so that a change of the types reads well as a difference.
node - "$here/slack_types.json" <<'SCRIPT'
const fs = require("fs");
const { definitions } = JSON.parse(fs.readFileSync("made.json"));
const comment = "Made by slack_types.sh from @slack/types 3.2.0 (MIT, Copyright (c) 2014- Slack Technologies, LLC; slack_types.LICENSE)";
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
