/** What the page's own scripts and pictures say: `assets/liveness.js` is the other half. */
import type { State, Unread } from './protocol';

export interface Talkboard {
  /** Whether the frame is scrolled out of sight. */
  outOfView?: boolean;
  /** Starts and stops the clocks. */
  pace?: () => void;
  /** Asks at once, as after coming back; with a name, as if that button had been pressed. */
  ask?: (name?: string) => void;
  /** Takes the picture away, so that nothing of it is left for whoever comes next. */
  forget?: () => void;
  /** Draws the picture once more, whatever it shows. */
  redraw?: () => void;
  setProps?: (id: string, props: object) => void;
}

export function talkboard(): Talkboard {
  const page = window as unknown as { talkboard?: Talkboard };
  return (page.talkboard ??= {});
}

function picture(): HTMLElement | null {
  return document.querySelector<HTMLElement>('#talk-card > [data-state]');
}

export function state(): State | null {
  const shown = picture();
  return shown && { state: shown.dataset.state ?? '', cause: shown.dataset.cause ?? null };
}

interface Component {
  props?: Record<string, unknown> & { children?: Component | Component[] };
}

function find(component: Component | undefined, fits: (props: Record<string, unknown>) => boolean): Component | undefined {
  if (!component?.props || fits(component.props)) return component?.props && component;
  for (const child of [component.props.children ?? []].flat()) {
    const found = find(child, fits);
    if (found) return found;
  }
  return undefined;
}

/** In another language: the picture, and what stands beside it from the beginning. */
export async function translate(prefix: string): Promise<void> {
  const place = document.querySelector<HTMLElement>('[data-just-now]');
  if (!place) return;
  const layout: Component = await (await fetch(`${prefix}_dash-layout`)).json();
  const words = find(layout, (props) => 'data-just-now' in props)?.props?.['data-just-now'];
  const dialog = find(layout, (props) => props.id === 'talk-confirm');
  if (typeof words === 'string') place.dataset.justNow = words;
  if (dialog) talkboard().setProps?.('talk-confirm', { children: dialog.props?.children });
  talkboard().redraw?.();
}

/** Null where nothing is known. */
export function unread(): Unread | null {
  const { messages, conversations, mentions } = picture()?.dataset ?? {};
  if (messages === undefined || conversations === undefined || mentions === undefined) return null;
  return { messages: Number(messages), conversations: Number(conversations), mentions: Number(mentions) };
}

/** Nobody asks for a card that nobody sees. */
export function watchView(seen: () => void): void {
  new IntersectionObserver((entries) => {
    const last = entries.at(-1);
    if (!last) return;
    const before = talkboard().outOfView;
    talkboard().outOfView = !last.isIntersecting;
    if (before === true && last.isIntersecting) seen();
    else talkboard().pace?.();
  }).observe(document.documentElement);
}

export function isWatched(): boolean {
  return !document.hidden && !talkboard().outOfView;
}
