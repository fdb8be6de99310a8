/** Who looks at this frame: learnt once at a time, renewed before it ends, never forgotten for a network that is away. */
import { SignedOut, Unreachable, type Identity, type Way } from './identity';

const RENEWED_AT = 0.8;
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 60;

function whoOf(identity: Identity): string {
  return identity.mode === 'session' ? '' : identity.who;
}

/** `away`: nothing is known, and nobody could be asked. */
export type Standing = 'unknown' | 'in' | 'out' | 'away';

export class SignIn {
  standing: Standing = 'unknown';
  /** Why nobody is signed in. */
  code = '';
  /** Counts those who have looked at this frame: what one has asked for is not shown to the next. */
  viewers = 0;
  #way: Way | undefined;
  #identity: Identity | null = null;
  #until = 0;
  #round = 0;
  #looking: Promise<void> | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting: (() => void)[] = [];

  /** `changed` hears every change of the standing; `watched` says whether somebody sees the frame. */
  constructor(
    private readonly changed: (standing: Standing, before: Standing) => void,
    private readonly watched: () => boolean,
  ) {}

  /** Begins, or begins anew, by `way`: what was known by another way counts no longer. */
  begin(way: Way): void {
    this.#way = way;
    this.#drop();
    this.#become('unknown');
    void this.look();
  }

  /** Nobody from now on, until somebody looks again. */
  leave(code: string): void {
    this.#drop();
    this.code = code;
    this.#become('out');
  }

  /** The identity for a request. Waits while it is being learnt; null when nobody is signed in, for which a `patient`
   * one waits as well. Raises TypeError, as a fetch without network does, if it has ended and can not be renewed. */
  async identity(patient: boolean): Promise<Identity | null> {
    for (;;) {
      if (this.standing === 'in') {
        if (this.#looking) await this.#looking;
        else if (Date.now() >= this.#until && !this.#failures) await this.look();
        if (this.standing !== 'in') continue;
        if (Date.now() < this.#until) return this.#identity;
        throw new TypeError('Failed to fetch');
      }
      if (this.standing === 'out' && !patient) return null;
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }

  /** `used` was refused: learns anew who it is, unless that has happened in the meantime. */
  async refused(used: Identity): Promise<void> {
    if (this.#looking) await this.#looking;
    if (this.#identity !== used) return;
    this.#until = 0;
    await this.look();
  }

  /** Asks who it is, one question at a time. */
  look(): Promise<void> {
    if (this.#looking) return this.#looking;
    const looking = this.#ask(++this.#round).finally(() => {
      if (this.#looking === looking) this.#looking = undefined;
    });
    this.#looking = looking;
    return looking;
  }

  /** Asks if there is a reason to: nobody is known, or it ends soon. */
  lookIfDue(): void {
    if (this.#way && (this.standing !== 'in' || Date.now() >= this.#until)) void this.look();
  }

  async #ask(round: number): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const identity = await this.#way!(this.#identity);
      if (round === this.#round) this.#learn(identity);
    } catch (error) {
      if (round === this.#round) this.#fail(error);
    }
  }

  #learn(identity: Identity): void {
    if (this.#identity && whoOf(identity) !== whoOf(this.#identity)) {
      this.viewers++;
      this.#become('unknown');
    }
    this.#identity = identity;
    this.#failures = 0;
    const seconds = identity.mode === 'session' ? Infinity : identity.seconds;
    this.#until = Date.now() + seconds * 1000;
    if (identity.mode !== 'session') this.#later(seconds * RENEWED_AT, () => this.watched() && void this.look());
    this.#become('in');
  }

  #fail(error: unknown): void {
    if (error instanceof SignedOut) {
      this.leave(error.message);
      return;
    }
    const said = error instanceof Unreachable ? error.seconds : 0;
    const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** this.#failures++, LONGEST_PAUSE_SECONDS);
    this.#later(Math.max(said, pause), () => void this.look());
    if (this.standing !== 'in') this.#become('away');
  }

  #later(seconds: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, seconds * 1000);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#round++;
    this.viewers++;
    this.#looking = undefined;
    this.#identity = null;
    this.#failures = 0;
  }

  #become(standing: Standing): void {
    const before = this.standing;
    this.standing = standing;
    if (before !== standing) this.changed(standing, before);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
