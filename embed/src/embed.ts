/** `<talk-card src theme lang>`: the card in a sandboxed frame that is as high as its content. */
import { isLanguage, isTheme, read, VERSION, type Hello, type Session, type ToFrame, type ToHost } from './protocol';
import type { GetTicket } from './types';

const NAME = 'talk-card';
const LOWEST_PX = 120;
const HIGHEST_PX = 720;
const SANDBOX = 'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox';
const STYLES = ':host{display:block}:host([hidden]){display:none}iframe{display:block;width:100%;border:0}';

class TalkCard extends HTMLElement {
  static readonly observedAttributes = ['src', 'theme', 'lang'];
  #getTicket: GetTicket | null | undefined;
  #colors: unknown;
  #app: URL | undefined;
  #frame: HTMLIFrameElement | undefined;
  #port: MessagePort | undefined;
  #answered = '';
  #warned = false;
  #questions = 0;
  #asked = new Map<number, { resolve: (session: Session) => void; reject: (error: Error) => void }>();

  constructor() {
    super();
    const styles = new CSSStyleSheet();
    styles.replaceSync(STYLES);
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [styles];
  }

  get getTicket() {
    return this.#getTicket;
  }

  set getTicket(getTicket) {
    const changed = !getTicket !== !this.#getTicket;
    this.#getTicket = getTicket;
    if (changed) this.#tell({ type: 'talkboard:tickets', tickets: Boolean(getTicket) });
  }

  get colors() {
    return this.#colors;
  }

  set colors(colors: any) {
    this.#colors = colors;
    this.#tell({ type: 'talkboard:colors', colors: colors ?? null });
  }

  refresh(): void {
    this.#tell({ type: 'talkboard:refresh' });
  }

  logout(): void {
    this.#tell({ type: 'talkboard:logout' });
  }

  /** Rejected if the card leaves the page first. */
  session(): Promise<Session> {
    return new Promise((resolve, reject) => {
      const id = ++this.#questions;
      this.#asked.set(id, { resolve, reject });
      this.#tell({ type: 'talkboard:session-wanted', id });
    });
  }

  connectedCallback(): void {
    // Set before this script was there, they lie on the element and hide ours.
    for (const name of ['getTicket', 'colors'] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    if (!this.#frame) this.#begin();
  }

  /** With it, `moveBefore` keeps the frame as it is. */
  connectedMoveCallback(): void {}

  disconnectedCallback(): void {
    // Who moves it takes it out and puts it in again.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || !this.#frame) return;
    if (name === 'src') {
      this.#end();
      this.#begin();
    } else if (name === 'theme' && isTheme(now)) {
      this.#scheme();
      this.#tell({ type: 'talkboard:theme', theme: now });
    } else if (name === 'lang' && isLanguage(now)) this.#tell({ type: 'talkboard:language', lang: now });
  }

  /** Theme and language, as far as they are said rightly. */
  #looks() {
    const theme = this.getAttribute('theme');
    const lang = this.getAttribute('lang');
    return { ...(isTheme(theme) && { theme }), ...(isLanguage(lang) && { lang }) };
  }

  /** Browsers put an opaque ground under a frame whose scheme is not that of its place. */
  #scheme(): void {
    const { theme } = this.#looks();
    if (this.#frame && theme) this.#frame.style.colorScheme = theme === 'auto' ? 'light dark' : theme;
  }

  #begin(): void {
    const src = this.getAttribute('src');
    if (!src || !URL.canParse(src, document.baseURI)) return;
    this.#app = new URL(src, document.baseURI);
    if (!/^https?:$/.test(this.#app.protocol)) return;
    const base = this.#app.origin + this.#app.pathname.replace(/\/*$/, '/');
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', SANDBOX);
    frame.title = 'Nextcloud Talk';
    frame.referrerPolicy = 'strict-origin';
    frame.allow = '';
    frame.style.height = `${LOWEST_PX}px`;
    frame.src = `${base}embed/talk#${new URLSearchParams(this.#looks())}`;
    addEventListener('message', this.#onWindow);
    this.#frame = frame;
    this.#scheme();
    this.shadowRoot!.append(frame);
  }

  #end(): void {
    removeEventListener('message', this.#onWindow);
    this.#port?.close();
    this.#frame?.remove();
    for (const { reject } of this.#asked.values()) reject(new Error('gone'));
    this.#asked.clear();
    this.#port = this.#frame = undefined;
    this.#answered = '';
  }

  readonly #onWindow = (event: MessageEvent): void => {
    const target = this.#frame?.contentWindow;
    if (!target || event.source !== target || event.origin !== this.#app!.origin) return;
    const hello = this.#read<Hello>(event.data);
    // Once for each page in the frame: a second port would leave it with a dead one.
    if (hello?.type !== 'talkboard:hello' || typeof hello.n !== 'string' || hello.n === this.#answered) return;
    this.#answered = hello.n;
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = (said) => this.#onPort(port1, this.#read<ToHost>(said.data));
    const welcome = {
      type: 'talkboard:welcome',
      version: VERSION,
      n: hello.n,
      tickets: Boolean(this.#getTicket),
      ...this.#looks(),
      ...(this.#colors ? { colors: this.#colors } : {}),
    };
    target.postMessage(welcome, this.#app!.origin, [port2]);
    for (const id of this.#asked.keys()) this.#tell({ type: 'talkboard:session-wanted', id });
  };

  #read<Message>(data: unknown): Message | undefined {
    const { message, newer } = read<Message>(data);
    if (newer && !this.#warned) {
      this.#warned = true;
      this.#event('error', { code: 'version' });
    }
    return message;
  }

  #onPort(port: MessagePort, message: ToHost | undefined): void {
    switch (message?.type) {
      case 'talkboard:ticket-wanted':
        void this.#answer(port, message.id);
        break;
      case 'talkboard:height': {
        const height = Math.round(Math.min(Math.max(message.height, LOWEST_PX), HIGHEST_PX));
        if (!height) return;
        this.#frame!.style.height = `${height}px`;
        this.#event('height', { height });
        break;
      }
      case 'talkboard:ready':
        this.#event('ready', null);
        break;
      case 'talkboard:state':
        this.#event('state', { state: message.state, cause: message.cause });
        break;
      case 'talkboard:unread': {
        const { messages, conversations, mentions } = message;
        this.#event('unread', { messages, conversations, mentions });
        break;
      }
      case 'talkboard:error':
        this.#event('error', { code: message.code });
        break;
      case 'talkboard:session':
        this.#asked.get(message.id)?.resolve({ signedIn: message.signedIn, state: message.state });
        this.#asked.delete(message.id);
    }
  }

  async #answer(port: MessagePort, id: number): Promise<void> {
    let answer: ToFrame;
    try {
      const ticket = (await this.#getTicket?.()) ?? null;
      answer = { type: 'talkboard:ticket', id, ticket };
    } catch {
      answer = { type: 'talkboard:ticket-failed', id };
    }
    port.postMessage({ ...answer, version: VERSION });
  }

  #tell(message: ToFrame): void {
    this.#port?.postMessage({ ...message, version: VERSION });
  }

  #event(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`talk-${name}`, { detail }));
  }
}

if (!customElements.get(NAME)) customElements.define(NAME, TalkCard);
