/** Theme, language and colours of the host, before the first paint and whenever they change. */
import { isLanguage, isTheme, type Colors, type Language, type Theme } from './protocol';

const DARK_MEDIA: Record<Theme, string> = { light: 'not all', dark: 'all', auto: '(prefers-color-scheme: dark)' };
const COLORS = ['background', 'text', 'accent'] as const;
const COLOR = /^#[0-9a-f]{6}$/i;
const READABLE = 4.5;

const root = document.documentElement;
let theme: Theme | null = null;
let language: Language | null = null;

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

/** All of them, or none: half a set can not be judged. */
function usable(colors: unknown): colors is Required<Pick<Colors, 'background'>> & Colors {
  if (typeof colors !== 'object' || colors === null) return false;
  const entries = Object.entries(colors);
  const known = entries.every(
    ([name, value]) => (COLORS as readonly string[]).includes(name) && typeof value === 'string' && COLOR.test(value),
  );
  const { background, text, accent } = colors as Colors;
  if (!known || !background || !(text || accent)) return false;
  return [text, accent].every((one) => !one || contrast(one, background) >= READABLE);
}

export function setColors(colors: unknown): void {
  const good = usable(colors);
  for (const name of COLORS) {
    const value = good && colors[name];
    if (value) root.style.setProperty(`--host-${name}`, value);
    else root.style.removeProperty(`--host-${name}`);
  }
  root.toggleAttribute('data-host-colors', good);
}

/** From the fragment, while the head is still being read. */
export function begin(): void {
  const said = new URLSearchParams(location.hash.slice(1));
  setTheme(said.get('theme'));
  setLanguage(said.get('lang'));
  const reading = new MutationObserver(applyTheme);
  reading.observe(document, { subtree: true, childList: true });
  document.addEventListener('DOMContentLoaded', () => {
    reading.disconnect();
    applyTheme();
  });
}
