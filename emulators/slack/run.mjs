// Run emulate's Slack on a port of this machine: `run.mjs INSTALLED PORT REQUEST_URL SEED`.
//
// emulate signs the events of an app and has no way to say where they go: that is said here. It leaves out whom an
// event is for, by which an app knows itself: that is added. And every event comes twice, as Slack's do when an answer
// is late.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [, , installed, port, url, file] = process.argv;
const emulate = new URL("node_modules/emulate/dist/", pathToFileURL(`${installed}/`));
const { createEmulator } = await import(new URL("api.js", emulate));
const { slackPlugin } = await import(new URL("dist-6ZQHD4DN.js", emulate)); // in 0.12.2; the package does not export it

const seed = JSON.parse(await readFile(file, "utf8"));
const [{ bot_user_id: user_id }] = seed.slack.oauth_apps;
const register = slackPlugin.register;

slackPlugin.register = (app, store, webhooks, ...more) => {
  const dispatch = webhooks.dispatch.bind(webhooks);
  webhooks.dispatch = (event, action, payload, ...where) =>
    dispatch(event, action, { ...payload, authorizations: [{ team_id: payload.team_id, user_id, is_bot: true }] }, ...where);
  for (let time = 0; time < 2; time++) {
    webhooks.register({ url, events: ["*"], active: true, owner: "slack" });
  }
  register(app, store, webhooks, ...more);
};

await createEmulator({ service: "slack", port: Number(port), baseUrl: `http://127.0.0.1:${port}`, seed });
