// The host's own server: sign-in, session, the page, and the one call that Talkboard's card needs: a ticket.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const PORT = Number(process.env.EXAMPLE_PORT ?? 8060);
const HOST = "127.0.0.1";
const OWN = `http://${HOST}:${PORT}`;
const TALKBOARD = (process.env.TALKBOARD_URL ?? "http://localhost:8050").replace(/\/$/, "");
const EMBED_KEY = process.env.EMBED_KEY ?? "";
const BODY_BYTES = 4096;
const SESSION_HOURS = 12;
const TICKET_MILLISECONDS = 10_000;

const MEMBERS = new Map([
  ["max", "Max Mustermann"],
  ["anna", "Anna Schmidt"],
  ["peter", "Peter Weber"],
]);

// Two members may be signed in on one page (`/?two=1`): each has a session of his own, in a cookie of its own.
const COOKIES = new Map([
  ["first", "dashboard_session"],
  ["second", "dashboard_second"],
]);

const FILES = new Map([
  ["/app.js", ["dist/app.js", "text/javascript; charset=utf-8"]],
  ["/app.js.map", ["dist/app.js.map", "application/json"]],
]);

const sessions = new Map();

function session(request, place) {
  const wanted = `${COOKIES.get(place)}=`;
  const cookie = (request.headers.cookie ?? "").split("; ").find((one) => one.startsWith(wanted));
  const found = cookie && sessions.get(cookie.slice(wanted.length));
  return found && found.until > Date.now() ? found : undefined;
}

function end(request, place) {
  const ended = session(request, place);
  if (ended) sessions.delete(ended.id);
}

function cookieOf(place, id, seconds) {
  return `${COOKIES.get(place)}=${id}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;
}

function same(one, other) {
  const hash = (text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

// Who it is, as the page may know it.
function seen(found) {
  return found ? { name: found.name, displayName: found.displayName } : null;
}

function signIn(request, place, { name, password }) {
  const expected = MEMBERS.has(name) ? process.env[`${name.toUpperCase()}_PASSWORD`] : undefined;
  if (!expected || !same(String(password), expected)) return [401, { error: "wrong" }];
  end(request, place);
  const id = randomBytes(32).toString("base64url");
  const made = { id, name, displayName: MEMBERS.get(name), until: Date.now() + SESSION_HOURS * 3_600_000 };
  sessions.set(id, made);
  return [200, seen(made), { "Set-Cookie": cookieOf(place, id, SESSION_HOURS * 3600) }];
}

function signOut(request, place) {
  end(request, place);
  return [200, null, { "Set-Cookie": cookieOf(place, "", 0) }];
}

// The key stays here. What the page gets is good once, for a minute, for this member, on this page's origin.
async function ticket(request, place) {
  const who = session(request, place);
  if (!who) return [200, { ticket: null }];
  const answer = await fetch(`${TALKBOARD}/api/embed/tickets`, {
    method: "POST",
    headers: { Authorization: `Bearer ${EMBED_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({ subject: who.name, displayName: who.displayName, origin: OWN }),
    redirect: "error",
    signal: AbortSignal.timeout(TICKET_MILLISECONDS),
  });
  const { data, error } = await answer.json();
  if (answer.ok) return [200, { ticket: data.ticket }];
  console.error(`Talkboard gives no ticket: ${answer.status} ${JSON.stringify(error)}`);
  return [502, { error: "no_ticket" }];
}

const CALLS = new Map([
  ["GET /api/session", (request, place) => [200, seen(session(request, place))]],
  ["POST /api/session", signIn],
  ["POST /api/logout", signOut],
  ["POST /api/talk-ticket", ticket],
]);

async function body(request) {
  let text = "";
  for await (const part of request) {
    text += part;
    if (text.length > BODY_BYTES) throw new RangeError("too long");
  }
  return text ? JSON.parse(text) : {};
}

function send(response, status, type, content, headers = {}) {
  response.writeHead(status, {
    "Content-Type": type,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    ...headers,
  });
  response.end(content);
}

function sendJson(response, status, value, headers) {
  send(response, status, "application/json", JSON.stringify(value), headers);
}

// A host with a policy of its own needs two entries for the card: its script and its frame.
async function sendPage(response) {
  const nonce = randomBytes(16).toString("base64");
  const talkboard = new URL(TALKBOARD).origin;
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${talkboard}`,
    `frame-src ${talkboard}`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  const page = await readFile(new URL("index.html", import.meta.url), "utf-8");
  const filled = page.replaceAll("{{nonce}}", nonce).replaceAll("{{talkboard}}", TALKBOARD);
  send(response, 200, "text/html; charset=utf-8", filled, { "Content-Security-Policy": policy.join("; ") });
}

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, OWN);
  const place = searchParams.get("place") === "second" ? "second" : "first";
  const call = CALLS.get(`${request.method} ${pathname}`);
  if (call && request.method === "POST" && request.headers.origin !== OWN) {
    sendJson(response, 403, { error: "origin" });
  } else if (call) {
    const [status, value, headers] = await call(request, place, request.method === "POST" ? await body(request) : {});
    sendJson(response, status, value, headers);
  } else if (request.method === "GET" && FILES.has(pathname)) {
    const [file, type] = FILES.get(pathname);
    send(response, 200, type, await readFile(new URL(file, import.meta.url)));
  } else if (request.method === "GET" && pathname === "/") {
    await sendPage(response);
  } else if (pathname === "/healthz") {
    send(response, 200, "text/plain", "ok");
  } else {
    send(response, 404, "text/plain; charset=utf-8", "Hier ist nichts.");
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    const theirs = error instanceof SyntaxError || error instanceof RangeError;
    if (!theirs) console.error(`${request.method} ${request.url.split("?")[0]}: ${error.message}`);
    if (!response.headersSent) sendJson(response, theirs ? 400 : 502, { error: theirs ? "body" : "unavailable" });
  });
});

server.listen(PORT, HOST, () => console.log(`Dashboard  ${OWN}/`));
process.on("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
