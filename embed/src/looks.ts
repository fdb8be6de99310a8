/** Theme, language and colours of the host, before the first paint and whenever they change. */
import { isLanguage, isTheme, type Colors, type Language, type Theme } from './protocol';

const DARK_MEDIA: Record<Theme, string> = { light: 'not all', dark: 'all', auto: '(prefers-color-scheme: dark)' };
const COLORS = ['background', 'text', 'accent'] as const;
const COLOR = /^#[0-9a-f]{6}$/i;
const READABLE = 4.5;

const root = document.documentElement;
let theme: Theme | null = null;
let language: Language | null = null;
let colors: unknown = null;

/** What the host has said, else null. */
export function saidLanguage(): Language | null {
  return language;
}

export function setTheme(wanted: unknown): void {
  if (!isTheme(wanted)) return;
  theme = wanted;
  applyTheme();
}

/** The head may not be read to its end yet: what is not there is done when it comes. */
function applyTheme(): void {
  if (!theme) return;
  // Before the styles are there, a frame would be white on a dark page.
  root.style.colorScheme = theme === 'auto' ? 'light dark' : theme;
  const sheet = document.getElementById('dark-theme') as HTMLLinkElement | null;
  if (sheet && sheet.media !== DARK_MEDIA[theme]) sheet.media = DARK_MEDIA[theme];
  const scheme = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
  const content = theme === 'auto' ? 'light dark' : theme;
  if (scheme && scheme.content !== content) scheme.content = content;
  applyColors();
}

/** Says whether the page is in another language now. */
export function setLanguage(wanted: unknown): boolean {
  if (!isLanguage(wanted)) return false;
  language = wanted;
  const changed = root.lang !== wanted;
  root.lang = wanted;
  return changed;
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function isDark(): boolean {
  const sheet = document.getElementById('dark-theme') as HTMLLinkElement | null;
  return matchMedia(theme ? DARK_MEDIA[theme] : sheet?.media || DARK_MEDIA.auto).matches;
}

/** All of them, or none: half a set can not be judged. What the host does not name stays as the theme has it, so the
 * background must be as dark or light as that. */
function usable(wanted: unknown): wanted is Colors {
  if (typeof wanted !== 'object' || wanted === null) return false;
  const known = Object.entries(wanted).every(
    ([name, value]) => (COLORS as readonly string[]).includes(name) && typeof value === 'string' && COLOR.test(value),
  );
  const { background, text, accent } = wanted as Colors;
  if (!known || !background || !text) return false;
  const dark = contrast(background, '#ffffff') > contrast(background, '#000000');
  return dark === isDark() && [text, accent ?? text].every((one) => contrast(one, background) >= READABLE);
}

function applyColors(): void {
  const good = usable(colors);
  for (const name of COLORS) {
    const value = good && (colors as Colors)[name];
    if (value) root.style.setProperty(`--host-${name}`, value);
    else root.style.removeProperty(`--host-${name}`);
  }
  root.toggleAttribute('data-host-colors', good);
}

export function setColors(wanted: unknown): void {
  colors = wanted;
  applyColors();
}

/** From the fragment, while the head is still being read. */
export function begin(): void {
  const said = new URLSearchParams(location.hash.slice(1));
  setTheme(said.get('theme'));
  setLanguage(said.get('lang'));
  matchMedia(DARK_MEDIA.auto).addEventListener('change', applyColors);
  const reading = new MutationObserver(applyTheme);
  reading.observe(document, { subtree: true, childList: true });
  document.addEventListener('DOMContentLoaded', () => {
    reading.disconnect();
    applyTheme();
  });
}
