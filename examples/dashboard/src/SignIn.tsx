import { Alert, Button, Stack, TextField } from "@mui/material";
import { useState } from "react";
import { Panel } from "./cards";
import { type Member, type Place, signIn } from "./host";
import type { Words } from "./words";

type Props = { place: Place; title: string; words: Words; onSignedIn: (member: Member) => void };

export function SignIn({ place, title, words, onSignedIn }: Props) {
  const [name, setName] = useState("");
  const [trouble, setTrouble] = useState("");

  async function submit(form: FormData) {
    try {
      const member = await signIn(place, name, String(form.get("password")));
      if (member) onSignedIn(member);
      else setTrouble(words.wrong);
    } catch {
      setTrouble(words.unreachable);
    }
  }

  return (
    <Panel title={title}>
      <Stack component="form" action={submit} spacing={2} sx={{ pt: 1 }}>
        <TextField
          name="name"
          label={words.name}
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoComplete="username"
          id={`name-${place}`}
          required
        />
        <TextField
          name="password"
          label={words.password}
          type="password"
          autoComplete="current-password"
          id={`password-${place}`}
          required
        />
        {trouble && <Alert severity="error">{trouble}</Alert>}
        <Button type="submit" variant="contained">
          {words.signIn}
        </Button>
      </Stack>
    </Panel>
  );
}
