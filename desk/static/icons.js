// Small pictures drawn on a 16 by 16 grid. All are decoration: words beside them say the same.
import { h } from './dom.js';
import { MOODS, moodWords } from './words.js';

/** @type {Record<string, {d: string, full?: boolean}>} */
const SHAPES = {
  circle: { d: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z' },
  diamond: { d: 'M8 1.8 14.2 8 8 14.2 1.8 8z' },
  down: { d: 'M2 3.5h12L8 13.5z' },
  up: { d: 'M2 12.5h12L8 2.5z' },
  upFull: { d: 'M1.5 13.5h13L8 2z', full: true },
  cross: { d: 'M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5' },
  shield: { d: 'M8 1.5 13.5 3.5V8c0 3.4-2.6 5.6-5.5 6.5C5.1 13.6 2.5 11.4 2.5 8V3.500z', full: true },
  octagon: { d: 'M5.3 1.500h5.400l3.8 3.800v5.400l-3.8 3.800H5.300L1.5 10.700V5.300z', full: true },
  back: { d: 'M10 3 5 8l5 5' },
  downArrow: { d: 'M8 3v10M3.5 8.5 8 13l4.5-4.5' },
  send: { d: 'M2.5 8h10M8.5 4l4 4-4 4' },
  pencil: { d: 'M3 13l.7-3L10.5 3.200l2.3 2.300L6 12.300z' },
  book: {
    d: 'M8 4c-1.5-1-3.5-1.3-5.5-1v9.500c2-.3 4 0 5.5 1 1.5-1 3.5-1.3 5.5-1V3c-2-.3-4 0-5.5 1zM8 4v9.5',
  },
  reply: { d: 'M6.5 4 3 7.5 6.5 11M3.5 7.500h6c2.5 0 3.8 1.5 3.8 4.5' },
  note: { d: 'M3 2.500h10v7.500L9.5 13.500H3zM9.5 13.500V10H13' },
  bell: {
    d: 'M8 2c-2.5 0-4 1.8-4 4.3 0 3-1.5 4.2-1.5 5.200h11c0-1-1.5-2.2-1.5-5.200C12 3.8 10.5 2 8 2zM6.5 13.500c.8.9 2.2.9 3 0',
  },
  sound: { d: 'M2.5 6v4h2.500l3.5 3V3L5 6zM11 5.500c1.5 1.3 1.5 3.7 0 5M13 3.500c2.6 2.5 2.6 6.5 0 9' },
  mute: { d: 'M2.5 6v4h2.500l3.5 3V3L5 6zM11 6l3.5 4M14.5 6 11 10' },
  flag: { d: 'M3.5 14V2.500h8L10 5.500l1.5 3h-8' },
  star: { d: 'M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.200L8 11.400l-3.7 2.1.8-4.200L2 6.400l4.2-.5z' },
  panel: { d: 'M2.5 3h11v10h-11zM9.5 3v10' },
  clip: {
    d: 'M13.500 7.500 8.300 12.700a3.200 3.200 0 0 1-4.500-4.500l5.600-5.600a2.100 2.100 0 0 1 3 3L7.200 10.800',
  },
  file: { d: 'M9.5 2H4v12h8V4.500zM9.5 2v2.500H12' },
  clock: { d: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5v3.200l2 1.300' },
  web: {
    d: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM2.500 8h11M8 2.500c2 1.600 2 9.400 0 11M8 2.500c-2 1.600-2 9.400 0 11',
  },
  telegram: { d: 'M14 2.500 1.800 7.300l3.700 1.400L7 13.200l2-2.700 3.200 2.400zM5.500 8.700 14 2.500' },
  slack: { d: 'M6.300 2.500 5 13.500M11 2.500 9.700 13.500M2.800 5.800h11M2.200 10.200h11' },
  email: { d: 'M2 4h12v8.500H2zM2 4.500l6 4.500 6-4.500' },
  check: { d: 'M3 8.5 6.5 12 13 4.5' },
  person: { d: 'M8 2.500a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600zM2.800 13.500c.5-5.300 9.900-5.300 10.400 0' },
  open: { d: 'M4 6.500l4 4 4-4' },
};

/** @param {string} name @param {string} [className] */
export function icon(name, className = '') {
  const { d, full } = SHAPES[name] ?? SHAPES.circle;
  return h(
    'svg',
    {
      class: `icon ${full ? 'full' : ''} ${className}`,
      viewBox: '0 0 16 16',
      'aria-hidden': 'true',
      focusable: 'false',
    },
    h('path', { d }),
  );
}

/** @param {string} channel */
export const channelIcon = (channel) => icon(channel in SHAPES ? channel : 'web');

/**
 * The mood as word and shape.
 * @param {import('./types.js').Mood|null} mood
 * @param {number} [heat] of the conversation, where this is the mood of now
 */
export function moodChip(mood, heat = 0) {
  if (!mood) return null;
  const { shape, tone } = MOODS[mood.kind] ?? MOODS.calm;
  const cues = (mood.evidence ?? []).map((piece) => `“${piece.text}”`).join(', ');
  return h(
    'span',
    { class: `chip mood ${tone}`, title: cues && `Because of ${cues}` },
    icon(shape),
    moodWords(mood, heat),
  );
}
