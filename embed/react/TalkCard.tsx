/** `<talk-card>` for React 19. The page loads `embed.js` from Talkboard itself, before or after this. */
import { useImperativeHandle, useLayoutEffect, useRef, type CSSProperties, type Ref } from 'react';
import type { Colors, GetTicket, Language, State, TalkCardElement, TalkCardEvents, Theme, Unread } from '../src/types';

export interface TalkCardProps {
  /** Where Talkboard is. */
  src: string;
  theme?: Theme | undefined;
  lang?: Language | undefined;
  getTicket?: GetTicket | undefined;
  colors?: Colors | undefined;
  className?: string | undefined;
  style?: CSSProperties | undefined;
  onReady?: () => void;
  onState?: (state: State) => void;
  onUnread?: (unread: Unread) => void;
  onError?: (error: { code: string }) => void;
  onHeight?: (height: { height: number }) => void;
  ref?: Ref<TalkCardElement>;
}

export function TalkCard({
  getTicket,
  colors,
  onReady,
  onState,
  onUnread,
  onError,
  onHeight,
  ref,
  ...attributes
}: TalkCardProps) {
  const card = useRef<TalkCardElement>(null);
  useImperativeHandle(ref, () => card.current as TalkCardElement);
  // As a property in JSX, React would drop a function while the element is not defined yet.
  useLayoutEffect(() => {
    if (card.current) card.current.getTicket = getTicket;
  }, [getTicket]);
  useLayoutEffect(() => {
    if (card.current) card.current.colors = colors;
  }, [colors]);
  return (
    <talk-card
      {...attributes}
      ref={card}
      ontalk-ready={() => onReady?.()}
      ontalk-state={(event) => onState?.(event.detail)}
      ontalk-unread={(event) => onUnread?.(event.detail)}
      ontalk-error={(event) => onError?.(event.detail)}
      ontalk-height={(event) => onHeight?.(event.detail)}
    />
  );
}

type Listeners = { [Name in keyof TalkCardEvents as `on${Name}`]?: (event: TalkCardEvents[Name]) => void };

interface TalkCardAttributes extends Listeners {
  ref?: Ref<TalkCardElement>;
  src: string;
  theme?: Theme | undefined;
  lang?: Language | undefined;
  className?: string | undefined;
  style?: CSSProperties | undefined;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'talk-card': TalkCardAttributes;
    }
  }
}
