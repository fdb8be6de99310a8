import {
  AppBar,
  Button,
  Chip,
  Container,
  createTheme,
  CssBaseline,
  FormControlLabel,
  Grid,
  MenuItem,
  Select,
  Switch,
  ThemeProvider,
  Toolbar,
  Typography,
} from "@mui/material";
import { useEffect, useMemo, useRef, useState } from "react";
import type { TalkCardElement } from "../../../embed/src/types";
import { Duties, Operations, Weather } from "./cards";
import { type Member, type Place, signedIn, signOut } from "./host";
import { SignIn } from "./SignIn";
import { Talk } from "./Talk";
import { type Language, type Words, words as allWords } from "./words";

// Colours as #rrggbb: the card takes them only so, and only where its words can be read on them.
const light = {
  primary: { main: "#b71c1c" },
  background: { default: "#f4f5f7", paper: "#ffffff" },
  text: { primary: "#1d1f23" },
};
const dark = {
  primary: { main: "#ff8a80" },
  background: { default: "#121418", paper: "#1e2126" },
  text: { primary: "#eceef1" },
};
const typography = { fontFamily: "system-ui, sans-serif" }; // as the card's
const LEAVING_MILLISECONDS = 1000;
const item = { xs: 12, md: 6, lg: 4 };

export function Dashboard({ two }: { two: boolean }) {
  const [isDark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  const [language, setLanguage] = useState<Language>("de");
  const words = allWords[language];
  const theme = useMemo(
    () => createTheme({ typography, palette: isDark ? { mode: "dark", ...dark } : { mode: "light", ...light } }),
    [isDark],
  );

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = words.title;
  }, [language, words]);

  return (
    <ThemeProvider theme={theme}>
      <CssBaseline enableColorScheme />
      <AppBar position="static" color="default" elevation={0}>
        <Toolbar sx={{ columnGap: 2, rowGap: 1, flexWrap: "wrap", py: 1 }}>
          <Typography variant="h6" component="h1" sx={{ flexGrow: 1, flexBasis: { xs: "100%", sm: "auto" } }}>
            {words.title}
          </Typography>
          <FormControlLabel
            control={<Switch checked={isDark} onChange={(_event, on) => setDark(on)} id="dark" />}
            label={words.dark}
          />
          <Select
            size="small"
            value={language}
            onChange={(event) => setLanguage(event.target.value as Language)}
            inputProps={{ "aria-label": words.language, id: "language" }}
          >
            <MenuItem value="de">Deutsch</MenuItem>
            <MenuItem value="en">English</MenuItem>
          </Select>
        </Toolbar>
      </AppBar>
      <Container maxWidth="xl" component="main" sx={{ py: 2 }}>
        <Session place="first" title={words.signIn} language={language} words={words} full />
        {two && <Session place="second" title={words.second} language={language} words={words} />}
      </Container>
    </ThemeProvider>
  );
}

type SessionProps = { place: Place; title: string; language: Language; words: Words; full?: boolean };

/** What one member sees: the form to sign in, or the dashboard's cards. */
function Session({ place, title, language, words, full = false }: SessionProps) {
  const [member, setMember] = useState<Member | null | undefined>();
  const [unread, setUnread] = useState<number>();
  const card = useRef<TalkCardElement>(null);

  useEffect(() => {
    signedIn(place).then(setMember, () => setMember(null));
  }, [place]);

  async function leave() {
    await signOut(place);
    const left = new Promise((resolve) => {
      card.current?.addEventListener("talk-error", resolve, { once: true });
      setTimeout(resolve, LEAVING_MILLISECONDS);
    });
    card.current?.logout();
    await left; // the card signs itself out at Talkboard before it is taken off the page
    setMember(null);
    setUnread(undefined);
  }

  if (member === undefined) return null;
  return (
    <section data-place={place} aria-label={member?.displayName ?? title}>
      {member && (
        <Toolbar disableGutters variant="dense" sx={{ columnGap: 1, flexWrap: "wrap", mb: 1 }}>
          <Typography noWrap sx={{ flexGrow: 1 }}>{member.displayName}</Typography>
          {unread !== undefined && <Chip label={`${unread} ${words.unread}`} data-unread={unread} />}
          <Button onClick={leave} data-action="leave" sx={{ ml: "auto" }}>
            {words.signOut}
          </Button>
        </Toolbar>
      )}
      <Grid container spacing={3} sx={{ mb: 3 }}>
        {member && <Talk ref={card} place={place} language={language} onUnread={setUnread} />}
        {!member && (
          <Grid size={item}>
            <SignIn place={place} title={title} words={words} onSignedIn={setMember} />
          </Grid>
        )}
        {full && member && (
          <>
            <Grid size={item}>
              <Operations words={words} />
            </Grid>
            <Grid size={item}>
              <Duties words={words} />
            </Grid>
            <Grid size={item}>
              <Weather words={words} />
            </Grid>
          </>
        )}
      </Grid>
    </section>
  );
}
