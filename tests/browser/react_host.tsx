// A host in React that the tests lead by the hand: `render(props)` mounts the card or changes it, `render(null)` unmounts.

import { createRef, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { TalkCard, type TalkCardProps } from "../../embed/react/TalkCard";
import type { TalkCardElement } from "../../embed/src/types";

const root = createRoot(document.body.appendChild(document.createElement("div")));
const card = createRef<TalkCardElement>();
const events: [string, unknown][] = [];

function note(name: string, detail: unknown = null): void {
  events.push([name, detail]);
}

function render(props: TalkCardProps | null): void {
  root.render(
    <StrictMode>
      {props && (
        <TalkCard
          ref={card}
          onReady={() => note("ready")}
          onState={(state) => note("state", state)}
          onUnread={(unread) => note("unread", unread)}
          onError={(error) => note("error", error)}
          onHeight={(height) => note("height", height)}
          {...props}
        />
      )}
    </StrictMode>,
  );
}

Object.assign(window, { render, card, events });
