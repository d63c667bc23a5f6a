/**
 * The widget's style sheet, constructed by widget.js. Custom properties named --warmline-… are for the host page:
 * accent, paper, card, ink, font, radius, gap (distance to the edges of the window), z-index.
 * Those named --_… are ours. Sizes in em follow the reader's own text size.
 */
export const styles = /* css */ `
:host {
  --_accent: var(--warmline-accent, var(--_accent-attribute, #0f6b66));
  --_on: var(--_on-accent, #fff);
  --_accent-text: var(--_accent-light, #0f6b66);
  --_paper: var(--warmline-paper, #faf7f2);
  --_card: var(--warmline-card, #fff);
  --_ink: var(--warmline-ink, #1f2430);
  --_muted: color-mix(in srgb, var(--_ink) 72%, var(--_paper));
  --_line: color-mix(in srgb, var(--_ink) 14%, var(--_paper));
  --_edge: color-mix(in srgb, var(--_ink) 55%, var(--_paper));
  --_amber: #8a5000;
  --_amber-soft: #fcf0dc;
  --_danger: #b3261e;
  --_radius: var(--warmline-radius, 10px);
  --_gap: var(--warmline-gap, 20px);
  --_shadow: 0 1px 2px rgb(31 36 48 / 8%), 0 16px 40px -8px rgb(31 36 48 / 28%);
}
/* Here and not on the host: a page's rules for its elements win over ours there, and would be inherited. */
.root {
  all: initial;
  direction: ltr; /* which all leaves alone */
  font: medium/1.45 var(--warmline-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif);
  color: var(--_ink);
  color-scheme: light dark;
  -webkit-text-size-adjust: 100%;
}
@media (prefers-color-scheme: dark) {
  :host {
    --_accent-text: var(--_accent-dark, #5fc4bb);
    --_paper: var(--warmline-paper, #1a1d23);
    --_card: var(--warmline-card, #262b34);
    --_ink: var(--warmline-ink, #eeebe5);
    --_amber: #f2bb68;
    --_amber-soft: #352a1a;
    --_danger: #ff9c92;
    --_shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 16px 40px -8px rgb(0 0 0 / 70%);
  }
}
*, *::before, *::after { box-sizing: border-box; }
h2, p, ol, li { margin: 0; padding: 0; }
ol { list-style: none; }
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }
button { cursor: pointer; touch-action: manipulation; }
button:disabled { cursor: default; }
[hidden] { display: none !important; }
.hidden {
  position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; border: 0;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.icon { width: 1.5em; height: 1.5em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.probe { color: color-mix(in srgb, var(--_accent) 100%, black 0%); }
:focus-visible { outline: 3px solid var(--_accent-text); outline-offset: 2px; }

.launcher, .panel {
  position: fixed; z-index: var(--warmline-z-index, 2147483000);
  right: calc(var(--_gap) + env(safe-area-inset-right)); left: auto;
  bottom: calc(var(--_gap) + env(safe-area-inset-bottom)); top: auto;
}
:host([position='bottom-left']) :is(.launcher, .panel) { right: auto; left: calc(var(--_gap) + env(safe-area-inset-left)); }
.launcher {
  display: grid; place-items: center; width: 60px; height: 60px; padding: 0;
  border: 1px solid transparent; border-radius: 50%;
  background: var(--_accent); color: var(--_on); box-shadow: var(--_shadow);
  transition: transform 160ms ease;
}
.launcher .icon { width: 28px; height: 28px; }
.launcher:focus-visible { outline-offset: 3px; box-shadow: 0 0 0 3px var(--_paper), var(--_shadow); }
.badge {
  position: absolute; top: -4px; right: -4px; min-width: 24px; height: 24px; padding: 0 6px;
  border: 2px solid var(--_paper); border-radius: 12px; background: #b3261e; color: #fff;
  font-size: 13px; font-weight: 700; line-height: 20px; text-align: center;
}

.panel {
  margin: 0; padding: 0; width: min(392px, calc(100vw - 2 * var(--_gap)));
  height: min(660px, calc(100vh - 2 * var(--_gap))); height: min(660px, calc(100dvh - 2 * var(--_gap)));
  max-width: none; max-height: none; overflow: hidden;
  border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 1.6);
  background: var(--_paper); color: var(--_ink); box-shadow: var(--_shadow);
}
.panel[open] { display: flex; flex-direction: column; animation: rise 180ms ease-out; }
.panel.still { animation: none; }
.panel::backdrop { background: transparent; }
.header {
  display: flex; align-items: center; gap: 12px; padding: 14px 10px 14px 20px;
  background: radial-gradient(120% 180% at 100% 0, rgb(255 205 120 / 26%), transparent 55%) var(--_accent);
  color: var(--_on);
}
.who { flex: 1; min-width: 0; }
h2 { font-size: 1.0625em; font-weight: 650; line-height: 1.3; overflow-wrap: anywhere; }
.state { display: flex; align-items: center; gap: 7px; font-size: .875em; line-height: 1.35; }
.state::before { content: ''; flex: none; width: 9px; height: 9px; border: 1.5px solid var(--_on); border-radius: 50%; }
.state[data-state='bot']::before { background: transparent; }
.state[data-state='waiting']::before { background: #ffc46b; animation: breathe 1.8s ease-in-out infinite; }
.state[data-state='agent']::before { background: #7fe0a8; }
.language {
  flex: none; max-width: 8.5em; min-height: 36px; text-overflow: ellipsis; padding: 4px 8px; font: inherit; font-size: .875em; color: inherit;
  border: 1px solid color-mix(in srgb, var(--_on) 55%, transparent); border-radius: 18px; background: none; cursor: pointer;
}
.language option { color: var(--_ink); background: var(--_card); }
.language:focus-visible { outline-color: var(--_on); }
.close {
  display: grid; place-items: center; width: 44px; height: 44px; padding: 0; flex: none;
  border: 1px solid transparent; border-radius: 50%; background: none;
}
.close:hover { background: rgb(255 255 255 / 16%); }
.close:focus-visible { outline-color: var(--_on); outline-offset: -3px; }

.connection, .notice { padding: 8px 20px; font-size: .875em; color: var(--_amber); background: var(--_amber-soft); }
.connection { border-bottom: 1px solid var(--_line); }
.notice { border-top: 1px solid var(--_line); }

.log { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; padding: 18px 16px 10px; scrollbar-width: thin; }
.log:focus-visible { outline-offset: -3px; }
.greeting {
  margin: 0 0 14px; padding: 0 4px 14px; border-bottom: 1px solid var(--_line);
  font-size: .9375em; color: var(--_muted); white-space: pre-line; overflow-wrap: anywhere;
}
.row { contain: layout style; display: flex; flex-direction: column; align-items: flex-start; margin-top: 3px; }
.row.first { margin-top: 14px; }
.day { align-self: center; margin: 4px 0 12px; font-size: .8125em; color: var(--_muted); }
.author { display: flex; align-items: center; gap: 7px; margin: 0 2px 5px; font-size: .8125em; font-weight: 600; color: var(--_muted); }
.face {
  display: grid; place-items: center; width: 22px; height: 22px; border-radius: 50%; font-size: 11px; font-weight: 700;
  background: color-mix(in srgb, var(--_accent) 16%, var(--_card)); color: var(--_accent-text);
}
.agent .face { background: var(--_amber-soft); color: var(--_amber); }
.bubble {
  max-width: 86%; padding: 9px 13px; border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 1.4);
  background: var(--_card); font-size: .9375em; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; text-align: start;
}
.whole { white-space: nowrap; }
.bot.last .bubble, .agent.last .bubble { border-bottom-left-radius: 4px; }
.agent .bubble { background: var(--_amber-soft); border-color: color-mix(in srgb, var(--_amber) 30%, transparent); }
.bubble a { color: var(--_accent-text); text-decoration: underline; text-underline-offset: 2px; unicode-bidi: isolate; }
.customer { align-items: flex-end; }
.customer .bubble { background: var(--_accent); border-color: transparent; color: var(--_on); }
.customer .bubble a { color: inherit; }
.customer.last .bubble { border-bottom-right-radius: 4px; }
.customer:is(.sending, .delayed) .bubble { background: color-mix(in srgb, var(--_accent) 88%, var(--_paper)); }
.customer.rejected .bubble { background: var(--_card); border-color: var(--_danger); color: var(--_ink); }
.row.system { align-items: center; text-align: center; }
.system .author { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.system .bubble { max-width: 94%; padding: 2px 8px; border: 0; background: none; font-size: .875em; color: var(--_muted); text-align: center; }
.foot { margin: 4px 4px 0; font-size: .75em; color: var(--_muted); }
.row:has(> .foot:not(.hidden)) { margin-bottom: 6px; }
.late { color: var(--_amber); }
.problem { max-width: 86%; font-size: .8125em; color: var(--_danger); overflow-wrap: anywhere; }
.link {
  min-height: 24px; padding: 2px 4px; border: 0; background: none; border-radius: 6px;
  color: var(--_accent-text); font-weight: 600; text-decoration: underline; text-underline-offset: 2px;
}
.files { display: grid; gap: 6px; max-width: 86%; margin: 6px 0 0; padding: 0; list-style: none; }
.file {
  display: flex; align-items: center; flex-wrap: wrap; gap: 2px 8px; min-height: 40px; max-width: 100%; padding: 7px 13px;
  border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 1.4); background: var(--_card); color: var(--_accent-text);
  font-size: .9375em; font-weight: 550; text-align: start; overflow-wrap: anywhere;
}
.file:hover { background: color-mix(in srgb, var(--_accent) 12%, var(--_card)); }
.file-progress { display: block; padding-inline: 4px; }
.file .icon { width: 20px; height: 20px; }
.file-name { text-decoration: underline; text-underline-offset: 2px; min-width: 0; }
.file-size, .file-progress { font-size: .8125em; font-weight: 400; color: var(--_muted); }
.choices { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 2px; max-width: 100%; }
.choice {
  min-height: 40px; max-width: 100%; padding: 8px 15px; border: 1.5px solid var(--_accent-text); border-radius: 20px;
  background: var(--_card); color: var(--_accent-text); font-size: .9375em; font-weight: 550; line-height: 1.3;
  text-align: start; overflow-wrap: anywhere;
}
.choice:hover:enabled { background: color-mix(in srgb, var(--_accent) 12%, var(--_card)); }
.choice:disabled { border-color: var(--_line); background: none; color: var(--_muted); font-weight: 400; }
.choice[aria-pressed='true'] { border-color: var(--_muted); background: var(--_card); color: var(--_ink); font-weight: 550; }
.choice[aria-pressed='true']::before { content: '✓ '; content: '✓ ' / ''; }
.typing { display: inline-flex; gap: 5px; margin: 14px 2px 4px; padding: 13px 14px; border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 1.4); background: var(--_card); }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--_muted); animation: dot 1.3s ease-in-out infinite; }
.typing i:nth-of-type(2) { animation-delay: 150ms; }
.typing i:nth-of-type(3) { animation-delay: 300ms; }
.newest {
  align-self: center; display: inline-flex; align-items: center; gap: 6px; height: 36px; margin-top: -44px; margin-bottom: 8px; padding: 0 14px 0 10px;
  position: relative; border: 1px solid var(--_line); border-radius: 18px; background: var(--_card); color: var(--_accent-text);
  font-size: .875em; font-weight: 600; box-shadow: 0 4px 14px rgb(0 0 0 / 18%);
}
.newest .icon { width: 18px; height: 18px; }

.form {
  display: grid; grid-template-columns: 1fr auto; align-items: end; gap: 4px 8px;
  padding: 10px 12px calc(12px + env(safe-area-inset-bottom)); border-top: 1px solid var(--_line); background: var(--_card);
}
textarea {
  display: block; width: 100%; min-height: 44px; max-height: min(9em, 30vh); padding: 10px 14px; resize: none;
  border: 1px solid var(--_edge); border-radius: 22px; background: var(--_paper); line-height: 1.4; overflow-wrap: anywhere; scrollbar-width: thin;
}
textarea::placeholder { color: var(--_muted); opacity: 1; }
textarea:focus-visible { outline-width: 2px; outline-offset: 0; border-color: transparent; }
textarea[aria-invalid='true'] { border-color: var(--_danger); }
.send { display: grid; place-items: center; width: 44px; height: 44px; padding: 0; border: 1px solid transparent; border-radius: 50%; background: var(--_accent); color: var(--_on); }
.send:disabled { background: var(--_line); color: var(--_muted); }
.counter { grid-column: 1 / -1; padding: 0 14px; font-size: .8125em; color: var(--_muted); }
.counter.over { color: var(--_danger); font-weight: 600; }

@media (hover: hover) { .launcher:hover { transform: scale(1.05); } .send:hover:enabled { filter: brightness(1.08); } }
@media (max-width: 479.98px), (max-height: 479.98px) and (pointer: coarse) {
  .panel[open], :host([position]) .panel[open] {
    inset: var(--_top, 0) 0 auto 0; width: 100%; height: var(--_height, 100dvh); border: 0; border-radius: 0; animation: none;
  }
  .header { padding-top: calc(12px + env(safe-area-inset-top)); padding-left: calc(18px + env(safe-area-inset-left)); }
  .log { padding-left: calc(14px + env(safe-area-inset-left)); padding-right: calc(14px + env(safe-area-inset-right)); }
  textarea { font-size: max(1em, 16px); } /* below 16 px a phone zooms into the field */
}
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }
@keyframes breathe { 50% { opacity: .35; } }
@keyframes dot { 0%, 60%, 100% { transform: none; opacity: .5; } 30% { transform: translateY(-4px); opacity: 1; } }
@media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; } .launcher:hover { transform: none; } }
@media (forced-colors: active) {
  .launcher, .send, .close, .bubble, .badge, .choice, .file, .header { border: 1px solid ButtonText; }
  .customer .bubble { border-color: Highlight; }
  .typing i { background: CanvasText; }
  .choice:disabled { color: GrayText; border-color: GrayText; }
  :focus-visible { outline-color: Highlight; }
}
`;
