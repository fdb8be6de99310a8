/** First in the head of the framed page: its looks, who looks at it, and what it tells its host. */
import { isWatched, state, talkboard, translate, unread, watchView } from './card';
import { fillFaces, forgetFaces } from './faces';
import { watchHeight } from './height';
import { Host } from './host';
import { ByTicket, bySession, Unreachable } from './identity';
import * as looks from './looks';
import type { Unread, Welcome } from './protocol';
import { wrapFetch } from './requests';
import { SignIn, type Standing } from './sign_in';

const ALONE_MS = 1000;
const PATIENCE_MS = 3000;
const LOOK_MS = 5000;
const TICKET_MS = 15000;

const own = (document.currentScript as HTMLScriptElement).dataset;
const prefix = own.prefix ?? '/';
const fetchPlainly = window.fetch.bind(window);
const wanted = new Map<number, { resolve: (ticket: string | null) => void; reject: (error: Error) => void }>();
let questions = 0;
let tickets: boolean | null = null;
let leftOnPurpose = false;
let patient = true;

const signIn = new SignIn(changed, isWatched);
const host = new Host(
  (own.origins ?? '').split(' ').filter(Boolean),
  {
    'talkboard:ticket': ({ id, ticket }) => wanted.get(id)?.resolve(ticket),
    'talkboard:ticket-failed': ({ id }) => wanted.get(id)?.reject(new Unreachable()),
    'talkboard:tickets': (said) => use(said.tickets === true),
    'talkboard:theme': ({ theme }) => looks.setTheme(theme),
    'talkboard:language': ({ lang }) => speak(lang),
    'talkboard:colors': ({ colors }) => looks.setColors(colors),
    'talkboard:refresh': refresh,
    'talkboard:logout': logout,
    'talkboard:session-wanted': ({ id }) => tellSession(id),
  },
  welcomed,
);
const byTicket = new ByTicket(fetchPlainly, prefix, own.site ?? 'cross-site', () => host.origin, drawTicket);

function welcomed(welcome: Welcome): void {
  looks.setTheme(welcome.theme);
  speak(welcome.lang);
  looks.setColors(welcome.colors);
  use(welcome.tickets === true);
}

function speak(lang: unknown): void {
  if (looks.setLanguage(lang)) translate(prefix).catch(() => talkboard().redraw?.());
}

/** By tickets of the host, or by the ordinary session. */
function use(wanted: boolean): void {
  if (tickets === wanted) return;
  tickets = wanted;
  signIn.begin(wanted ? byTicket.way : bySession(fetchPlainly, prefix));
}

async function drawTicket(): Promise<string | null> {
  const id = ++questions;
  const timer = setTimeout(() => wanted.get(id)?.reject(new Unreachable()), TICKET_MS);
  try {
    return await new Promise((resolve, reject) => {
      wanted.set(id, {
        resolve: (ticket) => resolve(typeof ticket === 'string' && ticket ? ticket : null),
        reject,
      });
      if (!host.tell({ type: 'talkboard:ticket-wanted', id })) reject(new Unreachable());
    });
  } finally {
    clearTimeout(timer);
    wanted.delete(id);
  }
}

function changed(standing: Standing, before: Standing): void {
  if (standing === 'in') {
    leftOnPurpose = false;
    talkboard().ask?.();
  } else if (standing === 'out') {
    forgetFaces();
    talkboard().forget?.();
    host.say({ type: 'talkboard:error', code: signIn.code });
    sayUnread(null);
    ready();
  } else if (standing === 'away') {
    host.say({ type: 'talkboard:error', code: 'unreachable' });
  } else if (before !== 'unknown') {
    forgetFaces();
    talkboard().forget?.();
  }
  showOut();
}

/** Where a sign-in counts for this frame. One at Talkboard itself never reaches into a page of another site. */
function wayIn(): string {
  if (tickets) return signIn.code === 'signed_out' ? 'host' : 'here';
  return own.site === 'cross-site' ? 'foreign' : 'here';
}

