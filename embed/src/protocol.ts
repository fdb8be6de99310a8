/** What frame and host say to each other. `messages.schema.json` says the same for everybody else. */

export const VERSION = 1;

export type Theme = 'light' | 'dark' | 'auto';
export type Language = 'de' | 'en';

/** Values are `#rrggbb`. They count only where text and accent can be read on the background. */
export interface Colors {
  background?: string;
  text?: string;
  accent?: string;
}

/** `cause` is the code of what is wrong, as in docs/api.md. */
export interface State {
  state: string;
  cause: string | null;
}

export interface Unread {
  messages: number;
  conversations: number;
  mentions: number;
}

export interface Session {
  signedIn: boolean;
  state: string;
}

/** Through the windows: the frame asks for a port, the host hands one over, once for each `n`. */
export type Hello = { type: 'talkboard:hello'; version: number; n: string };
export type Welcome = {
  type: 'talkboard:welcome';
  version: number;
  n: string;
  tickets: boolean;
  theme?: Theme;
  lang?: Language;
  colors?: Colors;
};

/** Through the port. */
export type ToHost =
  | { type: 'talkboard:ticket-wanted'; id: number }
  | { type: 'talkboard:ready' }
  | ({ type: 'talkboard:state' } & State)
  | ({ type: 'talkboard:unread' } & Unread)
  | { type: 'talkboard:error'; code: string }
  | { type: 'talkboard:height'; height: number }
  | ({ type: 'talkboard:session'; id: number } & Session);

export type ToFrame =
  | { type: 'talkboard:ticket'; id: number; ticket: string | null }
  | { type: 'talkboard:ticket-failed'; id: number }
  | { type: 'talkboard:tickets'; tickets: boolean }
  | { type: 'talkboard:theme'; theme: Theme }
  | { type: 'talkboard:language'; lang: Language }
  | { type: 'talkboard:colors'; colors: Colors | null }
  | { type: 'talkboard:refresh' }
  | { type: 'talkboard:logout' }
  | { type: 'talkboard:session-wanted'; id: number };

export function isTheme(value: unknown): value is Theme {
  return value === 'light' || value === 'dark' || value === 'auto';
}

export function isLanguage(value: unknown): value is Language {
  return value === 'de' || value === 'en';
}

/** The message in `data` if it is one of ours; `newer` where its version is above ours. */
export function read<Message>(data: unknown): { message?: Message; newer?: true } {
  const said = data as { type?: unknown; version?: unknown } | null;
  if (typeof said !== 'object' || said === null) return {};
  if (typeof said.type !== 'string' || !said.type.startsWith('talkboard:')) return {};
  if (said.version === VERSION) return { message: said as Message };
  return typeof said.version === 'number' && said.version > VERSION ? { newer: true } : {};
}
