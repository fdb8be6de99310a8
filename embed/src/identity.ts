/** The ways in which a frame learns who looks at it. Nothing of it is kept anywhere but in this script's memory. */

export type Identity =
  | { mode: 'session' }
  | { mode: 'cookie'; who: string; csrf: string; seconds: number }
  | { mode: 'bearer'; who: string; token: string; seconds: number };

/** Nobody, for certain; the code says why. */
export class SignedOut extends Error {}

/** Nothing could be learnt: network, host or server are away. `seconds` is how long to wait, if that was said. */
export class Unreachable extends Error {
  constructor(readonly seconds = 0) {
    super('unreachable');
  }
}

export type Way = (before: Identity | null) => Promise<Identity>;

const FRAME = 'X-Talkboard-Frame';

/** What a request carries so that the server knows whose it is. */
export function credentials(identity: Identity): { headers: Record<string, string>; credentials: RequestCredentials } {
  if (identity.mode === 'session') return { headers: { [FRAME]: 'session' }, credentials: 'same-origin' };
  if (identity.mode === 'bearer') {
    const headers = { [FRAME]: 'ticket', Authorization: `Bearer ${identity.token}` };
    return { headers, credentials: 'omit' };
  }
  const headers = { [FRAME]: 'ticket', 'X-Talkboard-Who': identity.who, 'X-CSRFToken': identity.csrf };
  return { headers, credentials: 'same-origin' };
}

async function asked(fetch: typeof window.fetch, url: string, init: RequestInit): Promise<any> {
  let answer: Response;
  let said: any;
  try {
    answer = await fetch(url, { ...init, cache: 'no-store', redirect: 'error' });
    said = await answer.json();
  } catch {
    throw new Unreachable();
  }
  if (answer.ok) return said;
  if (answer.status === 401 || answer.status === 403) throw new SignedOut(String(said?.error ?? 'refused'));
  throw new Unreachable(Number(answer.headers.get('Retry-After')) || 0);
}

/** The ordinary session of this site. */
export function bySession(fetch: typeof window.fetch, prefix: string): Way {
  return async () => {
    const said = await asked(fetch, `${prefix}embed/session`, {
      headers: { [FRAME]: 'session' },
      credentials: 'same-origin',
    });
    if (said.signedIn !== true) throw new SignedOut('signed_out');
    return { mode: 'session' };
  };
}

/** A ticket of the host. A token reaches this script only where the cookie did not come back. */
export class ByTicket {
  #bearer = false;

  constructor(
    private readonly fetch: typeof window.fetch,
    private readonly prefix: string,
    private readonly site: string,
    private readonly parent: () => string,
    /** Null for nobody. Raises Unreachable. */
    private readonly ticket: () => Promise<string | null>,
  ) {}

  /** From now on without the cookie: it is another member's. */
  avoidCookie(): void {
    this.#bearer = true;
  }

  readonly way: Way = async (before) => {
    try {
      return await this.#redeem(before);
    } catch (error) {
      // It may have been too old on its arrival; another one is not.
      if (!(error instanceof SignedOut) || error.message !== 'ticket_refused') throw error;
      return this.#redeem(before);
    }
  };

  async #redeem(before: Identity | null): Promise<Identity> {
    const ticket = await this.ticket();
    if (ticket === null) throw new SignedOut('signed_out');
    const mode = this.#bearer ? 'bearer' : 'cookie';
    const said = await this.#post('session', { ticket, parent: this.parent(), site: this.site, mode }, before);
    if (mode === 'bearer') return this.#made(said);
    try {
      return this.#made(await this.#post('selftest', { claim: said.claim }, null));
    } catch (error) {
      throw error instanceof SignedOut ? new Unreachable() : error;
    }
  }

  #made(said: any): Identity {
    const seconds = Number(said.expiresIn) || 0;
    this.#bearer = said.mode === 'bearer';
    if (this.#bearer) return { mode: 'bearer', who: said.who, token: said.token, seconds };
    return { mode: 'cookie', who: said.who, csrf: said.csrf, seconds };
  }

  #post(path: string, body: object, before: Identity | null): Promise<any> {
    const headers: Record<string, string> = { [FRAME]: 'ticket', 'Content-Type': 'application/json' };
    if (before?.mode === 'bearer') headers.Authorization = `Bearer ${before.token}`;
    return asked(this.fetch, `${this.prefix}embed/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      credentials: this.#bearer ? 'omit' : 'same-origin',
    });
  }
}
