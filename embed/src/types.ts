/** What a page that uses `<talk-card>` may know of it. */
import type { Colors, Session, State, Unread } from './protocol';

export type { Colors, Language, Session, State, Theme, Unread } from './protocol';

export type GetTicket = () => Promise<string | null>;

export interface TalkCardEvents {
  'talk-ready': CustomEvent<null>;
  'talk-state': CustomEvent<State>;
  'talk-unread': CustomEvent<Unread>;
  'talk-error': CustomEvent<{ code: string }>;
  'talk-height': CustomEvent<{ height: number }>;
}

export interface TalkCardElement extends HTMLElement {
  /** Asks the host's own server for a ticket; null for nobody. Unset: the ordinary session counts. */
  getTicket: GetTicket | null | undefined;
  colors: Colors | null | undefined;
  refresh(): void;
  session(): Promise<Session>;
  logout(): void;
  addEventListener<K extends keyof TalkCardEvents>(
    type: K,
    listener: (this: TalkCardElement, event: TalkCardEvents[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'talk-card': TalkCardElement;
  }
}
