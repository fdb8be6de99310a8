// Talkboard's card as an item of the dashboard's grid.

import { Grid, useTheme } from "@mui/material";
import { type Ref, useCallback, useMemo } from "react";
import { TalkCard } from "../../../embed/react/TalkCard";
import type { TalkCardElement } from "../../../embed/src/types";
import { type Place, talkTicket } from "./host";
import type { Language } from "./words";

const TALKBOARD = document.body.dataset.talkboard ?? "";

type Props = { ref: Ref<TalkCardElement>; place: Place; language: Language; onUnread: (messages: number) => void };

export function Talk({ ref, place, language, onUnread }: Props) {
  const getTicket = useCallback(() => talkTicket(place), [place]);
  const { palette } = useTheme();
  const background = palette.background.paper;
  const text = palette.text.primary;
  const accent = palette.primary.main;
  const colors = useMemo(() => ({ background, text, accent }), [background, text, accent]);
  return (
    <Grid size={{ xs: 12, md: 6, lg: 4 }}>
      <TalkCard
        ref={ref}
        src={TALKBOARD}
        theme={palette.mode}
        lang={language}
        colors={colors}
        getTicket={getTicket}
        onUnread={({ messages }) => onUnread(messages)}
      />
    </Grid>
  );
}
