/** The frame's side of the connection to its host: one port, for which it asks until it has it. */
import { read, VERSION, type Hello, type ToFrame, type ToHost, type Welcome } from './protocol';

const HELLO_MS = 250;
const SLOW_HELLO_MS = 2000;
const HELLOS_IN_A_HURRY = 12;

const framer = parent;
// Bootstrap's menus look for an event in the window above. Where that is another site's, Firefox throws, and the menu is
// gone from the page: for everybody but us there is none above.
Object.defineProperty(window, 'parent', { value: window });

export type Handlers = { [T in ToFrame['type']]?: (message: Extract<ToFrame, { type: T }>) => void };

export class Host {
  /** The origin of the host, once it has answered. */
  origin = '';
  readonly #origins: string[];
  readonly #handlers: Handlers;
  readonly #welcomed: (welcome: Welcome) => void;
  readonly #n = crypto.getRandomValues(new Uint32Array(4)).join('-');
  #port: MessagePort | undefined;
  #warned = false;
  /** The last of each kind is said again to a host that comes late. */
  readonly #said = new Map<string, ToHost>();

  constructor(origins: string[], handlers: Handlers, welcomed: (welcome: Welcome) => void) {
    this.#origins = origins;
    this.#handlers = handlers;
    this.#welcomed = welcomed;
    addEventListener('message', this.#onWindow);
    this.#hello(HELLOS_IN_A_HURRY);
  }

  say(message: ToHost): void {
    this.#said.set(message.type, message);
    this.#post(message);
  }

  /** For answers and questions: they are nothing to a host that comes later. Says whether there is a host. */
  tell(message: ToHost): boolean {
    return this.#post(message);
  }

  #post(message: ToHost): boolean {
    this.#port?.postMessage({ ...message, version: VERSION });
    return Boolean(this.#port);
  }

  #targets(): string[] {
    const nearest = location.ancestorOrigins?.[0];
    if (nearest === undefined) return this.#origins;
    return this.#origins.includes(nearest) ? [nearest] : [];
  }

  #hello(hurried: number): void {
    if (this.#port) return;
    const hello: Hello = { type: 'talkboard:hello', version: VERSION, n: this.#n };
    for (const origin of this.#targets()) framer.postMessage(hello, origin);
    setTimeout(() => this.#hello(hurried - 1), hurried > 0 ? HELLO_MS : SLOW_HELLO_MS);
  }

  readonly #onWindow = (event: MessageEvent): void => {
    if (event.source !== framer || !this.#origins.includes(event.origin)) return;
    const welcome = read<Welcome>(event.data).message;
    const port = event.ports[0];
    if (welcome?.type !== 'talkboard:welcome' || welcome.n !== this.#n || !port) return;
    removeEventListener('message', this.#onWindow);
    this.origin = event.origin;
    this.#port = port;
    port.onmessage = (said) => this.#onPort(said.data);
    this.#welcomed(welcome);
    for (const message of this.#said.values()) this.#post(message);
  };

  #onPort(data: unknown): void {
    const { message, newer } = read<ToFrame>(data);
    if (newer && !this.#warned) {
      this.#warned = true;
      this.tell({ type: 'talkboard:error', code: 'version' });
    }
    if (message && Object.hasOwn(this.#handlers, message.type)) {
      (this.#handlers[message.type] as (message: ToFrame) => void)(message);
    }
  }
}
