// The OpenID provider of the tests: `node provider.js PORT`. PUT /_control {clients, jwks, accounts, idTokenClaims,
// asksConsent} makes it anew with that configuration; sessions and codes stay.
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
let provider;
let accounts = {};
const failed = [];

const page = (title, body) =>
  `<!doctype html><html lang="de"><meta charset="utf-8"><title>${title}</title>` +
  `<link rel="icon" href="data:,"><main><h1>${title}</h1>${body}</main>`;

async function granted(made, clientId, accountId) {
  const grant = new made.Grant({ clientId, accountId });
  grant.addOIDCScope('openid profile groups');
  await grant.save();
  return grant;
}

function configured({ clients, jwks, idTokenClaims, asksConsent }) {
  const made = new Provider(issuer, {
    clients,
    jwks,
    conformIdTokenClaims: !idTokenClaims,
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'groups'],
    cookies: { keys: ['of the tests'] },
    pkce: { required: () => true },
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600, AccessToken: 600, AuthorizationCode: 60 },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = page('Abmelden?', form + '<button form="op.logoutForm" name="logout" value="yes">Ja</button>');
        },
      },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
    // Else everybody has agreed to everything.
    ...(!asksConsent && {
      loadExistingGrant: (ctx) => granted(made, ctx.oidc.client.clientId, ctx.oidc.session.accountId),
    }),
    // Its own refuses to speak to this machine.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
    renderError: (ctx, out) => {
      ctx.body = page('Fehler', `<p id="error">${out.error}</p>`);
    },
  });
  made.on('backchannel.error', (_ctx, error) => failed.push(String(error.message)));
  return made;
}

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

async function interaction(request, response) {
  const details = await provider.interactionDetails(request, response);
  const asks = details.prompt.name;
  if (request.method === 'GET') {
    const [title, fields, yes, word] =
      asks === 'consent'
        ? ['Zugriff erlauben?', '', 'allow', 'Erlauben']
        : ['Anmelden', '<label>Konto <input id="login" name="login"></label>', 'in', 'Weiter'];
    const buttons = `<button name="way" value="${yes}">${word}</button><button name="way" value="out">Abbrechen</button>`;
    response.setHeader('Content-Type', 'text/html');
    response.end(page(title, `<form method="post" action="/interaction/${details.uid}">${fields}${buttons}</form>`));
    return;
  }
  const form = new URLSearchParams(await body(request));
  let result = { error: 'access_denied' };
  if (form.get('way') === 'in') result = { login: { accountId: form.get('login') ?? '' } };
  if (form.get('way') === 'allow') {
    const grant = await granted(provider, details.params.client_id, details.session.accountId);
    result = { consent: { grantId: grant.jti } };
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: asks === 'consent' });
}

createServer(async (request, response) => {
  try {
    if (request.url === '/_control') {
      if (request.method === 'PUT') {
        const wanted = JSON.parse(await body(request));
        accounts = wanted.accounts;
        provider = configured(wanted);
      }
      response.end(JSON.stringify({ failed }));
    } else if (request.url.startsWith('/interaction/')) {
      await interaction(request, response);
    } else {
      await provider.callback()(request, response);
    }
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
}).listen(port, '127.0.0.1');
