// The dashboard's other cards. All that they show is invented.

import { Card, CardContent, CardHeader, List, ListItem, ListItemText, Typography } from "@mui/material";
import type { ReactNode } from "react";
import type { Words } from "./words";

export function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card variant="outlined">
      <CardHeader title={title} slotProps={{ title: { variant: "h6", component: "h2" } }} />
      <CardContent sx={{ pt: 0 }}>{children}</CardContent>
    </Card>
  );
}

function Lines({ lines }: { lines: [string, string][] }) {
  return (
    <List dense disablePadding>
      {lines.map(([first, second]) => (
        <ListItem key={first} disableGutters>
          <ListItemText primary={first} secondary={second} />
        </ListItem>
      ))}
    </List>
  );
}

export function Operations({ words }: { words: Words }) {
  return (
    <Panel title={words.operations}>
      <Lines
        lines={[
          ["T1 Ölspur, Landesstraße", "21.11., 17:40, 9 Personen"],
          ["B2 Rauchentwicklung, Hauptplatz", "18.11., 03:12, 22 Personen"],
          ["T2 Fahrzeugbergung, Güterweg", "15.11., 06:55, 12 Personen"],
        ]}
      />
    </Panel>
  );
}

export function Duties({ words }: { words: Words }) {
  return (
    <Panel title={words.duties}>
      <Lines
        lines={[
          ["Mi 25.11., 19:00", "Übung Atemschutz"],
          ["Sa 28.11., 14:00", "Fahrzeugpflege, Gruppe 2"],
          ["Mo 30.11., 19:30", "Kommandositzung"],
        ]}
      />
    </Panel>
  );
}

export function Weather({ words }: { words: Words }) {
  return (
    <Panel title={words.weather}>
      <Typography variant="h3" component="p">
        4 °C
      </Typography>
      <Typography color="text.secondary">{words.weatherNow}</Typography>
    </Panel>
  );
}
