/** Keeps any accent readable (WCAG 2.2, 1.4.3): text on it, and text in its colour on light and dark paper. */

const CONTRAST = 5.5; // 4.5, and room for the tinted grounds of hovered buttons
const LIGHT_PAPER = [0.98, 0.97, 0.95];
const DARK_PAPER = [0.15, 0.165, 0.2];
const INK = [0.12, 0.14, 0.19];
const WHITE = [1, 1, 1];
const BLACK = [0, 0, 0];

/** @typedef {number[]} Colour red, green and blue in 0..1 */

/**
 * @param {string} computed a computed `color(srgb r g b)`
 * @returns {{onAccent: string, onLight: string, onDark: string} | null} nothing when it cannot be read
 */
export function readableColours(computed) {
  const parts = computed.match(/color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)/);
  if (!parts) return null;
  const accent = parts.slice(1).map(Number);
  return {
    onAccent: css(contrast(accent, WHITE) >= CONTRAST ? WHITE : further(accent, INK)),
    onLight: css(shifted(accent, LIGHT_PAPER, BLACK)),
    onDark: css(shifted(accent, DARK_PAPER, WHITE)),
  };
}

/** White or ink, whichever stands out more. @param {Colour} accent @param {Colour} ink */
const further = (accent, ink) => (contrast(accent, ink) > contrast(accent, WHITE) ? ink : WHITE);

/** The accent, moved towards `pole` just as far as it takes. @param {Colour} accent @param {Colour} paper @param {Colour} pole */
function shifted(accent, paper, pole) {
  let colour = accent;
  for (let share = 0.05; contrast(colour, paper) < CONTRAST && share <= 1; share += 0.05) {
    colour = accent.map((value, index) => value + (pole[index] - value) * share);
  }
  return colour;
}

/** @param {Colour} a @param {Colour} b @returns {number} 1..21 */
function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance as WCAG defines it. @param {Colour} colour */
function luminance(colour) {
  const [r, g, b] = colour.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {Colour} colour */
const css = (colour) => `rgb(${colour.map((value) => Math.round(value * 255)).join(' ')})`;
