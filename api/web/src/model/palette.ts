/** The colours themselves: calm, light and dark. (Owner: C) */

export type Scheme = 'light' | 'dark';

/**
 * Seven calm colours after Paul Tol's "light" scheme, which people with any colour vision tell
 * apart; the last three are for maps that seven cannot colour. As in geogrid/publish/colours.py.
 */
export const PALETTE: Record<Scheme, readonly string[]> = {
  light: [
    '#8fb8de',
    '#a5d6a0',
    '#f2dc8c',
    '#f0a98b',
    '#c9b3dc',
    '#7fcbc0',
    '#f5b9c6',
    '#cdd17a',
    '#d9c2a3',
    '#b8c4ce',
  ],
  dark: [
    '#34587d',
    '#3d6b3a',
    '#77662a',
    '#83482f',
    '#5d4776',
    '#2c6a62',
    '#7d4353',
    '#5f6427',
    '#695538',
    '#4a5761',
  ],
};
/** Colours to spread over; more are used only where these do not do. */
export const CALM = 7;

/** households against the target: from far fewer (blue) to far more (brown) */
export const DEVIATION_BREAKS = [-0.3, -0.15, -0.05, 0.05, 0.15, 0.3] as const;
export const DEVIATION: Record<Scheme, readonly string[]> = {
  light: ['#3b7ab5', '#83b3d8', '#c5dcec', '#ece6d3', '#f6d9ae', '#e6a562', '#b8692a'],
  dark: ['#5b9bd8', '#3f6f9c', '#2d4a63', '#4a4740', '#6b5433', '#9a6a30', '#d08a45'],
};

export const WALK: Record<Scheme, readonly string[]> = {
  light: ['#e3f0d8', '#b5dcc0', '#7cbfb4', '#48939f', '#2c637f'],
  dark: ['#2b3d33', '#2f5546', '#35736b', '#4a98a2', '#86c5d8'],
};

/** kinds of committee and of property service: good, on the way, none, not told */
export const KINDS: Record<Scheme, readonly string[]> = {
  light: ['#7fb8a4', '#f2cf7e', '#e59a86', '#cfd4d9'],
  dark: ['#3f7f6b', '#8a7030', '#8f4a3c', '#454c53'],
};

/** theme "changes": what came in, and what is as it was */
export const CHANGED: Record<Scheme, readonly [string, string]> = {
  light: ['#e6a562', '#e6e8ea'],
  dark: ['#c07f3a', '#363c42'],
};

/** no figure is known */
export const UNKNOWN: Record<Scheme, string> = { light: '#e2e4e6', dark: '#3a4046' };