/** What stands instead of the card; not in the first seconds, in which it may still come. */
function showOut(): void {
  const place = document.getElementById('frame-out');
  if (!place) return;
  const { standing } = signIn;
  place.hidden = patient || (standing !== 'out' && standing !== 'away');
  for (const block of place.querySelectorAll<HTMLElement>('[data-out]')) {
    block.hidden = block.dataset.out !== (standing === 'out' ? 'signed-out' : 'unreachable');
  }
  for (const sentence of place.querySelectorAll<HTMLElement>('[data-way]')) {
    sentence.hidden = sentence.dataset.way !== wayIn();
  }
  const card = document.getElementById('react-entry-point');
  if (card) card.hidden = !place.hidden;
}

function refresh(): void {
  leftOnPurpose = false;
  if (signIn.standing === 'in') talkboard().ask?.('refresh');
  else void signIn.look();
}

/** The card is empty at once, whether the server can be asked or not; the frame may be gone before that answers. */
function logout(): void {
  if (signIn.standing === 'in' && tickets) {
    window.fetch(`${prefix}embed/logout`, { method: 'POST', keepalive: true }).catch(() => undefined);
  }
  leftOnPurpose = true;
  signIn.leave('signed_out');
}

function tellSession(id: number): void {
  const signedIn = signIn.standing === 'in';
  host.tell({ type: 'talkboard:session', id, signedIn, state: (signedIn && state()?.state) || 'loading' });
}

/** Signing in happens in another tab: who comes back from there need not press anything. */
function lookAgain(): void {
  if (isWatched() && !leftOnPurpose) signIn.lookIfDue();
}

let isReady = false;

/** Once: the card has something to show, or nobody to show it to. */
function ready(): void {
  if (!isReady) host.say({ type: 'talkboard:ready' });
  isReady = true;
}

let saidState = '';
let saidUnread = '';

function look(): void {
  fillFaces(document);
  const shown = state();
  if (!shown || shown.state === 'loading') return;
  ready();
  if (JSON.stringify(shown) !== saidState) host.say({ type: 'talkboard:state', ...shown });
  saidState = JSON.stringify(shown);
  sayUnread(unread());
}

/** Whoever heard a number hears too when there is none any more. */
function sayUnread(counted: Unread | null): void {
  const now = counted ?? { messages: 0, conversations: 0, mentions: 0 };
  const unchanged = JSON.stringify(now) === saidUnread;
  if (unchanged || (!counted && !saidUnread)) return;
  host.say({ type: 'talkboard:unread', ...now });
  saidUnread = JSON.stringify(now);
}

function pageIsRead(): void {
  const contents = ['react-entry-point', 'frame-out'].map((id) => document.getElementById(id));
  watchHeight(
    contents.filter((one) => one !== null),
    (height) => host.say({ type: 'talkboard:height', height }),
  );
  new MutationObserver(look).observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-state', 'data-cause', 'data-messages', 'data-conversations', 'data-mentions'],
  });
  watchView(() => {
    lookAgain();
    talkboard().ask?.();
  });
  document.getElementById('frame-out')?.addEventListener('click', (event) => {
    if ((event.target as Element).closest('a') && !tickets) leftOnPurpose = false;
  });
  showOut();
}

function begin(): void {
  looks.begin();
  wrapFetch(fetchPlainly, prefix, {
    signIn,
    avoidCookie: () => byTicket.avoidCookie(),
    language: looks.saidLanguage,
  });
  setTimeout(() => {
    patient = false;
    showOut();
  }, PATIENCE_MS);
  // A plain iframe, with a host that does not know us.
  setTimeout(() => tickets === null && use(false), ALONE_MS);
  // For tickets the host's server is asked as well, so only when somebody comes back.
  setInterval(() => !tickets && signIn.standing === 'out' && lookAgain(), LOOK_MS);
  for (const name of ['focus', 'online']) addEventListener(name, lookAgain);
  document.addEventListener('visibilitychange', lookAgain);
  document.addEventListener('DOMContentLoaded', pageIsRead);
}

if (top === self) location.replace(prefix);
else begin();
