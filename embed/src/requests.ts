/** Wraps `fetch`, so that what the page asks its server carries who looks at it, and waits until that is known. */
import { credentials, type Identity } from './identity';
import type { SignIn } from './sign_in';

const UNAUTHORIZED = 401;

export interface Signing {
  signIn: SignIn;
  /** The cookie is another member's. */
  avoidCookie: () => void;
  language: () => string | null;
}

/** Path of `input` below `prefix`, if it is a request that needs an identity. */
function pathOf(input: RequestInfo | URL, prefix: string): string | null {
  const url = new URL(input instanceof Request ? input.url : input, location.href);
  if (url.origin !== location.origin || !url.pathname.startsWith(prefix)) return null;
  const path = url.pathname.slice(prefix.length);
  const ours = path.startsWith('_dash-') && !path.startsWith('_dash-component-suites/');
  return ours || path.startsWith('avatar/') || path === 'embed/logout' ? path : null;
}

function signed(init: RequestInit | undefined, identity: Identity, language: string | null): RequestInit {
  const own = credentials(identity);
  const headers = new Headers(init?.headers);
  for (const [name, value] of Object.entries(own.headers)) headers.set(name, value);
  if (language) headers.set('Accept-Language', language);
  return { ...init, headers, credentials: own.credentials, redirect: 'error' };
}

async function reason(answer: Response): Promise<string> {
  try {
    return String((await answer.clone().json()).error);
  } catch {
    return '';
  }
}

export function wrapFetch(fetch: typeof window.fetch, prefix: string, signing: Signing): void {
  const { signIn } = signing;

  async function send(path: string, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    // Without layout there is no page: it waits. Callbacks and pictures come again.
    const patient = path.startsWith('_dash-layout') || path.startsWith('_dash-dependencies');
    for (let tries = 0; ; tries++) {
      const identity = await signIn.identity(patient);
      if (!identity) return new Response(null, { status: 204 });
      const { viewers } = signIn;
      const answer = await fetch(input, signed(init, identity, signing.language()));
      if (viewers !== signIn.viewers) continue;
      if (answer.status !== UNAUTHORIZED) return answer;
      const why = await reason(answer);
      const other = why === 'other' && identity.mode === 'cookie';
      if (other) signing.avoidCookie();
      if (tries === 0 || other) await signIn.refused(identity);
      else signIn.leave(why || 'unauthenticated');
    }
  }

  window.fetch = (input, init) => {
    const path = pathOf(input, prefix);
    return path === null ? fetch(input, init) : send(path, input, init);
  };
}
