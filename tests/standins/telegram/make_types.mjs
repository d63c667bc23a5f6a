// Turns the published types of the Telegram Bot API into telegram_types.json; README.md beside says how to run it.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = "@grammyjs/types";
const BOT_API = "10.0"; // the version that release 3.27 of the source describes

// What the stand-in plays; types are taken along as far as these need them.
const METHODS = [
  "answerCallbackQuery", "deleteMessage", "deleteMyCommands", "deleteWebhook", "editMessageCaption",
  "editMessageReplyMarkup", "editMessageText", "getChat", "getFile", "getMe", "getMyCommands", "getMyDescription",
  "getMyName", "getMyShortDescription", "getUpdates", "getWebhookInfo", "leaveChat", "sendChatAction",
  "sendDocument", "sendMessage", "sendPhoto", "setChatMenuButton", "setMyCommands", "setMyDescription", "setMyName",
  "setMyShortDescription", "setWebhook",
];
const TYPES = ["Update", "ApiError", "Message"];

// The source says "number" for both kinds; these are the API's "Float number", all others its "Integer".
const FLOATS = new Set([
  "latitude", "longitude", "horizontal_accuracy", "x_shift", "y_shift", "scale", "price", "rotation_angle",
]);

const require = createRequire(join(process.cwd(), "package.json"));
const ts = require("typescript");
const folder = join(process.cwd(), "node_modules", SOURCE);
const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

const entry = join(folder, "mod.d.ts");
const program = ts.createProgram([entry], { strict: true, module: ts.ModuleKind.NodeNext });
const checker = program.getTypeChecker();
const exported = new Map(
  checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry))).map((one) => [one.name, one]),
);

const definitions = {};

function inSource(symbol) {
  return symbol?.declarations?.some((one) => one.getSourceFile().fileName.includes(SOURCE));
}

// The name under which a type is kept, or nothing if it is written out where it is used.
function nameOf(type) {
  const generic = type.aliasTypeArguments?.length; // such an alias means another type at each use
  const symbol = type.aliasSymbol && !generic ? type.aliasSymbol : type.isClassOrInterface() ? type.symbol : undefined;
  return inSource(symbol) ? checker.getFullyQualifiedName(symbol).replace(/^".*"\./, "") : undefined;
}

function convert(type, property) {
  const name = nameOf(type);
  if (name === undefined) return written(type, property);
  if (!(name in definitions)) {
    definitions[name] = null; // a type may hold itself
    definitions[name] = written(type, property);
  }
  return { $ref: `#/definitions/${name}` };
}

function written(type, property) {
  const { flags } = type;
  if (flags & ts.TypeFlags.StringLiteral || flags & ts.TypeFlags.NumberLiteral) return { const: type.value };
  if (flags & ts.TypeFlags.BooleanLiteral) return { const: type.intrinsicName === "true" };
  if (flags & ts.TypeFlags.Boolean) return { type: "boolean" };
  if (flags & ts.TypeFlags.StringLike) return { type: "string" };
  const parts = type.isIntersection() ? type.types : [type];
  // The one type parameter stands for a file: its content comes as a part of the form that the string names.
  if (parts.some((one) => one.flags & ts.TypeFlags.TypeParameter)) return { type: "string" };
  if (flags & ts.TypeFlags.Number) return { type: FLOATS.has(property) ? "number" : "integer" };
  if (type.isUnion()) return union(type.types, property);
  if (checker.isArrayType(type)) return { type: "array", items: convert(checker.getTypeArguments(type)[0], property) };
  if (flags & ts.TypeFlags.Object || type.isIntersection()) return object(type);
  throw new Error(`no schema for ${checker.typeToString(type)} in ${property}`);
}

function union(types, property) {
  const strings = types.filter((one) => one.isStringLiteral()).map((one) => one.value);
  const flags = types.filter((one) => one.flags & ts.TypeFlags.BooleanLiteral);
  const rest = types.filter((one) => !one.isStringLiteral() && !(one.flags & ts.TypeFlags.Undefined)
    && !(flags.length === 2 && flags.includes(one)));
  const different = new Set(rest.map((one) => JSON.stringify(convert(one, property))));
  const choices = [...different].map((one) => JSON.parse(one));
  if (strings.length) choices.push({ enum: strings });
  if (flags.length === 2) choices.push({ type: "boolean" });
  return choices.length === 1 ? choices[0] : { anyOf: choices };
}

function object(type) {
  const properties = {};
  const required = [];
  for (const symbol of checker.getPropertiesOfType(type)) {
    const found = checker.getTypeOfSymbol(symbol);
    if (found.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Never)) continue; // said to be absent
    const bare = checker.getNonNullableType(found);
    if (bare.flags & ts.TypeFlags.Never) continue;
    const schema = convert(bare, symbol.name);
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    properties[symbol.name] = schema.type === "string" ? { ...schema, ...lengths(text) } : schema;
    if (!(symbol.flags & ts.SymbolFlags.Optional)) required.push(symbol.name);
  }
  return { type: "object", properties, ...(required.length && { required }), additionalProperties: false };
}

// Limits stand in the descriptions only: "1-64 bytes", "0-1024 characters after entities parsing".
function lengths(text) {
  const [, least, most, unit, parsed] = /(\d+)-(\d+) (characters|bytes)( after entit\w+ parsing)?/.exec(text) ?? [];
  if (!unit) return {};
  if (unit === "bytes") return { byteLength: [Number(least), Number(most)] };
  return parsed ? { parsedLength: [Number(least), Number(most)] } : { minLength: Number(least), maxLength: Number(most) };
}

function methods() {
  const api = checker.getDeclaredTypeOfSymbol(exported.get("ApiMethods"));
  return Object.fromEntries(METHODS.map((name) => {
    const symbol = checker.getPropertyOfType(api, name);
    const [signature] = checker.getTypeOfSymbol(symbol).getCallSignatures();
    const [argument] = signature.getParameters();
    const parameters = argument
      ? object(checker.getNonNullableType(checker.getTypeOfSymbol(argument)))
      : { type: "object", additionalProperties: false };
    return [name, { parameters, result: convert(signature.getReturnType(), name) }];
  }));
}

// One entry a line, so that a change can be read.
function lines(entries) {
  return Object.keys(entries).sort().map((key) => `${JSON.stringify(key)}:${JSON.stringify(entries[key])}`).join(",\n");
}

const played = methods();
for (const name of TYPES) convert(checker.getDeclaredTypeOfSymbol(exported.get(name)), name);
process.stdout.write(`{
"source":${JSON.stringify(`${SOURCE} ${version}, ${license} licence`)},
"bot_api":${JSON.stringify(BOT_API)},
"methods":{
${lines(played)}
},
"definitions":{
${lines(definitions)}
}
}
`);
