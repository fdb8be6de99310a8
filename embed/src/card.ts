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
  /** Draws everything once more, in the language of the page. */
  redraw?: () => void;
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
