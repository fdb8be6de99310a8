export type Language = "de" | "en";

const german = {
  title: "Feuerwehr-Dashboard",
  signIn: "Anmelden",
  signOut: "Abmelden",
  name: "Benutzername",
  password: "Passwort",
  wrong: "Benutzername oder Passwort stimmt nicht.",
  unreachable: "Der Server ist gerade nicht erreichbar.",
  dark: "Dunkel",
  language: "Sprache",
  second: "Zweites Mitglied",
  unread: "ungelesen",
  operations: "Letzte Einsätze",
  duties: "Dienstplan",
  weather: "Wetter",
  weatherNow: "Leicht bewölkt, Wind aus Nordwest mit 14\u00a0km/h",
};

const english: typeof german = {
  title: "Fire brigade dashboard",
  signIn: "Sign in",
  signOut: "Sign out",
  name: "User name",
  password: "Password",
  wrong: "User name or password is wrong.",
  unreachable: "The server can not be reached at the moment.",
  dark: "Dark",
  language: "Language",
  second: "Second member",
  unread: "unread",
  operations: "Latest operations",
  duties: "Duty roster",
  weather: "Weather",
  weatherNow: "Some clouds, wind from the north-west at 14\u00a0km/h",
};

export type Words = typeof german;

export const words: Record<Language, Words> = { de: german, en: english };
