// What the page asks of the dashboard's own server. It knows nothing of Talkboard's key.

export type Member = { name: string; displayName: string };

/** Whose session: two members may be signed in on one page. */
export type Place = "first" | "second";

async function call(method: "GET" | "POST", path: string, place: Place, body?: object): Promise<Response> {
  return fetch(`/api/${path}?place=${place}`, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
    credentials: "same-origin",
  });
}

/** Who is signed in. Throws if the server can not say. */
export async function signedIn(place: Place): Promise<Member | null> {
  const answer = await call("GET", "session", place);
  if (!answer.ok) throw new Error(`session: ${answer.status}`);
  return answer.json();
}

/** The member, or null if name and password do not fit. */
export async function signIn(place: Place, name: string, password: string): Promise<Member | null> {
  const answer = await call("POST", "session", place, { name, password });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`sign in: ${answer.status}`);
  return answer.json();
}

export async function signOut(place: Place): Promise<void> {
  await call("POST", "logout", place);
}

/** A ticket for the card; null when nobody is signed in any more. Throws if there is none for another reason. */
export async function talkTicket(place: Place): Promise<string | null> {
  const answer = await call("POST", "talk-ticket", place);
  if (!answer.ok) throw new Error(`ticket: ${answer.status}`);
  return (await answer.json()).ticket;
}
